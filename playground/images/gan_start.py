"""Where a GAN's training begins: with new networks, with the embedded ones, or with what another run had learned."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from playground import wire
from playground.checkpoints import CHECKPOINTS, Checkpoint
from playground.errors import ModelError, SettingError
from playground.images import gan_file
from playground.images.gan_players import Players
from playground.images.gan_settings import STRUCTURE, FileSettings, GanSettings, KeptSettings
from playground.inference.control import Control

EMBEDDED = "embedded"
FILE = Path(__file__).parents[1] / "weights" / "gan" / "model.safetensors"


def players_of(settings: GanSettings) -> Players:
    """Raises ModelError("checkpoint_gone"), and SettingError("gan_start_differs") for settings of other networks."""
    if not settings.start:
        return Players(settings)
    there = checkpoint_of(settings.start)
    for field in STRUCTURE:
        mine, its = getattr(settings, field), getattr(there.settings, field)
        if mine != its:
            raise SettingError("gan_start_differs", field=field, value=mine, start=settings.start, its=its)
    return Players(settings, there.state)


def checkpoint_of(name: str) -> Checkpoint:
    """What "embedded" (or "") or a checkpoint's id stands for; only to be read. Raises ModelError."""
    return embedded() if name in ("", EMBEDDED) else CHECKPOINTS.get(name, "gan")


@cache
def embedded() -> Checkpoint:
    """The embedded networks, read once. Raises ModelError for a file that is missing or damaged."""
    name = f"{FILE.parent.name}/{FILE.name}"
    try:
        settings, step, state = gan_file.read(FILE.read_bytes(), name)
    except (OSError, ModelError) as error:
        raise ModelError("model_file_broken", file=name) from error
    return Checkpoint(EMBEDDED, settings, step, state)


def save_gan(settings: KeptSettings, control: Control) -> Iterator[dict[str, Any]]:
    """One frame: {"file": wire uint8 (bytes,), "step"}, the networks of a checkpoint as a safetensors file."""
    there = checkpoint_of(settings.checkpoint)
    file = gan_file.written(there.settings, there.step, there.state)
    yield {"file": wire.encode(np.frombuffer(file, np.uint8), level=1), "step": there.step}


def load_gan(settings: FileSettings, control: Control) -> Iterator[dict[str, Any]]:
    """One frame: {"checkpoint": {"id", "step", "expires"}, "settings": those that its networks need}."""
    data = wire.decode(settings.file).tobytes()
    its, step, state = gan_file.read(data, "file")
    story = [{"set": {"file": hashlib.sha256(data).hexdigest()}}]
    needed = {name: getattr(its, name) for name in STRUCTURE}
    yield {"checkpoint": CHECKPOINTS.keep("gan", its, story, step, state), "settings": needed}
