"""Q-learning's rule step by step, against the rule done by hand on a table of our own."""

import numpy as np
import pytest

from playground import wire
from playground.control.cartpole import THETA_LIMIT, Physics, step_one
from playground.control.q_learning import QLearning
from playground.control.rule import q_learning_rule
from playground.control.settings import RuleSettings, TrainSettings
from playground.inference.control import Control


def told(**asked):
    settings = RuleSettings(**asked)
    [frame] = [frame for frame in q_learning_rule(settings, Control(settings)) if frame]
    return frame


@pytest.mark.parametrize("before", [0, 120])
def test_every_step_is_the_rule_on_the_table_so_far(before):
    frame = told(seed=4, before=before, transitions=200)
    table = wire.decode(frame["table"]).copy()  # (cells, 2)
    steps = frame["transitions"]
    assert len(steps) == 200 and table.any() == (before > 0)
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        s, a = step["cell"], step["action"]
        assert tuple(table[s]) == tuple(step["q"])
        assert step["explores"] or a == int(table[s, 1] > table[s, 0])
        future = 0.0 if step["fell"] else 0.99 * table[step["next_cell"]].max()
        target = (-1.0 if step["fell"] else 1.0) + future
        assert step["target"] == pytest.approx(target, abs=1e-12)
        assert step["td_error"] == pytest.approx(target - table[s, a], abs=1e-12)
        table[s, a] += step["alpha"] * (target - table[s, a])
        assert step["after"] == pytest.approx(step_one(tuple(step["state"]), a, Physics()), abs=2e-6)
        fell = abs(step["after"][2]) > THETA_LIMIT or abs(step["after"][0]) > 2.4
        assert step["fell"] == fell
        if following is not None:
            goes_on = following["t"] == step["t"] + 1 and following["state"] == step["after"]
            assert goes_on != fell or step["t"] == 499
            assert following["episode"] == step["episode"] + (not goes_on)


def test_the_steps_are_those_of_the_training_run():
    frame = told(seed=7, before=3, transitions=200)
    agent = QLearning(TrainSettings(algorithm="q_learning", seed=7), np.random.default_rng(7))
    lengths = [agent.play()[0] for _ in range(20)]
    episodes = [step["episode"] for step in frame["transitions"]]
    for episode in range(3, max(episodes)):  # the last may be cut off
        assert episodes.count(episode) == lengths[episode]
    first = next(step for step in frame["transitions"] if step["episode"] == 3)
    assert first["alpha"] == pytest.approx(0.5 * 0.99**3) and first["epsilon"] == pytest.approx(0.99**3)


def test_another_physics_is_another_fall():
    heavy, plain = told(seed=1, length=0.1, transitions=60), told(seed=1, transitions=60)
    assert heavy["transitions"][0]["state"] == plain["transitions"][0]["state"]
    assert heavy["transitions"][1]["state"] != plain["transitions"][1]["state"]
