"""What the frames of techniques have in common. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def append(frames: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several frames of a run that only ever adds, as one: lists go on where the last left off (`start` is where the
    first began), anything else is as it was told last."""
    whole: dict[str, Any] = {}
    for frame in frames:
        for name, value in frame.items():
            if isinstance(value, list):
                whole[name] = [*whole.get(name, ()), *value]
            elif name != "start" or name not in whole:
                whole[name] = value
    return whole
