"""One episode, with everything the agent thought at each step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from playground import wire
from playground.control.cartpole import STEPS, first_states, is_terminated, observe, step
from playground.control.policies import Policy, arrays
from playground.control.settings import ReplaySettings
from playground.control.stored import stored
from playground.inference.control import Control

SLICE = 64  # steps between two yields


def replay_cartpole(settings: ReplaySettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """The only frame: T steps as arrays in the wire form, and what they were made with.

        states (T + 1, 4) float32 · actions (T,) uint8 · probabilities or q (T, 2) float32 · values (T,) float32 or None
        return: T · truncated: it stood to the last · policy: {name: array}, with which a browser can play on

    Raises ModelError.
    """
    found = stored(settings.checkpoint)
    policy, rng = found.policy, np.random.default_rng(settings.seed)
    state = first_states(rng, 1)
    draws = policy.indifferent or settings.choose == "sampled"
    states, actions, scores, values = [state], [], [], []
    for t in range(STEPS):
        obs = observe(state)
        action = policy.act(obs, rng) if draws else policy.greedy(obs)
        scores.append(policy.scores(obs)[0])
        values.append(policy.values(obs))
        actions.append(int(action[0]))
        state = step(state, action, settings.physics, settings.push_force if t == settings.push_step else None)
        states.append(state)
        if is_terminated(state)[0]:
            break
        if t % SLICE == SLICE - 1:
            yield None
    yield {
        "states": wire.encode(np.concatenate(states, axis=1).T.astype(np.float32)),
        "actions": wire.encode(np.array(actions, dtype=np.uint8)),
        policy.tells: wire.encode(np.array(scores, dtype=np.float32)),
        "values": None if values[0] is None else wire.encode(np.concatenate(values).astype(np.float32)),
        "return": len(actions),
        "truncated": not bool(is_terminated(state)[0]),
        "checkpoint": found.as_json(),
        "policy": packed(policy),
    }


def packed(policy: Policy) -> dict[str, Any]:
    """Its parameters in the wire form, by the names of policies.arrays."""
    return {name: wire.encode(array.astype(np.float32)) for name, array in arrays(policy).items()}
