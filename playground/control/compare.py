"""Every algorithm with the same seeds, on the same terms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from playground.control.settings import ALGORITHMS, CompareSettings, TrainSettings
from playground.control.training import EVERY, trained
from playground.inference.control import Control

TOLD = ("solved", "steps_to_solve", "seconds", "greedy_return", "sampled_return")


def compare_algorithms(settings: CompareSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """Frames: {"start", "runs": [{"algorithm", "seed", "solved", "steps_to_solve", "seconds", "greedy_return",
    "sampled_return"}], what is new, "table": {algorithm: a row}}.

    A row has "runs", "solved" (how many), and "steps_to_solve" and "seconds" (medians of those that were
    solved; None when none was), "greedy_return" and "sampled_return" (medians of all).
    """
    runs: list[dict[str, Any]] = []
    for seed in range(settings.seeds):
        for algorithm in ALGORITHMS:
            steps = settings.max_steps if algorithm != "random" else EVERY  # it will not learn by going on
            last = yield from trained(TrainSettings(algorithm=algorithm, seed=seed, max_steps=steps), control)
            if control.reason is not None:
                return
            run = {"algorithm": algorithm, "seed": seed} | {name: last[name] for name in TOLD}
            runs.append(run)
            yield {"start": len(runs) - 1, "runs": [run], "table": table(runs)}


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
