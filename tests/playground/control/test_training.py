"""Training as a run: its frames, its checkpoints, steering, stopping, going on; and that it does learn."""

import copy
import json
from itertools import pairwise

import gymnasium
import numpy as np
import pytest

from playground.checkpoints import CHECKPOINTS
from playground.control.policies import policy_of
from playground.control.settings import ALGORITHMS, TrainSettings
from playground.control.stored import KIND
from playground.control.training import EVERY, train_cartpole
from playground.errors import ModelError, SettingError
from playground.frames import append
from playground.inference.control import Control, replay

SHORT = {"ppo": 6_000, "dqn": 3_000, "reinforce": 4_000, "q_learning": 4_000, "random": 3_000}


def train(stop_at=None, **asked):
    """(frames, the last as a reader gets it) of a run, stopped once it has had `stop_at` steps."""
    settings = TrainSettings(**asked)
    control, frames = Control(settings), []
    for frame in train_cartpole(settings, control):
        control.step += 1
        if frame is not None:
            frames.append(frame)
            if stop_at and frame["points"] and frame["points"][-1]["step"] >= stop_at and control.reason is None:
                control.deliver({"stop": "stopped"})
    return frames, append(frames)


def without_time(whole):
    return {name: value for name, value in whole.items() if name != "seconds"}


def in_gymnasium(policy, episodes=100):
    """The mean return of greedy episodes in Gymnasium's own CartPole-v1."""
    env, returns = gymnasium.make("CartPole-v1"), []
    for episode in range(episodes):
        obs, _ = env.reset(seed=episode)
        returns.append(0)
        over = False
        while not over:
            obs, reward, terminated, truncated, _ = env.step(int(policy.greedy(obs[None])[0]))
            returns[-1] += reward
            over = terminated or truncated
    return np.mean(returns)


