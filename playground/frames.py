"""What the frames of techniques have in common. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def joined_curves(*curves: str) -> Callable[[Sequence[dict[str, Any]]], dict[str, Any]]:
    """A merge for frames each of which brings new points of these curves, each a dict of equally long lists: several
    frames as one have the points of all in a row (`start` is the number of the first), all else as it was told last."""

    def merge(frames: Sequence[dict[str, Any]]) -> dict[str, Any]:
        whole: dict[str, Any] = {}
        for frame in frames:
            for name, value in frame.items():
                if name in curves and name in whole:
                    whole[name] = {line: [*whole[name][line], *points] for line, points in value.items()}
                elif name != "start" or name not in whole:
                    whole[name] = value
        return whole

    return merge
