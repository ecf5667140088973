"""The seed lottery: the same training with many seeds side by side, and the band that they fill."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import numpy as np

from playground.control.settings import LotterySettings, TrainSettings
from playground.control.training import Clock, Training
from playground.inference.control import Control

GRID = 50  # places along the steps at which the band is told
ENDS = ("solved", "steps_to_solve", "greedy_return", "sampled_return")


def seed_lottery(settings: LotterySettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """Frames, each with what is new: "points" [{"seed", "step", "mean_return"}] and "ends" [{"seed", "solved",
    "steps_to_solve", "greedy_return", "sampled_return"}]. The last adds "band": {"step", "low", "median", "high"},
    lists of GRID: quartiles of the mean returns over the seeds.

    Every seed trains to max_steps, an update at a time in turn, so that they can be compared all along.
    """
    told, runs = 0, {}
    for n in range(settings.seeds):
        one = TrainSettings.of(settings.as_dict() | {"seed": settings.seed + n, "stop_when_solved": False, "start": ""})
        runs[one.seed] = Training(one, control, Clock(), kept=False).frames()
    points: dict[int, list[dict[str, Any]]] = {seed: [] for seed in runs}
    while runs:
        for seed, units in list(runs.items()):
            frame = yield from next_frame(units)
            if frame is None:
                del runs[seed]
                continue
            fresh = [{"seed": seed, "step": p["step"], "mean_return": p["mean_return"]} for p in frame["points"]]
            ends = [{"seed": seed} | {name: frame[name] for name in ENDS}] if "solved" in frame else []
            yield {"start": told, "points": fresh, "ends": ends}
            told, points[seed] = told + len(fresh), points[seed] + fresh
    yield {"start": told, "points": [], "ends": [], "band": band(list(points.values()), settings.max_steps)}


def next_frame(units: Iterator[dict[str, Any] | None]) -> Generator[None, None, dict[str, Any] | None]:
    """Returns the next frame that has a point or an end, or None when the run is over."""
    for frame in units:
        if frame is not None and (frame["points"] or "solved" in frame):
            return frame
        yield
    return None


def band(curves: list[list[dict[str, Any]]], max_steps: int) -> dict[str, list[float]]:
    """Quartiles over the curves at GRID steps, each curve read between its points."""
    steps = np.linspace(max_steps / GRID, max_steps, GRID)
    known = [[p for p in curve if p["mean_return"] is not None] for curve in curves]
    read = [np.interp(steps, [p["step"] for p in c], [p["mean_return"] for p in c]) for c in known if c]
    if not read:
        return {"step": [], "low": [], "median": [], "high": []}
    low, median, high = np.percentile(read, (25, 50, 75), axis=0)
    return {"step": steps.tolist(), "low": low.tolist(), "median": median.tolist(), "high": high.tolist()}
