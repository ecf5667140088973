"""CartPole (Barto, Sutton & Anderson 1983): a pole hinged to a cart, balanced by pushing the cart left or right.

The physics of Gymnasium's CartPole-v1, step for step, for N carts at once and with every constant free.

    state (4, N) float64    x, position of the cart, m · ẋ, m/s · θ, angle of the pole from upright, rad · θ̇, rad/s
    action (N,)             0 pushes the cart to the left, 1 to the right, with `force_mag`
    reward                  1 for every step, the last one too
    terminated              the cart has left ±2.4 m, or the pole has tilted more than 12°: the future is worth nothing
    truncated               500 steps are over: the pole still stands, and what would have come is still worth something
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

TAU = 0.02  # seconds a step
X_LIMIT = 2.4  # m
THETA_LIMIT = 12 * 2 * math.pi / 360  # rad
START = 0.05  # each number of a first state is uniform in ±START
STEPS = 500  # of an episode, at most

SIGN = np.array([-1.0, 1.0])  # of the force, by action
# The same numbers as arrays without dimensions, which NumPy takes faster than Python's floats.
DT, SIDE, TILT = np.array(TAU), np.array(X_LIMIT), np.array(THETA_LIMIT)

Number = float | np.ndarray  # one for all carts, or (N,)


@dataclass(frozen=True)
class Physics:
    """gravity m/s², masscart and masspole kg, length m from the hinge to the pole's middle, force_mag N."""

    gravity: Number = 9.8
    masscart: Number = 1.0
    masspole: Number = 0.1
    length: Number = 0.5
    force_mag: Number = 10.0

    @cached_property
    def total_mass(self) -> Number:  # kg
        return self.masscart + self.masspole

    @cached_property
    def polemass_length(self) -> Number:  # kg m
        return self.masspole * self.length

    def spread(self, n: int) -> Physics:
        """The same for n carts, each constant an array (n,): what NumPy multiplies twice as fast as by a float."""
        constants = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return Physics(**{name: np.full(n, value, dtype=float) for name, value in constants.items()})


def accelerations(
    theta_dot: Number, sin: Number, cos: Number, force: Number, physics: Physics, shove: Number | None = None
) -> tuple[Number, Number]:
    """(ẍ, θ̈) with `force` N on the cart (Florian 2007, eqs. 23 and 24, without friction), for floats and arrays alike.

    shove: N, horizontal, on the pole's middle. It pushes the cart along like `force`, and turns the pole by its lever,
    which adds shove · cos θ / m to what gravity does.

    The order of the operations is Gymnasium's: replaying a list of actions makes any error, even one of the last bit,
    ten times larger every 0.6 s.
    """
    total, moment = physics.total_mass, physics.polemass_length
    turning = physics.gravity * sin
    if shove is not None:
        force, turning = force + shove, turning + shove * cos / physics.masspole
    pushed = (force + moment * (theta_dot * theta_dot) * sin) / total
    theta_acc = (turning - cos * pushed) / (physics.length * (4.0 / 3.0 - physics.masspole * (cos * cos) / total))
    return pushed - moment * theta_acc * cos / total, theta_acc


def step(state: np.ndarray, action: np.ndarray, physics: Physics, shove: Number | None = None) -> np.ndarray:
    """The state TAU later, by Euler's method: (4, N) → (4, N)."""
    x_dot, theta, theta_dot = state[1], state[2], state[3]
    force = SIGN[action] * physics.force_mag
    x_acc, theta_acc = accelerations(theta_dot, np.sin(theta), np.cos(theta), force, physics, shove)
    after = np.array((x_dot, x_acc, theta_dot, theta_acc))
    after *= DT
    after += state
    return after


def step_one(state: tuple[float, ...], action: int, physics: Physics) -> tuple[float, float, float, float]:
    """The same for one cart in plain floats, which for a single cart is faster than arrays."""
    x, x_dot, theta, theta_dot = state
    force = physics.force_mag if action == 1 else -physics.force_mag
    x_acc, theta_acc = accelerations(theta_dot, math.sin(theta), math.cos(theta), force, physics)
    return x + TAU * x_dot, x_dot + TAU * x_acc, theta + TAU * theta_dot, theta_dot + TAU * theta_acc


def is_terminated(state: np.ndarray) -> np.ndarray:
    """(4, N) → (N,) bool."""
    return (np.abs(state[0]) > SIDE) | (np.abs(state[2]) > TILT)


def first_states(rng: np.random.Generator, n: int) -> np.ndarray:
    """(4, n). With n = 1 and `np.random.default_rng(seed)` it is where Gymnasium's `reset(seed=seed)` starts."""
    return rng.uniform(-START, START, (4, n))


def observe(state: np.ndarray) -> np.ndarray:
    """What an agent is given: (4, N) → (N, 4) float32."""
    return state.T.astype(np.float32)


class Step(NamedTuple):
    """What one step of N carts brought."""

    reached: np.ndarray  # (4, N), before carts whose episode is over start anew
    terminated: np.ndarray  # (N,) bool
    truncated: np.ndarray  # (N,) bool
    returns: np.ndarray  # of the episodes that are over, in steps


class CartPole:
    """N carts, each of which starts a new episode in the step in which the last one is over: `state` is where it does.

    Where a step truncates an episode, the state whose value is still to come is in `reached`.
    """

    def __init__(self, n: int, rng: np.random.Generator, physics: Physics) -> None:
        self.rng, self.n, self.physics = rng, n, physics
        self.state = first_states(rng, n)  # (4, N)
        self.now = 0  # steps taken
        self.began = np.zeros(n, dtype=np.int64)  # the step at which each episode did
        self.oldest = 0  # none of these is smaller

    @property
    def physics(self) -> Physics:
        return self._physics

    @physics.setter
    def physics(self, physics: Physics) -> None:
        self._physics = physics.spread(self.n)

    def step(self, action: np.ndarray) -> Step:
        reached = step(self.state, action, self._physics)
        self.now += 1
        terminated, truncated = is_terminated(reached), np.zeros(self.n, dtype=bool)
        if self.oldest <= self.now - STEPS:  # worth a look: some episode may be out of time
            truncated = (self.began <= self.now - STEPS) > terminated  # a fall in the last step is a fall
            self.oldest = self.began.min()
        (over,) = (terminated | truncated).nonzero()
        if len(over) == 0:
            self.state = reached
            return Step(reached, terminated, truncated, over)
        returns = self.now - self.began[over]
        self.began[over] = self.now
        self.state = reached.copy()
        self.state[:, over] = first_states(self.rng, len(over))
        return Step(reached, terminated, truncated, returns)
