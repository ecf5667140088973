"""Several frames of training as one. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

CURVES = ("curve", "held_out_curve")  # each frame brings the points that are new


def merge(frames: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The points of all of them in a row (`start` is the number of the first), all else as it was told last."""
    whole: dict[str, Any] = {}
    for frame in frames:
        for name, value in frame.items():
            if name in CURVES and name in whole:
                whole[name] = {line: [*whole[name][line], *points] for line, points in value.items()}
            elif name != "start" or name not in whole:
                whole[name] = value
    return whole
