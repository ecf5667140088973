"""The GAN game on points as the engine runs it. Imports no torch: what computes is imported when it first runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playground.images.gan_points_settings import STEERABLE, PointsSettings, rounds_a_unit
from playground.inference.tasks import Lane, Task, later

FRAME_BYTES = 20_000  # of one frame, as text
NETWORK_BYTES = 4_000_000  # both networks, their optimisers, a batch's activations
MOMENTS = 60  # frames that the last one holds
POINTS = 400  # of each curve in the last frame


def merge(frames: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several frames as one: the curves in a row, all else as it was told last."""
    whole: dict[str, Any] = {}
    for frame in frames:
        whole |= frame
    names = whole.get("curve", {})
    curve = {name: [value for frame in frames for value in frame["curve"][name]] for name in names}
    return whole | {"curve": curve, "start": frames[0]["start"]}


def conclude(settings: PointsSettings, frames: Sequence[dict[str, Any]], reason: str) -> dict[str, Any]:
    """The last frame: whole curves, thinned if long, and MOMENTS of the run to go back to."""
    if not frames:
        return {}
    whole = merge(frames)
    kept = thinned(range(len(whole["curve"]["step"])), POINTS)
    curve = {name: [values[i] for i in kept] for name, values in whole["curve"].items()}
    history = [{name: frame[name] for name in ("step", "picture", "round")} for frame in thinned(frames, MOMENTS)]
    return whole | {"curve": curve, "history": history}


def thinned(items: Sequence[Any], most: int) -> list[Any]:
    """At most `most` of `items`, evenly spaced, first and last among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def _bytes(settings: PointsSettings) -> int:
    rounds = rounds_a_unit(settings.d_updates, settings.g_updates)
    return NETWORK_BYTES + FRAME_BYTES * (settings.steps // rounds + 1)


TRAIN_POINTS = Task(
    "train_points",
    Lane.TRAINING,
    run=later("playground.images.gan_points:train_points"),
    peak_bytes=_bytes,
    merge=merge,
    conclude=conclude,
    seconds=180,
    small=True,
    steerable=STEERABLE,
)
