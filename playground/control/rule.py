"""Q-learning's rule, one real step at a time: what a run of it saw, did, and wrote into its table.

Q(s, a) ← Q(s, a) + α (r + γ max Q(s′, ·) − Q(s, a))
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from playground import wire
from playground.control.policies import BINS, EDGES
from playground.control.q_learning import FALL, GAMMA, QLearning, Transition, epsilon
from playground.control.settings import RuleSettings, TrainSettings
from playground.inference.control import Control


def q_learning_rule(settings: RuleSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """The only frame: the table (cells, 2) float64 as it was after `before` episodes, and the next `transitions` steps.

    {"table", "bins", "edges", "gamma", "fall": a fall's reward, "transitions": [{"episode", "epsilon", and the fields
    of a Transition, "target": r + γ max Q(s′, ·), "reward": 1, or that of a fall}]}

    They are the steps of the training run with this seed: the same agent plays them.
    """
    chosen = {name: value for name, value in settings.as_dict().items() if name not in ("before", "transitions")}
    agent = QLearning(TrainSettings(algorithm="q_learning", **chosen), np.random.default_rng(settings.seed))
    for _ in range(settings.before):
        agent.play()
        yield None
    table, told = wire.encode(np.array(agent.q)), []
    while len(told) < settings.transitions and control.reason is None:
        steps: list[Transition] = []
        of_episode = {"episode": agent.episode, "epsilon": epsilon(agent.episode)}
        agent.play(steps)
        told += [of_episode | as_json(step) for step in steps[: settings.transitions - len(told)]]
        yield None
    yield {"table": table, "bins": BINS, "edges": EDGES, "gamma": GAMMA, "fall": FALL, "transitions": told}


def as_json(step: Transition) -> dict[str, Any]:
    """The states rounded, for the screen: a frame of 200 steps stays small."""
    reward, told = FALL if step.fell else 1.0, step._asdict()
    told |= {name: [round(number, 6) for number in told[name]] for name in ("state", "after")}
    return told | {"reward": reward, "target": reward + GAMMA * max(step.next_q)}
