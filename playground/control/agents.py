"""What all agents share: how training drives them, and how they are kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Generator
from typing import Any

import numpy as np

from playground.control.cartpole import Physics
from playground.control.policies import Policy
from playground.control.settings import TrainSettings


class Agent(ABC):
    """Plays and learns. A copy (copy.deepcopy) goes on exactly as the original would."""

    nbytes = 100_000  # what keeping it takes, roughly

    def __init__(self, settings: TrainSettings, rng: np.random.Generator) -> None:
        self.settings, self.rng = settings, rng
        self.steps = 0  # environment steps, of all carts together
        self.updates = 0
        self.recent: deque[int] = deque(maxlen=100)  # lengths of the last episodes that ended
        self.evaluated = -1  # steps at the last evaluation

    @property
    def physics(self) -> Physics:
        return self.settings.physics

    @property
    @abstractmethod
    def policy(self) -> Policy:
        """What it has learned so far; it may change with the next update."""

    def steer(self, settings: TrainSettings) -> None:
        """Go on with other settings: another physics, another learning rate."""
        self.settings = settings

    @abstractmethod
    def update(self) -> Generator[None, None, dict[str, Any]]:
        """Play some steps and learn from them, yielding between small units of work.

        Returns figures of the update by name; "returns" are the lengths of the episodes that ended in it.
        """


def advantages_for_learning(advantages: np.ndarray, normalize: bool) -> np.ndarray:
    """Advantages (B,) with mean 0 and deviation 1, or as they are."""
    return (advantages - advantages.mean()) / (advantages.std() + 1e-8) if normalize else advantages


def d_logits_of(d_logprob: np.ndarray, pi: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """The gradient at the logits, (B, 2), from that at log π(a | s), (B,): ∂ log π(a) / ∂ logit_j = [a = j] − π(j)."""
    d_logits = -pi * d_logprob[:, None]
    d_logits[np.arange(len(actions)), actions] += d_logprob
    return d_logits


def entropy(pi: np.ndarray) -> float:
    """The mean entropy of distributions (B, 2), in nats: log 2 is a coin, 0 certainty."""
    return float(-(pi * np.log(pi + 1e-12)).sum(1).mean())
