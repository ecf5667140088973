"""Episodes and trials of stored policies: against Gymnasium, against each other, and against plain loops."""

import json

import gymnasium
import numpy as np
import pytest

from playground import wire
from playground.control import trials
from playground.control.cartpole import Physics, first_states, is_terminated, observe, step
from playground.control.episodes import replay_cartpole
from playground.control.evaluation import returns
from playground.control.policies import arrays, policy_of
from playground.control.settings import ALGORITHMS, GridSettings, ReplaySettings, ScoreSettings, SliceSettings
from playground.control.stored import embedded, stored
from playground.control.trials import physics_grid, policy_slice, push_score
from playground.errors import ModelError
from playground.frames import append
from playground.inference.control import Control


def last(run, settings):
    return [frame for frame in run(settings, Control(settings)) if frame][-1]


def replay(**asked):
    told = last(replay_cartpole, ReplaySettings(**asked))
    assert len(json.dumps(told)) < 40_000
    return told


@pytest.mark.parametrize("checkpoint", ALGORITHMS)
def test_gymnasium_gives_the_same_states_for_the_same_actions(checkpoint):
    told = replay(checkpoint=checkpoint, seed=4)
    states, actions = wire.decode(told["states"]), wire.decode(told["actions"])
    env = gymnasium.make("CartPole-v1")
    obs, _ = env.reset(seed=4)
    assert np.array_equal(states[0], obs)
    for t, action in enumerate(actions):
        obs, _, terminated, truncated, _ = env.step(int(action))
        assert np.array_equal(states[t + 1], obs)
    assert (terminated or truncated) and truncated == told["truncated"] and told["return"] == len(actions)


def test_an_episode_tells_what_the_agent_thought():
    told = replay(checkpoint="ppo", seed=2)
    states, policy = wire.decode(told["states"]), stored("ppo").policy
    np.testing.assert_allclose(wire.decode(told["probabilities"]), policy.scores(states[:-1]), atol=1e-6)
    np.testing.assert_allclose(wire.decode(told["values"]), policy.values(states[:-1]), atol=1e-4)
    assert np.array_equal(wire.decode(told["actions"]), wire.decode(told["probabilities"]).argmax(1))
    browser = policy_of({name: wire.decode(array) for name, array in told["policy"].items()})
    np.testing.assert_allclose(browser.scores(states), policy.scores(states), atol=1e-6)
    assert told["checkpoint"]["algorithm"] == "ppo" and told["checkpoint"]["update"] > 50
    dqn = replay(checkpoint="dqn", seed=2)
    np.testing.assert_allclose(wire.decode(dqn["q"]).max(1), wire.decode(dqn["values"]), atol=1e-5)
    assert replay(checkpoint="reinforce", seed=2)["values"] is None


def test_sampled_episodes_differ_from_greedy_ones_and_repeat_by_seed():
    sampled = [wire.decode(replay(checkpoint="ppo", seed=2, choose="sampled")["actions"]) for _ in range(2)]
    greedy = wire.decode(replay(checkpoint="ppo", seed=2)["actions"])
    assert np.array_equal(*sampled) and not np.array_equal(sampled[0][:200], greedy[:200])


def test_a_shove_is_one_step_long():
    settings = {"checkpoint": "ppo", "seed": 1}
    calm, shoved = replay(**settings), replay(push_step=30, push_force=20.0, **settings)
    before, after = wire.decode(calm["states"]), wire.decode(shoved["states"])
    assert np.array_equal(before[:31], after[:31])
    state, action = before[30].astype(float)[:, None], wire.decode(calm["actions"])[30:31].astype(int)
    np.testing.assert_allclose(after[31], observe(step(state, action, Physics(), 20.0))[0], atol=1e-5)
    assert after[31, 3] > before[31, 3] + 0.3  # to the right


def test_on_the_moon_the_same_agent_falls_or_stands_by_other_physics():
    earth, moon = replay(seed=3), replay(seed=3, gravity=1.62)
    assert not np.array_equal(wire.decode(earth["states"])[1], wire.decode(moon["states"])[1])


def test_checkpoints_along_the_training_are_all_there_and_better_at_the_end():
    assert set(embedded()) == set(ALGORITHMS) - {"random"}
    for algorithm, about in embedded().items():
        moments = [stored(kept["id"]) for kept in about["checkpoints"]]
        assert [moment.update for moment in moments] == [kept["update"] for kept in about["checkpoints"]]
        assert arrays(stored(algorithm).policy).keys() == arrays(moments[-1].policy).keys()
        assert replay(checkpoint=algorithm)["return"] >= 475 > 200 > replay(checkpoint=f"{algorithm}@0")["return"]
        assert about["greedy_return"] >= 475 and moments[0].step == 0


