"""No learning at all: a coin for every step. What the others must beat."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np

from playground.control.agents import Agent
from playground.control.cartpole import CartPole
from playground.control.policies import RandomPolicy
from playground.control.settings import TrainSettings

ENVS, ROLLOUT = 32, 32  # N, T


class Random(Agent):
    policy = RandomPolicy()

    def __init__(self, settings: TrainSettings, rng: np.random.Generator) -> None:
        super().__init__(settings, rng)
        self.env = CartPole(ENVS, rng, self.physics)

    def update(self) -> Generator[None, None, dict[str, Any]]:
        """T steps with N carts."""
        self.env.physics = self.physics
        returns: list[int] = []
        for _ in range(ROLLOUT):
            returns += self.env.step(self.rng.integers(0, 2, ENVS)).returns.tolist()
        self.steps += ROLLOUT * ENVS
        yield
        return {"returns": returns, "entropy": float(np.log(2))}
