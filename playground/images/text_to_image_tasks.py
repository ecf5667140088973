"""Text-to-image as the engine runs it, and the one call that a ZeroGPU Space lends a GPU for. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playground.frames import append
from playground.images.text_to_image_settings import TextToImageSettings
from playground.inference.spaces import borrow_gpu
from playground.inference.tasks import Lane, Task, later

BYTES_PER_PIXEL = 9_000  # that the VAE's decoder needs at its widest, in float32


@borrow_gpu(seconds=120)
def pictures(pipe: Any, settings: TextToImageSettings) -> Iterator[dict[str, Any] | None]:
    """The frames of a run. At module level, where a Space counts what it must lend a GPU for."""
    from playground.images.text_to_image import from_text

    yield from from_text(pipe, settings)


TEXT_TO_IMAGE = Task(
    "text_to_image",
    Lane.INTERACTIVE,
    run=later("playground.images.text_to_image:text_to_image"),
    models=lambda settings: (settings.model,),
    peak_bytes=lambda settings: BYTES_PER_PIXEL * settings.size**2,
    merge=append,
    seconds=1800,
    unsliced=True,  # a step of such a network takes seconds on a CPU
)
