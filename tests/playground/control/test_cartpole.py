"""The physics, step for step against Gymnasium's CartPole-v1 with whatever constants, and against mechanics."""

import gymnasium
import numpy as np
import pytest

from playground.control.cartpole import (
    STEPS,
    TAU,
    CartPole,
    Physics,
    accelerations,
    first_states,
    is_terminated,
    observe,
    step,
    step_one,
)

RANDOM_STEPS = 10_000


def gymnasium_with(physics: Physics) -> gymnasium.Env:
    env = gymnasium.make("CartPole-v1")
    inner = env.unwrapped
    inner.gravity, inner.masscart, inner.masspole = physics.gravity, physics.masscart, physics.masspole
    inner.length, inner.force_mag = physics.length, physics.force_mag
    inner.total_mass, inner.polemass_length = physics.masscart + physics.masspole, physics.masspole * physics.length
    return env


OTHER = [
    Physics(),
    Physics(gravity=1.62),
    Physics(length=1.7),
    Physics(masspole=0.8, masscart=0.4),
    Physics(force_mag=3.0, gravity=24.8, length=0.1),
]


@pytest.mark.parametrize("physics", OTHER, ids=repr)
def test_every_step_is_gymnasiums(physics):
    env, rng = gymnasium_with(physics), np.random.default_rng(0)
    obs, _ = env.reset(seed=7)
    state = first_states(np.random.default_rng(7), 1)
    assert np.array_equal(observe(state)[0], obs)
    for action in rng.integers(0, 2, RANDOM_STEPS // len(OTHER)):
        obs, reward, terminated, truncated, _ = env.step(action)
        one = step_one(tuple(state[:, 0]), int(action), physics)
        state = step(state, np.array([action]), physics)
        assert np.array_equal(state[:, 0], env.unwrapped.state) and np.array_equal(observe(state)[0], obs)
        np.testing.assert_allclose(one, state[:, 0], rtol=1e-12, atol=1e-14)
        assert (reward, bool(is_terminated(state)[0])) == (1.0, terminated)
        if terminated or truncated:
            obs, _ = env.reset()
            state = env.unwrapped.state[:, None].astype(float)


def test_all_constants_may_differ_from_cart_to_cart():
    rng = np.random.default_rng(1)
    names = ("gravity", "masscart", "masspole", "length", "force_mag")
    all_at_once = Physics(**{name: rng.uniform(0.1, 10, 64) for name in names})
    state, action = rng.normal(size=(4, 64)), rng.integers(0, 2, 64)
    after = step(state, action, all_at_once, shove := rng.normal(size=64))
    for n in range(64):
        one = Physics(**{name: float(getattr(all_at_once, name)[n]) for name in names})
        np.testing.assert_allclose(after[:, n], step(state[:, n : n + 1], action[n : n + 1], one, shove[n])[:, 0])


def test_a_shove_of_the_pole_solves_lagranges_equations():
    """(M + m) ẍ + m l (θ̈ cos θ − θ̇² sin θ) = F + S and (4/3) m l² θ̈ + m l ẍ cos θ − m g l sin θ = S l cos θ."""
    rng = np.random.default_rng(2)
    g, M, m, L = 9.1, 1.3, 0.4, 0.7
    for theta, theta_dot, force, shove in rng.normal(size=(50, 4)):
        sin, cos = np.sin(theta), np.cos(theta)
        matrix = [[M + m, m * L * cos], [m * L * cos, 4 / 3 * m * L**2]]
        right = [force + shove + m * L * theta_dot**2 * sin, m * g * L * sin + shove * L * cos]
        physics = Physics(gravity=g, masscart=M, masspole=m, length=L)
        got = accelerations(theta_dot, sin, cos, force, physics, shove)
        np.testing.assert_allclose(got, np.linalg.solve(matrix, right), rtol=1e-9)


def test_energy_is_kept_without_forces():
    """Nearly: Euler's steps add a little, the less the shorter they are; here a hundredth of the usual."""
    physics, dt = Physics(masspole=0.5), TAU / 100
    x, x_dot, theta, theta_dot = 0.0, 0.3, 2.5, 0.0

    def energy():
        M, m, L = physics.masscart, physics.masspole, physics.length
        kinetic = (M + m) * x_dot**2 / 2 + m * L * x_dot * theta_dot * np.cos(theta) + 2 / 3 * m * L**2 * theta_dot**2
        return kinetic + m * physics.gravity * L * np.cos(theta)

    before = energy()
    for _ in range(5000):
        x_acc, theta_acc = accelerations(theta_dot, np.sin(theta), np.cos(theta), 0.0, physics)
        x, x_dot, theta, theta_dot = (
            x + dt * x_dot,
            x_dot + dt * x_acc,
            theta + dt * theta_dot,
            theta_dot + dt * theta_acc,
        )
    assert energy() == pytest.approx(before, abs=0.02)


def test_a_fall_terminates_and_the_limit_truncates():
    env = CartPole(3, np.random.default_rng(0), Physics())
    env.now, env.began[2] = STEPS - 1, STEPS - 8
    env.state[:] = 0
    env.state[2, 1] = env.state[2, 2] = 0.209
    env.state[3, 1] = env.state[3, 2] = 2.0  # about to fall
    now = env.step(np.array([1, 1, 1]))
    assert now.terminated.tolist() == [False, True, True]
    assert now.truncated.tolist() == [True, False, False]  # a fall in the last step is a fall
    assert now.returns.tolist() == [STEPS, STEPS, 8]
    assert is_terminated(now.reached).tolist() == [False, True, True]  # where they were, not where they start anew
    assert np.abs(env.state).max() <= 0.05 and env.began.tolist() == [STEPS, STEPS, STEPS]


def test_carts_that_go_on_are_left_alone():
    env = CartPole(2, np.random.default_rng(0), Physics())
    env.state[2, 0] = 0.3
    before = env.state[:, 1:].copy()
    now = env.step(np.array([0, 1]))
    assert np.array_equal(env.state[:, 1:], step(before, np.array([1]), Physics()))
    assert env.began.tolist() == [1, 0] and now.returns.tolist() == [1]
