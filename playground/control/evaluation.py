"""How well a policy does: the lengths of many episodes, played side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator

import numpy as np

from playground.control.cartpole import STEPS, Physics, first_states, is_terminated, observe, step
from playground.control.policies import Policy

AT_ONCE = 8192  # steps of carts between two yields
JUDGED = 100  # that a policy is judged by
SOLVED = 475.0  # mean return from which on CartPole-v1 counts as solved


def returns(
    policy: Policy,
    state: np.ndarray,
    physics: Physics,
    rng: np.random.Generator | None = None,
    shoves: dict[int, np.ndarray] | None = None,
    steps: int = STEPS,
) -> Generator[None, None, np.ndarray]:
    """(N,) steps that each episode lasts from its first state, `steps` at most: state (4, N).

    The policy is greedy, or with `rng` it samples. physics may hold arrays, one number a cart. shoves: by step, the
    N with which each pole is shoved then.
    """
    lengths = np.zeros(state.shape[1], dtype=np.int64)
    going, played = np.arange(state.shape[1]), 0
    for t in range(steps):
        obs = observe(state)
        action = policy.greedy(obs) if rng is None else policy.act(obs, rng)
        shove = shoves[t][going] if shoves and t in shoves else None
        state = step(state, action, physics, shove)
        lengths[going] += 1
        stands = ~is_terminated(state)
        if not stands.all():
            state, going, physics = state[:, stands], going[stands], only(physics, stands)
            if len(going) == 0:
                break
        played += len(going)
        if played > AT_ONCE:
            played = 0
            yield
    return lengths


def only(physics: Physics, stands: np.ndarray) -> Physics:
    """The physics of some of the carts."""
    arrays = {
        field.name: value[stands]
        for field in dataclasses.fields(physics)
        if isinstance(value := getattr(physics, field.name), np.ndarray)
    }
    return dataclasses.replace(physics, **arrays) if arrays else physics


def greedy_return(policy: Policy, rng: np.random.Generator, physics: Physics) -> Generator[None, None, float]:
    """The mean of JUDGED episodes, from first states drawn from `rng`."""
    lengths = yield from returns(policy, first_states(rng, JUDGED), physics, rng if policy.indifferent else None)
    return float(lengths.mean())


def sampled_return(policy: Policy, rng: np.random.Generator, physics: Physics) -> Generator[None, None, float]:
    """The same with actions drawn from the policy's probabilities."""
    lengths = yield from returns(policy, first_states(rng, JUDGED), physics, rng)
    return float(lengths.mean())
