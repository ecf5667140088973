"""Deep Q-learning (Mnih et al. 2015): Q-learning's rule with a network for the table.

    target = r + γ max Q′(s′, ·), with Q′ a copy of the network that stands still for a while

What was played is kept in a memory and learned from in random minibatches, again and again; a share ε of the actions
is drawn by a coin.
"""

from __future__ import annotations

import copy
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from playground.control.agents import Agent
from playground.control.cartpole import CartPole, observe
from playground.control.networks import MLP, Adam
from playground.control.policies import QPolicy
from playground.control.settings import TrainSettings


@dataclass(frozen=True)
class Config:
    envs: int = 8
    rollout: int = 32  # steps of each cart in an update
    gradient_steps: int = 128  # in an update
    minibatch: int = 128
    learning_starts: int = 1000
    memory: int = 100_000  # steps kept
    hidden: tuple[int, ...] = (64, 64)
    learning_rate: float = 1e-3
    gamma: float = 0.98
    sync: int = 1  # updates between two copies of the network into the target network
    epsilon: float = 0.04  # reached after `exploration` steps
    exploration: int = 8_000
    max_norm: float = 10.0


C = Config()
GRADIENT_SLICE = 32  # gradient steps between two yields


class DQN(Agent):
    nbytes = 100_000 + C.memory * 10 * 4

    def __init__(self, settings: TrainSettings, rng: np.random.Generator) -> None:
        super().__init__(settings, rng)
        self.env = CartPole(C.envs, rng, self.physics)
        self.q = MLP((4, *C.hidden, 2), rng)
        self.target = copy.deepcopy(self.q)
        self.adam = Adam(len(self.q.flat), eps=1e-8)
        self.memory = {
            "obs": np.empty((C.memory, 4), dtype=np.float32),
            "actions": np.empty(C.memory, dtype=np.int64),
            "next_obs": np.empty((C.memory, 4), dtype=np.float32),
            "ended": np.empty(C.memory, dtype=np.float32),  # 1 where nothing follows
        }

    @property
    def policy(self) -> QPolicy:
        return QPolicy(self.q)

    def update(self) -> Generator[None, None, dict[str, Any]]:
        self.env.physics = self.physics
        returns: list[int] = []
        for _ in range(C.rollout):
            returns += self.play()
        yield
        losses, values = [], []
        lr = C.learning_rate * self.settings.learning_rate_factor
        for n in range(C.gradient_steps if self.steps >= C.learning_starts else 0):
            rows = self.rng.integers(0, min(self.steps, C.memory), C.minibatch)
            loss, value = self.learn({name: kept[rows] for name, kept in self.memory.items()}, lr)
            losses.append(loss)
            values.append(value)
            if n % GRADIENT_SLICE == GRADIENT_SLICE - 1:
                yield
        if self.updates % C.sync == 0:
            self.target.flat[:] = self.q.flat
        learned = {"loss": float(np.mean(losses)), "q": float(np.mean(values))} if losses else {}
        return {"returns": returns, "epsilon": self.epsilon} | learned

    @property
    def epsilon(self) -> float:
        return max(C.epsilon, 1 - (1 - C.epsilon) * self.steps / C.exploration)

    def play(self) -> list[int]:
        """One step of each cart, into the memory. Returns the lengths of episodes that ended."""
        obs = observe(self.env.state)
        coin = self.rng.random(C.envs) < self.epsilon
        actions = np.where(coin, self.rng.integers(0, 2, C.envs), self.policy.greedy(obs))
        now = self.env.step(actions)
        rows = np.arange(self.steps, self.steps + C.envs) % C.memory
        self.memory["obs"][rows], self.memory["actions"][rows] = obs, actions
        self.memory["next_obs"][rows] = observe(now.reached)
        self.memory["ended"][rows] = now.terminated if self.settings.bootstrap else now.terminated | now.truncated
        self.steps += C.envs
        return now.returns.tolist()

    def learn(self, mb: dict[str, np.ndarray], lr: float) -> tuple[float, float]:
        """One gradient step. Returns the loss, and the mean of Q(s, a)."""
        judge = self.target if self.settings.target_network else self.q
        target = 1.0 + C.gamma * (1 - mb["ended"]) * judge(mb["next_obs"]).max(1)  # (M,)
        outputs = self.q.forward(mb["obs"])
        rows = np.arange(len(target))
        error = outputs[-1][rows, mb["actions"]] - target
        d_out = np.zeros_like(outputs[-1])
        d_out[rows, mb["actions"]] = np.clip(error, -1, 1) / len(error)  # Huber's loss: beyond 1 it grows linearly
        self.adam.step(self.q.flat, self.q.backward(outputs, d_out), lr, C.max_norm)
        size = np.abs(error)
        return float(np.where(size < 1, error * error / 2, size - 0.5).mean()), float(outputs[-1].mean())
