"""The frames of a GAN's training: how several make one, and how all of them make the last. Imports no torch.

Everything in a frame is either new since the frame before (the points of the curve) or as it stands now. So the
frames that a run gave hold its whole history, and the last frame is made of them, however the run ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from playground import wire
from playground.images.gan_settings import GanSettings

Frame = dict[str, Any]
MOMENTS = 45  # sets of samples in the last frame's history: of static, which does not compress, they take 1.8 MB
POINTS = 1000  # of the last frame's curve
GREYS = 16  # levels that the history's pixels are told in: a third of the bytes, and no eye sees it


def merge(frames: Sequence[Frame]) -> Frame:
    """Several frames as one: their points in a row, all else as it was told last. When the first of them is the run's
    first, all judgements so far are there too, as `judged_history`."""
    whole: Frame = {}
    for frame in frames:
        whole |= frame
    names = frames[0]["curve"]
    whole["start"] = frames[0]["start"]
    whole["curve"] = {name: [value for frame in frames for value in frame["curve"][name]] for name in names}
    judged = [frame["judged"] for frame in frames if "judged" in frame]
    if judged and whole["start"] == 0:
        whole["judged_history"] = judged
    return whole


def conclude(settings: GanSettings, frames: Sequence[Frame], reason: str) -> Frame | None:
    """The last frame: merged, the curve thinned to POINTS, and `history` (see gan_training). None without frames."""
    if not frames:
        return None
    whole = merge(frames)
    places = spread(len(whole["curve"]["step"]), POINTS)
    whole["curve"] = {name: [values[i] for i in places] for name, values in whole["curve"].items()}
    return whole | {"history": history(frames)}


def history(frames: Sequence[Frame]) -> Frame:
    """{"steps": [K], "samples": wire uint8 (K, 64, 28, 28) in GREYS levels}: at most MOMENTS, evenly spread."""
    seen = {frame["step"]: frame["samples"] for frame in frames}
    steps = list(seen)
    kept = [steps[i] for i in spread(len(steps), MOMENTS)]
    samples = np.stack([wire.decode(seen[step]) for step in kept])
    coarse = np.round(samples / 255 * (GREYS - 1)) * (255 // (GREYS - 1))
    return {"steps": kept, "samples": wire.encode(coarse.astype(np.uint8), level=1)}


def spread(count: int, most: int) -> list[int]:
    """At most `most` of 0 … count − 1, evenly spread, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return [round(i * (count - 1) / (most - 1)) for i in range(most)]
