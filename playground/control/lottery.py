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

Points = list[dict[str, Any]]


def seed_lottery(settings: LotterySettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """Frames, each with what is new: "points" [{"seed", "step", "mean_return"}], "solved" [{"seed", "step"}] and "ends"
    [{"seed", "solved", "steps_to_solve", "greedy_return", "sampled_return"}]. Some add "band": {"step", "low",
    "median", "high"}, lists of GRID: quartiles of the mean returns over the seeds, as far as all have come.

    Every seed trains to max_steps, an update at a time in turn, so that they can be compared all along.
    """
    runs: dict[int, Training] = {}
    for n in range(settings.seeds):
        one = TrainSettings.of(settings.as_dict() | {"seed": settings.seed + n, "stop_when_solved": False, "start": ""})
        runs[one.seed] = Training(one, control, Clock(), kept=False)
    going = {seed: run.frames() for seed, run in runs.items()}
    points: dict[int, Points] = {seed: [] for seed in runs}
    solved: set[int] = set()
    told = 0
    while going:
        for seed, units in list(going.items()):
            frame = yield from next_frame(units)
            if frame is None:
                del going[seed]
                continue
            fresh = [{"seed": seed, "step": p["step"], "mean_return": p["mean_return"]} for p in frame["points"]]
            news: dict[str, Any] = {"start": told, "points": fresh, "solved": [], "ends": []}
            if runs[seed].steps_to_solve is not None and seed not in solved:
                solved.add(seed)
                news["solved"] = [{"seed": seed, "step": runs[seed].steps_to_solve}]
            if "solved" in frame:  # its last
                news["ends"] = [{"seed": seed} | {name: frame[name] for name in ENDS}]
            yield news
            told, points[seed] = told + len(fresh), points[seed] + fresh
        yield {"start": told, "points": [], "band": band(list(points.values()), settings.max_steps)}


def next_frame(units: Iterator[dict[str, Any] | None]) -> Generator[None, None, dict[str, Any] | None]:
    """Returns the next frame that has a point, an evaluation or an end, or None when the run is over."""
    for frame in units:
        if frame is not None and (frame["points"] or "evaluations" in frame or "solved" in frame):
            return frame
        yield
    return None


def band(curves: list[Points], max_steps: int) -> dict[str, list[float]]:
    """Quartiles over the curves at GRID steps, each curve read between its points, to where the shortest ends."""
    known = [[p for p in curve if p["mean_return"] is not None] for curve in curves]
    if not known or not all(known):
        return {"step": [], "low": [], "median": [], "high": []}
    end = min(max_steps, *(curve[-1]["step"] for curve in known))
    steps = np.linspace(end / GRID, end, GRID)
    read = [np.interp(steps, [p["step"] for p in c], [p["mean_return"] for p in c]) for c in known]
    low, median, high = np.percentile(read, (25, 50, 75), axis=0)
    return {"step": steps.tolist(), "low": low.tolist(), "median": median.tolist(), "high": high.tolist()}
