"""REINFORCE (Williams 1992) with a baseline: the policy gradient at its simplest.

An update plays E whole episodes and makes every action likelier by how much more reward followed it than followed the
same step of the other episodes. There is no critic, so nothing is learned before an episode is over.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from playground.control.agents import Agent, advantages_for_learning, d_logits_of, entropy
from playground.control.cartpole import STEPS, first_states, is_terminated, observe, step
from playground.control.networks import MLP, Adam, softmax
from playground.control.policies import ActorPolicy
from playground.control.settings import TrainSettings


@dataclass(frozen=True)
class Config:
    episodes: int = 16  # E
    hidden: int = 32
    learning_rate: float = 1e-2
    gamma: float = 0.99
    max_norm: float = 0.5  # of the gradient


C = Config()
SLICE = 64  # steps between two yields


class Reinforce(Agent):
    """An actor alone."""

    def __init__(self, settings: TrainSettings, rng: np.random.Generator) -> None:
        super().__init__(settings, rng)
        self.actor = MLP((4, C.hidden, 2), rng, gain=0.01)
        self.adam = Adam(len(self.actor.flat))

    @property
    def policy(self) -> ActorPolicy:
        return ActorPolicy(self.actor)

    def update(self) -> Generator[None, None, dict[str, Any]]:
        # 1. play E episodes to their ends, side by side
        state = first_states(self.rng, C.episodes)
        obs, actions, alive = [], [], []  # of each step, for all E
        stands = np.ones(C.episodes, dtype=bool)
        for t in range(STEPS):
            obs.append(observe(state))
            pi = softmax(self.actor(obs[t]))  # (E, 2)
            actions.append((self.rng.random(C.episodes) < pi[:, 1]).astype(np.int64))
            alive.append(stands)
            state = step(state, actions[t], self.physics)
            stands = stands & ~is_terminated(state)
            if not stands.any():
                break
            if t % SLICE == SLICE - 1:
                yield
        played = np.array(alive)  # (T, E) bool
        self.steps += int(played.sum())

        # 2. one step along the policy gradient
        advantages = minus_baseline(returns_to_go(played, C.gamma), played)[played]  # (B,), of the steps played
        advantages = advantages_for_learning(advantages, self.settings.normalize_advantages)
        taken = np.array(actions)[played]  # (B,)
        outputs = self.actor.forward(np.array(obs)[played])
        pi = softmax(outputs[-1])  # (B, 2)
        d_logprob = (-advantages / len(taken)).astype(np.float32)
        gradient = self.actor.backward(outputs, d_logits_of(d_logprob, pi, taken))
        lr = C.learning_rate * self.settings.learning_rate_factor
        self.adam.step(self.actor.flat, gradient, lr, C.max_norm)
        yield
        logprob = np.log(pi[np.arange(len(pi)), taken])
        return {
            "returns": played.sum(0).tolist(),
            "policy_loss": float(-(logprob * advantages).mean()),
            "advantage_deviation": float(advantages.std()),
            "entropy": entropy(pi),
        }


def returns_to_go(played: np.ndarray, gamma: float) -> np.ndarray:
    """G_t = r_t + γ G_{t+1}, with reward 1 for each step played: (T, E) bool → (T, E)."""
    togo = np.zeros(played.shape)
    following = np.zeros(played.shape[1])
    for t in reversed(range(len(played))):
        togo[t] = following = played[t] * (1.0 + gamma * following)
    return togo


def minus_baseline(togo: np.ndarray, played: np.ndarray) -> np.ndarray:
    """What came less what came on average from the same step on, over the episodes that got that far: (T, E)."""
    baseline = togo.sum(1, keepdims=True) / np.maximum(played.sum(1, keepdims=True), 1)
    return togo - baseline
