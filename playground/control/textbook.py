"""Widely copied: `PPO("MlpPolicy", "CartPole-v1").learn(10_000)`, and done. Is it?

Our PPO with the hyperparameters that Stable-Baselines3 has by default. What still differs are the random numbers.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import numpy as np

from playground.control.evaluation import SOLVED
from playground.control.ppo import PPO, Config
from playground.control.settings import TextbookSettings, TrainSettings
from playground.control.training import Clock, Training
from playground.inference.control import Control

LEARN = 10_000  # steps asked for; whole rollouts are played, so it becomes 5 · 2048 = 10,240


class DefaultPPO(PPO):
    """PPO as `PPO("MlpPolicy", "CartPole-v1")` is in Stable-Baselines3 2: one cart, two networks of their own."""

    config = Config(
        envs=1,
        rollout=2048,
        epochs=10,
        minibatch=64,
        hidden=(64, 64),
        learning_rate=3e-4,
        clip=0.2,
        falls=False,
        gamma=0.99,
        gae_lambda=0.95,
        max_norm=0.5,
        cut_as_one=True,
    )


def textbook_ppo(settings: TextbookSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """Frames, each with what is new: "evaluations" [{"seed", "step", "greedy_return": mean of 100 episodes}] and
    "claims" [{"seed", "step", "greedy_return", "solved"}], what LEARN steps have come to with each seed.

    The seeds learn a rollout at a time in turn, on past LEARN to max_steps.
    """
    runs = {settings.seed + n: learning(settings.seed + n, settings.max_steps, control) for n in range(settings.seeds)}
    claimed: set[int] = set()
    while runs:
        for seed, units in list(runs.items()):
            judged = yield from next_evaluation(units)
            if judged is None:
                del runs[seed]
                continue
            frame: dict[str, Any] = {"evaluations": [{"seed": seed} | judged], "claims": []}
            if judged["step"] >= LEARN and seed not in claimed:
                claimed.add(seed)
                frame["claims"] = [{"seed": seed} | judged | {"solved": judged["greedy_return"] >= SOLVED}]
            yield frame


def learning(seed: int, max_steps: int, control: Control) -> Iterator[dict[str, Any] | None]:
    chosen = TrainSettings(seed=seed, max_steps=max_steps, stop_when_solved=False)
    return Training(chosen, control, Clock(), kept=False, agent=new_agent).frames()


def next_evaluation(units: Iterator[dict[str, Any] | None]) -> Generator[None, None, dict[str, Any] | None]:
    """Returns the next evaluation of a run, or None when it is over."""
    for frame in units:
        if frame is not None and "evaluations" in frame:
            return frame["evaluations"][0]
        yield
    return None


def new_agent(settings: TrainSettings) -> DefaultPPO:
    return DefaultPPO(settings, np.random.default_rng(settings.seed))
