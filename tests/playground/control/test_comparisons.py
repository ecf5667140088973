"""Many runs in one: the algorithms side by side, and the seed lottery, against the same runs alone."""

import numpy as np

from playground.control.compare import compare_algorithms
from playground.control.lottery import GRID, band, seed_lottery
from playground.control.settings import ALGORITHMS, CompareSettings, LotterySettings, TrainSettings
from playground.control.training import train_cartpole
from playground.frames import append
from playground.inference.control import Control


def whole(run, settings):
    return append([frame for frame in run(settings, Control(settings)) if frame])


def test_each_run_of_a_comparison_is_the_run_alone():
    told = whole(compare_algorithms, CompareSettings(seeds=2, max_steps=3000))
    assert [(run["seed"], run["algorithm"]) for run in told["runs"]] == [(s, a) for s in (0, 1) for a in ALGORITHMS]
    for run in told["runs"]:
        if run["algorithm"] in ("ppo", "q_learning"):
            alone = whole(train_cartpole, TrainSettings(algorithm=run["algorithm"], seed=run["seed"], max_steps=3000))
            for name in ("solved", "steps_to_solve", "greedy_return", "sampled_return"):
                assert run[name] == alone[name]
            mine = [p for p in told["points"] if (p["algorithm"], p["seed"]) == (run["algorithm"], run["seed"])]
            known = {(p["step"], p["mean_return"]) for p in alone["points"]}
            assert mine and {(p["step"], p["mean_return"]) for p in mine} <= known
    for algorithm, row in told["table"].items():
        mine = [run for run in told["runs"] if run["algorithm"] == algorithm]
        assert row["runs"] == 2 and row["solved"] == sum(run["solved"] for run in mine)
        assert row["greedy_return"] == np.median([run["greedy_return"] for run in mine])


def test_a_stopped_comparison_ends_without_a_half_run():
    settings = CompareSettings(seeds=2, max_steps=3000)
    control, frames = Control(settings), []
    for frame in compare_algorithms(settings, control):
        if frame:
            frames.append(frame)
            if len(frame["runs"]) == 1:
                control.deliver({"stop": "stopped"})
    told = append(frames)
    assert len(told["runs"]) == 1 and told["table"]["ppo"]["runs"] == 1
    assert {point["algorithm"] for point in told["points"]} == {"ppo"}


def test_each_seed_of_the_lottery_is_the_run_alone():
    told = whole(seed_lottery, LotterySettings(seed=3, seeds=3, max_steps=4096))
    for seed in (3, 4, 5):
        alone = whole(train_cartpole, TrainSettings(seed=seed, max_steps=4096, stop_when_solved=False))
        points = [point for point in told["points"] if point["seed"] == seed]
        assert [(p["step"], p["mean_return"]) for p in points] == [
            (p["step"], p["mean_return"]) for p in alone["points"]
        ]
        [end] = [end for end in told["ends"] if end["seed"] == seed]
        assert end["greedy_return"] == alone["greedy_return"]
    order = [point["seed"] for point in told["points"]]
    assert order == [3, 4, 5] * (len(order) // 3)  # side by side, not one after another


def test_the_band_is_the_quartiles():
    curves = [[{"step": s, "mean_return": slope * s} for s in (0, 1000)] for slope in (1.0, 2.0, 3.0, 4.0, 9.0)]
    told = band(curves, 1000)
    assert len(told["step"]) == GRID and told["step"][-1] == 1000
    np.testing.assert_allclose(told["median"], 3 * np.array(told["step"]))
    np.testing.assert_allclose(told["low"], 2 * np.array(told["step"]))
    np.testing.assert_allclose(told["high"], 4 * np.array(told["step"]))
    assert band([[{"step": 5, "mean_return": None}]], 10) == {"step": [], "low": [], "median": [], "high": []}
