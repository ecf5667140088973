"""Tabular Q-learning (Watkins 1989): one cart, one table, one rule.

    Q(s, a) ← Q(s, a) + α (r + γ max Q(s′, ·) − Q(s, a))

What the agent sees is sorted into cells (policies.BINS), and the table has two numbers a cell. A fall counts −1
instead of 1, which tells the table at once what to avoid.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

import numpy as np

from playground.control.agents import Agent
from playground.control.cartpole import STEPS, THETA_LIMIT, X_LIMIT, first_states, step_one
from playground.control.policies import BINS, EDGES, TablePolicy

GAMMA = 0.99
FALL = -1.0  # the target of a step that ends in a fall
EPISODES = 10  # in an update


def alpha(episode: int) -> float:
    """The learning rate."""
    return max(0.1, 0.5 * 0.99**episode)


def epsilon(episode: int) -> float:
    """The share of actions that are drawn by a coin."""
    return max(0.05, 0.99**episode)


def cell(state: tuple[float, ...]) -> int:
    """The number of a state's cell, as policies.cells gives it, in plain floats."""
    number = 0
    for value, bins, edge in zip(state, BINS, EDGES, strict=True):
        if bins > 1:
            number = number * bins + min(max(int((value + edge) * (bins / (2 * edge))), 0), bins - 1)
    return number


def td_error(q_sa: float, next_q: list[float], fell: bool) -> float:
    """δ = target − Q(s, a)."""
    return (FALL if fell else 1.0 + GAMMA * max(next_q)) - q_sa


class Transition(NamedTuple):
    """One step, and what the rule made of it."""

    t: int  # its number in the episode
    state: tuple[float, ...]  # s
    cell: int
    q: tuple[float, float]  # Q(s, ·) before
    explores: bool  # the action was drawn by a coin
    action: int
    after: tuple[float, ...]  # s′
    next_cell: int
    next_q: tuple[float, float]  # Q(s′, ·); zeros where the future counts for nothing
    fell: bool
    alpha: float
    td_error: float


class QLearning(Agent):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.q = [[0.0, 0.0] for _ in range(int(np.prod(BINS)))]
        self.episode = 0

    @property
    def policy(self) -> TablePolicy:
        return TablePolicy(np.array(self.q))

    def update(self) -> Generator[None, None, dict[str, Any]]:
        """EPISODES episodes, learning from every step."""
        lengths, errors = [], []
        for _ in range(EPISODES):
            length, error = self.play()
            lengths.append(length)
            errors.append(error)
            yield
        return {"returns": lengths, "td_error": sum(errors) / len(errors), "epsilon": epsilon(self.episode)}

    def play(self, told: list[Transition] | None = None) -> tuple[int, float]:
        """An episode. Returns its length, and the mean of |δ|. Every step is added to `told`."""
        a_rate = min(1.0, alpha(self.episode) * self.settings.learning_rate_factor)
        e_rate = epsilon(self.episode)
        luck = self.rng.random((STEPS, 2)).tolist()
        state = tuple(first_states(self.rng, 1)[:, 0].tolist())
        s, total = cell(state), 0.0
        for t in range(STEPS):
            explores = luck[t][0] < e_rate
            action = int(luck[t][1] < 0.5) if explores else int(self.q[s][1] > self.q[s][0])
            before, state = state, step_one(state, action, self.physics)
            fell = abs(state[0]) > X_LIMIT or abs(state[2]) > THETA_LIMIT
            cut = t == STEPS - 1 and not self.settings.bootstrap  # taken, wrongly, for an end without a future
            after = cell(state)
            next_q = [0.0, 0.0] if cut else self.q[after]
            delta = td_error(self.q[s][action], next_q, fell)
            if told is not None:
                row, next_row = tuple(self.q[s]), (0.0, 0.0) if fell else tuple(next_q)
                told.append(
                    Transition(t, before, s, row, explores, action, state, after, next_row, fell, a_rate, delta)
                )
            self.q[s][action] += a_rate * delta
            s, total = after, total + abs(delta)
            if fell:
                break
        self.episode += 1
        self.steps += t + 1
        return t + 1, total / (t + 1)