def test_ppo_solves_cartpole_and_gymnasium_agrees():
    frames, whole = train(seed=3)
    assert whole["solved"] and whole["steps_to_solve"] == whole["points"][-1]["step"] < 60_000
    assert whole["greedy_return"] >= 475
    policy = policy_of(CHECKPOINTS.get(whole["checkpoint"], KIND).state["policy"])
    assert in_gymnasium(policy, 20) >= 475
    assert [point["update"] for point in whole["points"]] == list(range(1, len(whole["points"]) + 1))
    for point in whole["points"]:
        assert 0 < point["entropy"] <= np.log(2) + 1e-6
        assert point["kl"] >= 0 and 0 <= point["clip_fraction"] <= 1 and point["value_loss"] >= 0
    steps = [evaluation["step"] for evaluation in whole["evaluations"]]
    assert steps[0] == 0 and all(after // EVERY > before // EVERY for before, after in pairwise(steps))
    kept = [moment["update"] for moment in whole["checkpoints"]]
    assert kept == sorted(set(kept)) and kept[:4] == [0, 1, 2, 5] and kept[-1] == len(whole["points"])
    assert all(len(json.dumps(frame)) < 100_000 for frame in frames) and len(json.dumps(whole)) < 2_000_000
    assert 0 < whole["seconds"] < 60


@pytest.mark.parametrize("algorithm", ["reinforce", "q_learning"])
def test_the_simpler_ones_solve_it_too(algorithm):
    _, whole = train(algorithm=algorithm, seed=1)
    assert whole["solved"] and whole["greedy_return"] >= 475
    policy = policy_of(CHECKPOINTS.get(whole["checkpoint"], KIND).state["policy"])
    assert in_gymnasium(policy, 10) >= 400


def test_random_does_not():
    _, whole = train(algorithm="random", max_steps=5000)
    assert not whole["solved"] and whole["steps_to_solve"] is None
    assert 15 < whole["greedy_return"] < 30 and 15 < whole["sampled_return"] < 30  # 22 is known of a coin


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_same_seed_same_frames_and_another_seed_others(algorithm):
    asked = {"algorithm": algorithm, "max_steps": SHORT[algorithm], "stop_when_solved": False}
    _, first = train(seed=5, **asked)
    _, again = train(seed=5, **asked)
    _, other = train(seed=6, **asked)
    assert without_time(first) == without_time(again)
    assert first["points"] != other["points"]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(algorithm):
    asked = {"algorithm": algorithm, "max_steps": SHORT[algorithm], "stop_when_solved": False, "seed": 2}
    _, through = train(**asked)
    _, first = train(stop_at=SHORT[algorithm] // 3, **asked)
    assert 0 < len(first["points"]) < len(through["points"])
    _, second = train(start=first["checkpoint"], **asked)
    assert first["points"] + second["points"] == through["points"]
    judged = {e["step"]: e for run in (first, second) for e in run.get("evaluations", ())}
    assert list(judged.values()) == through["evaluations"]
    for name in ("greedy_return", "sampled_return"):
        assert second[name] == through[name]
    ends = [CHECKPOINTS.get(run["checkpoint"], KIND).state["policy"] for run in (second, through)]
    assert ends[0].keys() == ends[1].keys()
    assert all(np.array_equal(ends[0][name], ends[1][name]) for name in ends[0])


@pytest.mark.parametrize("unit", [1, 2, 9, 20, 30, 31, 32, 45])
def test_stopped_in_the_midst_of_anything_it_ends_at_once_and_goes_on_from_there(unit):
    """In the midst of an update, of a rollout, of an evaluation: what was half done is done anew."""
    settings = TrainSettings(max_steps=5000, stop_when_solved=False, seed=4)
    control, frames, late = Control(settings), [], 0
    for frame in train_cartpole(settings, control):
        control.step += 1
        late += control.reason is not None
        frames += [frame] if frame else []
        if control.step == unit:
            control.deliver({"stop": "stopped"})
    assert late <= 2
    first = append(frames)
    _, second = train(start=first["checkpoint"], max_steps=5000, stop_when_solved=False, seed=4)
    _, through = train(max_steps=5000, stop_when_solved=False, seed=4)
    assert first["points"] + second["points"] == through["points"]
    assert [*first.get("evaluations", ()), *second["evaluations"]] == through["evaluations"]


def test_a_copy_of_a_network_shares_nothing_with_it():
    _, whole = train(max_steps=1024)
    agent = CHECKPOINTS.get(whole["checkpoint"], KIND).state["agent"]
    twin = copy.deepcopy(agent)
    twin.actor.flat[:] = 0
    assert not twin.actor.layers[0][0].any() and agent.actor.layers[0][0].any()
    assert twin.env.rng is twin.rng is not agent.rng


def test_stopped_before_the_first_update_it_still_has_a_checkpoint():
    settings = TrainSettings()
    control = Control(settings)
    control.deliver({"stop": "stopped"})
    whole = append([frame for frame in train_cartpole(settings, control) if frame])
    assert whole["points"] == [] and not whole["solved"] and whole["greedy_return"] is None
    assert [kept["id"] for kept in whole["checkpoints"]] == [whole["checkpoint"]]


def test_steering_changes_the_run_and_is_replayed_by_its_log():
    settings = TrainSettings(max_steps=8000, stop_when_solved=False)
    control, frames = Control(settings), []
    for frame in train_cartpole(settings, control):
        control.step += 1
        if frame:
            frames.append(frame)
        if control.step == 30:
            control.deliver({"set": {"gravity": 20.0, "learning_rate_factor": 0.1}})
    steered = append(frames)
    assert [sorted(entry) for entry in steered["steered"]] == [["gravity", "step"], ["learning_rate_factor", "step"]]
    again = append(list(replay(train_cartpole, settings, control.log)))
    assert without_time(again) == without_time(steered)
    _, plain = train(max_steps=8000, stop_when_solved=False)
    at = steered["steered"][0]["step"]
    before = [point for point in plain["points"] if point["step"] <= at]
    assert steered["points"][: len(before)] == before and steered["points"] != plain["points"]
    assert steered["checkpoint"] != plain["checkpoint"]


def test_what_cannot_be_gone_on_from_is_refused():
    _, whole = train(max_steps=3000, stop_when_solved=False)
    for start, algorithm, error, said in (
        (whole["checkpoint"], "dqn", SettingError, "trained with ppo"),
        (whole["checkpoints"][0]["id"], "ppo", SettingError, "not all it needs"),
        ("cartpole-0000", "ppo", ModelError, "not kept any more"),
        ("ppo", "ppo", ModelError, "not kept any more"),
    ):
        with pytest.raises(error, match=said):
            next(train_cartpole(TrainSettings(algorithm=algorithm, start=start), Control(TrainSettings())))
