"""Every algorithm with the same seeds, on the same terms."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import numpy as np

from playground.control.settings import ALGORITHMS, CompareSettings, TrainSettings
from playground.control.training import EVERY, Clock, Training
from playground.inference.control import Control

TOLD = ("solved", "steps_to_solve", "seconds", "greedy_return", "sampled_return")
MOST_POINTS = 50  # told of a run


def compare_algorithms(settings: CompareSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """Frames, each with what is new: "points" [{"algorithm", "seed", "step", "seconds", "mean_return"}] of the run that
    trains, and once it is over "runs" [{"algorithm", "seed", "solved", "steps_to_solve", "seconds", "greedy_return",
    "sampled_return"}] and "table": {algorithm: a row}. `start` is the number of the first new run.

    A row has "runs", "solved" (how many), and "steps_to_solve" and "seconds" (medians of those that were
    solved; None when none was), "greedy_return" and "sampled_return" (medians of all).
    """
    runs: list[dict[str, Any]] = []
    for seed in range(settings.seeds):
        for algorithm in ALGORITHMS:
            steps = settings.max_steps if algorithm != "random" else EVERY  # it will not learn by going on
            for frame in trained(TrainSettings(algorithm=algorithm, seed=seed, max_steps=steps), control):
                if frame is None or "points" in frame:
                    yield frame and {"start": len(runs), "runs": []} | frame
                elif control.reason is None:
                    runs.append(frame)
                    yield {"start": len(runs) - 1, "runs": [frame], "table": table(runs)}
            if control.reason is not None:
                return


def trained(settings: TrainSettings, control: Control) -> Generator[dict[str, Any] | None, None, None]:
    """A run: {"points": [a point]} as it goes, MOST_POINTS at most, and what it came to at last. No checkpoints."""
    clock, last, named = Clock(), {}, {"algorithm": settings.algorithm, "seed": settings.seed}
    told = 0.0
    for frame in clock.timed(Training(settings, control, clock, kept=False).frames()):
        last = frame or last
        points = [point for point in frame["points"] if point["step"] >= told] if frame else []
        if not points:
            yield
            continue
        told = points[-1]["step"] + settings.max_steps / MOST_POINTS
        about = {"seconds": clock.seconds, "mean_return": points[-1]["mean_return"]}
        yield {"points": [named | {"step": points[-1]["step"]} | about]}
    yield named | {name: last[name] for name in TOLD}


def table(runs: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """A row by the name of each algorithm that has a run."""
    rows = {}
    for algorithm in ALGORITHMS:
        mine = [run for run in runs if run["algorithm"] == algorithm]
        solved = [run for run in mine if run["solved"]]
        if mine:
            rows[algorithm] = {
                "runs": len(mine),
                "solved": len(solved),
                "steps_to_solve": _median(solved, "steps_to_solve"),
                "seconds": _median(solved, "seconds"),
                "greedy_return": _median(mine, "greedy_return"),
                "sampled_return": _median(mine, "sampled_return"),
            }
    return rows


def _median(runs: list[dict[str, Any]], name: str) -> float | None:
    return float(np.median([run[name] for run in runs])) if runs else None
