"""What a trained policy can take: other physics, and shoves; and what it does over a slice of the states."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from playground import wire
from playground.control.cartpole import TAU, THETA_LIMIT, X_LIMIT, first_states, observe
from playground.control.episodes import packed
from playground.control.evaluation import returns
from playground.control.settings import GridSettings, ScoreSettings, SliceSettings
from playground.control.stored import stored
from playground.inference.control import Control

LENGTHS = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)  # m
GRAVITIES = (1.62, 3.7, 6.0, 8.0, 9.8, 12.0, 16.0, 20.0, 24.8)  # m/s²: the Moon, Mars … Earth … Jupiter
EPISODES = 10  # of each cell

IMPULSES = np.arange(1, 41) * 0.005  # N·s, tried on each start in both directions
STARTS = 10
BEFORE, AFTER = 100, 200  # steps before a shove, and after it that must be survived

SIDE = 41  # points along each side of a slice
FASTEST = 3.0  # rad/s or m/s, to both sides


def physics_grid(settings: GridSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """A frame a row, for each length in turn: {"start", "rows": [wire float32 (gravities,)], mean steps of EPISODES
    greedy episodes, from the same starts in each cell; "lengths", "gravities", "checkpoint", "trained": {"length",
    "gravity"} that it was trained with, None where that is not known}. Raises ModelError."""
    found = stored(settings.checkpoint)
    draws = np.random.default_rng(settings.seed)
    starts = first_states(draws, EPISODES)
    trained = found.physics and {"length": found.physics.length, "gravity": found.physics.gravity}
    about = {"lengths": LENGTHS, "gravities": GRAVITIES, "checkpoint": found.as_json(), "trained": trained}
    state = np.tile(starts, len(GRAVITIES))
    for row, length in enumerate(LENGTHS):
        physics = dataclasses.replace(settings.physics, length=length, gravity=np.repeat(GRAVITIES, EPISODES))
        steps = yield from returns(found.policy, state, physics, draws if found.policy.indifferent else None)
        means = steps.reshape(len(GRAVITIES), EPISODES).mean(1)
        yield {"start": row, "rows": [wire.encode(means.astype(np.float32))]} | about


def push_score(settings: ScoreSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """The only frame: {"impulse", "impulses", "survived": wire float32 (impulses, 2), "first": its first start, and
    "policy", with which a browser can shove it some more}.

    survived   share of STARTS episodes in which the pole, shoved to the left or to the right after BEFORE steps, still
               stood AFTER steps later
    impulse    N·s, the largest that at least half of the starts survived in both directions, and every smaller one too;
               0 when not even the smallest

    Raises ModelError.
    """
    found = stored(settings.checkpoint)
    rng = np.random.default_rng(settings.seed)
    starts = first_states(rng, STARTS)
    force, side, _ = np.meshgrid(IMPULSES / TAU, (-1, 1), np.arange(STARTS), indexing="ij")
    state = np.tile(starts, 2 * len(IMPULSES))
    shoves = {BEFORE: (force * side).ravel()}
    draws = rng if found.policy.indifferent else None
    lengths = yield from returns(found.policy, state, settings.physics, draws, shoves, BEFORE + AFTER)
    survived = (lengths.reshape(force.shape) == BEFORE + AFTER).mean(2)  # (impulses, 2)
    enough = (survived >= 0.5).all(1)
    best = len(enough) if enough.all() else int(np.argmin(enough))
    yield {
        "impulse": float(IMPULSES[best - 1]) if best else 0.0,
        "impulses": IMPULSES.tolist(),
        "survived": wire.encode(survived.astype(np.float32)),
        "first": starts[:, 0].tolist(),
        "checkpoint": found.as_json(),
        "policy": packed(found.policy),
    }


def policy_slice(settings: SliceSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """The only frame: {"rows", "columns": SIDE numbers each, θ rad and θ̇ rad/s or x m and ẋ m/s, "probabilities" or
    "q": wire float32 (SIDE, SIDE, 2), "values": wire float32 (SIDE, SIDE) or None}. Raises ModelError."""
    found = stored(settings.checkpoint)
    here = (settings.x, settings.x_dot, math.radians(settings.theta), settings.theta_dot)
    first, farthest = (2, THETA_LIMIT) if settings.plane == "pole" else (0, X_LIMIT)
    rows, columns = np.linspace(-farthest, farthest, SIDE), np.linspace(-FASTEST, FASTEST, SIDE)
    state = np.empty((4, SIDE, SIDE))
    state[:] = np.reshape(here, (4, 1, 1))
    state[first], state[first + 1] = rows[:, None], columns
    obs = observe(state.reshape(4, -1))
    values = found.policy.values(obs)
    yield {
        "rows": rows.tolist(),
        "columns": columns.tolist(),
        found.policy.tells: wire.encode(found.policy.scores(obs).reshape(SIDE, SIDE, 2).astype(np.float32)),
        "values": None if values is None else wire.encode(values.reshape(SIDE, SIDE).astype(np.float32)),
        "checkpoint": found.as_json(),
    }
