"""What a trained policy can take: other physics, and shoves; and what it does over a slice of the states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from playground import wire
from playground.control.cartpole import TAU, THETA_LIMIT, Physics, first_states, observe
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
THETA_DOT = 3.0  # rad/s, to both sides


def physics_grid(settings: GridSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """The only frame: {"lengths", "gravities", "returns": wire float32 (lengths, gravities)}, mean steps of EPISODES
    greedy episodes from the same starts in each cell. Raises ModelError."""
    found = stored(settings.checkpoint)
    rng = np.random.default_rng(settings.seed)
    starts = first_states(rng, EPISODES)
    length, gravity, _ = np.meshgrid(LENGTHS, GRAVITIES, np.arange(EPISODES), indexing="ij")
    physics = Physics(
        gravity=gravity.ravel(),
        masscart=settings.masscart,
        masspole=settings.masspole,
        length=length.ravel(),
        force_mag=settings.force_mag,
    )
    state = np.tile(starts, len(LENGTHS) * len(GRAVITIES))
    lengths = yield from returns(found.policy, state, physics, rng if found.policy.indifferent else None)
    means = lengths.reshape(length.shape).mean(2)
    yield {
        "lengths": LENGTHS,
        "gravities": GRAVITIES,
        "returns": wire.encode(means.astype(np.float32)),
        "checkpoint": found.as_json(),
    }


def push_score(settings: ScoreSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """The only frame: {"impulse", "impulses", "survived": wire float32 (impulses, 2)}.

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
        "checkpoint": found.as_json(),
    }


def policy_slice(settings: SliceSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """The only frame: {"theta", "theta_dot": (SIDE,) rad and rad/s, "probabilities" or "q": wire float32 (SIDE, SIDE,
    2), row by θ, column by θ̇, "values": wire float32 (SIDE, SIDE) or None}. Raises ModelError."""
    found = stored(settings.checkpoint)
    theta, theta_dot = np.linspace(-THETA_LIMIT, THETA_LIMIT, SIDE), np.linspace(-THETA_DOT, THETA_DOT, SIDE)
    state = np.empty((4, SIDE, SIDE))
    state[0], state[1], state[2], state[3] = settings.x, settings.x_dot, theta[:, None], theta_dot
    obs = observe(state.reshape(4, -1))
    values = found.policy.values(obs)
    yield {
        "theta": theta.tolist(),
        "theta_dot": theta_dot.tolist(),
        found.policy.tells: wire.encode(found.policy.scores(obs).reshape(SIDE, SIDE, 2).astype(np.float32)),
        "values": None if values is None else wire.encode(values.reshape(SIDE, SIDE).astype(np.float32)),
        "checkpoint": found.as_json(),
    }