@pytest.mark.parametrize("checkpoint", ["", "ppo@", "ppo@3", "PPO", "ppo@5@5", "../ppo", "cartpole-", "x" * 80])
def test_others_are_refused(checkpoint):
    with pytest.raises(ModelError):
        stored(checkpoint)


@pytest.mark.parametrize("algorithm", sorted(set(ALGORITHMS) - {"random"}))
def test_a_policy_survives_being_taken_apart(algorithm):
    policy = stored(algorithm).policy
    obs = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    twin = policy_of(arrays(policy))
    assert np.array_equal(twin.scores(obs), policy.scores(obs)) and type(twin) is type(policy)


def finish(units):
    try:
        while True:
            next(units)
    except StopIteration as end:
        return end.value


def test_many_episodes_side_by_side_are_those_played_alone():
    policy, starts = stored("reinforce@2").policy, first_states(np.random.default_rng(0), 30)
    together = finish(returns(policy, starts, Physics(length=np.linspace(0.2, 2, 30))))
    for n, length in enumerate(np.linspace(0.2, 2, 30)):
        state, t = starts[:, n : n + 1], 0
        while t < 500 and not is_terminated(state)[0]:
            state, t = step(state, policy.greedy(observe(state)), Physics(length=length)), t + 1
        assert together[n] == t


def test_the_physics_grid_has_what_single_episodes_have():
    settings = GridSettings(checkpoint="reinforce", seed=6)
    told = append([frame for frame in physics_grid(settings, Control(settings)) if frame])
    grid = np.stack([wire.decode(row) for row in told["rows"]])
    assert grid.shape == (len(told["lengths"]), len(told["gravities"])) and grid.max() <= 500
    assert told["start"] == 0 and told["trained"] == {"length": 0.5, "gravity": 9.8}
    row, column = told["lengths"].index(1.0), told["gravities"].index(16.0)
    starts = first_states(np.random.default_rng(6), trials.EPISODES)
    alone = finish(returns(stored("reinforce").policy, starts, Physics(length=1.0, gravity=16.0)))
    assert grid[row, column] == pytest.approx(alone.mean())


def test_the_push_score_is_what_a_replayed_shove_shows():
    told = last(push_score, ScoreSettings(checkpoint="ppo"))
    survived, impulses = wire.decode(told["survived"]), told["impulses"]
    at = impulses.index(told["impulse"])
    assert (survived[: at + 1] >= 0.5).all() and (survived[at + 1] < 0.5).any()
    starts = first_states(np.random.default_rng(0), trials.STARTS)
    shove = {trials.BEFORE: np.full(trials.STARTS, impulses[at] / 0.02)}
    stood = finish(returns(stored("ppo").policy, starts, Physics(), shoves=shove, steps=300)) == 300
    assert stood.mean() == pytest.approx(survived[at, 1])
    assert np.allclose(told["first"], starts[:, 0])
    assert {name: wire.decode(array).shape for name, array in told["policy"].items()}["actor.0.weight"] == (64, 4)
    assert last(push_score, ScoreSettings(checkpoint="random"))["impulse"] == 0.0


def test_a_slice_is_the_policy_at_its_points():
    told = last(policy_slice, SliceSettings(checkpoint="dqn", x=0.5, x_dot=-1.0))
    q, obs = wire.decode(told["q"]), np.array([[0.5, -1.0, told["rows"][3], told["columns"][30]]], dtype=np.float32)
    np.testing.assert_allclose(q[3, 30], stored("dqn").policy.scores(obs)[0], atol=1e-4)
    np.testing.assert_allclose(wire.decode(told["values"]), q.max(2), atol=1e-5)
    assert last(policy_slice, SliceSettings(checkpoint="reinforce"))["values"] is None


def test_the_other_slice_lies_at_the_angle_asked_for():
    told = last(policy_slice, SliceSettings(checkpoint="ppo", plane="cart", theta=-6.0, theta_dot=0.5))
    assert told["rows"][0] == pytest.approx(-2.4) and told["columns"][-1] == 3.0
    obs = np.array([[told["rows"][40], told["columns"][7], -np.pi / 30, 0.5]], dtype=np.float32)
    pi = wire.decode(told["probabilities"])
    np.testing.assert_allclose(pi[40, 7], stored("ppo").policy.scores(obs)[0], atol=1e-5)
    table = wire.decode(last(policy_slice, SliceSettings(checkpoint="q_learning", plane="cart"))["q"])
    assert (table == table[0, 0]).all()  # its cells tell apart neither x nor ẋ
