"""Memorised or invented? The training image nearest to each of a few images, to be looked at beside it.

Imports torch; the task is in judge_tasks.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import torch

from playground import wire
from playground.images import mnist
from playground.images.judge import judged, nearest
from playground.images.judge_settings import NeighbourSettings
from playground.inference.aside import aside
from playground.inference.control import Control

YARDSTICK = 200  # test images whose median distance says how far from the training images a new one lies


@cache
def typical_distance() -> float:
    """Median distance of test images, which nobody could copy, to their nearest training images."""
    _, distances = nearest(mnist.images("test")[:YARDSTICK])
    return float(distances.median())


def nearest_images(settings: NeighbourSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: {"images": as posted, "classes": n digits, "nearest": {"images": wire uint8 (n, 28, 28), "indices",
    "distances", "typical"}}, the distances between the judge's features."""
    images = torch.from_numpy(wire.decode(settings.images))
    yield from aside(lambda: mnist.images("train"))
    told = yield from judged(images, neighbours=True)
    typical = yield from aside(typical_distance)
    places = torch.from_numpy(wire.decode(told["nearest"]["index"])).long()
    yield {
        "images": dict(settings.images),
        "classes": wire.decode(told["classes"]).tolist(),
        "nearest": {
            "images": wire.encode(mnist.images("train")[places].numpy()),
            "indices": places.tolist(),
            "distances": wire.decode(told["nearest"]["distance"]).tolist(),
            "typical": typical,
        },
    }
