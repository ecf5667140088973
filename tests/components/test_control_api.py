"""CartPole's endpoints in the real app: what they promise, and what they say to what is posted raw."""

import inspect
import math

import gymnasium
import numpy as np
import pytest
from gradio_client import Client

from components.endpoints import control
from playground import wire
from playground.control.settings import ALGORITHMS, CompareSettings, ReplaySettings, TrainSettings
from tests.components.test_api import error_of, post


@pytest.fixture(scope="module")
def client(app):
    return Client(app, verbose=False)


@pytest.mark.parametrize(
    ("endpoint", "settings"),
    [
        (control.train_cartpole, TrainSettings),
        (control.replay_cartpole, ReplaySettings),
        (control.compare_algorithms, CompareSettings),
    ],
)
def test_every_setting_is_an_argument_with_the_settings_own_default(endpoint, settings):
    arguments = {name: parameter.default for name, parameter in inspect.signature(endpoint).parameters.items()}
    assert settings().as_dict() == {name: value for name, value in arguments.items() if name != "request"}


def test_training_streams_and_its_checkpoint_replays_as_gymnasium_plays(client):
    values = list(client.submit("ppo", 3, 30_000, api_name="/train_cartpole"))
    last = values[-1]
    streamed = [point for value in values[:-1] for point in value.get("points", ())]
    assert last["points"][: len(streamed)] == streamed and last["state"] == "done"
    assert {"step", "mean_return", "entropy", "kl", "clip_fraction"} <= set(last)
    assert isinstance(last["solved"], bool) and last["seconds"] > 0 and 0 < last["greedy_return"] <= 500

    told = client.predict(last["checkpoint"], 11, api_name="/replay_cartpole")
    states, actions = wire.decode(told["states"]), wire.decode(told["actions"])
    assert states.shape == (told["return"] + 1, 4) and actions.shape == (told["return"],)
    env = gymnasium.make("CartPole-v1")
    obs, _ = env.reset(seed=11)
    np.testing.assert_allclose(states[0], obs, atol=1e-7)
    for t, action in enumerate(actions):
        obs, _, terminated, truncated, _ = env.step(int(action))
        np.testing.assert_allclose(states[t + 1], obs, atol=1e-5)
    assert truncated == told["truncated"] and terminated != truncated
    np.testing.assert_allclose(wire.decode(told["probabilities"]).sum(1), 1, atol=1e-6)
    assert wire.decode(told["values"]).shape == actions.shape

    again = list(client.submit("ppo", 3, 30_000, start=last["checkpoint"], api_name="/train_cartpole"))[-1]
    assert again["state"] == "done" and again["checkpoint"] != last["checkpoint"]


@pytest.mark.parametrize("checkpoint", ALGORITHMS)
def test_embedded_agents_replay_at_once(client, checkpoint):
    told = client.predict(checkpoint, 1, api_name="/replay_cartpole")
    assert (told["return"] >= 475) == (checkpoint != "random")
    assert wire.decode(told["q" if checkpoint in ("dqn", "q_learning") else "probabilities"]).shape[1] == 2


def test_a_shove_is_felt(client):
    calm, shoved = (client.predict("ppo", 1, 50, force, api_name="/replay_cartpole") for force in (0.0, 30.0))
    calm, shoved = wire.decode(calm["states"]), wire.decode(shoved["states"])
    assert np.array_equal(calm[:51], shoved[:51]) and shoved[51, 3] > calm[51, 3] + 0.5


def test_a_stopped_run_returns_its_last_value(client):
    job = client.submit("dqn", 99, 200_000, stop_when_solved=False, api_name="/train_cartpole")
    for value in job:
        if value.get("points"):
            client.predict(value["run"], api_name="/stop_run")
            break
    last = job.result()
    assert last["reason"] == "stopped" and last["points"] and last["checkpoint"].startswith("cartpole-")


def test_algorithms_are_compared(client):
    last = list(client.submit(1, 3000, api_name="/compare_algorithms"))[-1]
    assert set(last["table"]) == {run["algorithm"] for run in last["runs"]} == set(ALGORITHMS)
    for row in last["table"].values():
        assert row["runs"] == 1 and (row["steps_to_solve"] is None) == (row["solved"] == 0)


PLACES = {name: place for place, name in enumerate(inspect.signature(control.train_cartpole).parameters)}
BAD = [
    ("algorithm", "a2c"), ("algorithm", None), ("algorithm", 3), ("seed", -1), ("seed", math.nan), ("seed", 0.5),
    ("max_steps", 0), ("max_steps", 1_000_000), ("max_steps", math.inf), ("max_steps", "many"),
    *((name, value) for name in ("length", "masspole", "masscart", "gravity") for value in (0, -1, math.nan)),
    ("force_mag", math.inf), ("force_mag", None), ("learning_rate_factor", 0), ("bootstrap", "yes"), ("start", 7),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD, ids=lambda value: repr(value)[:20])
def test_bad_settings_posted_raw_get_a_sentence(app, name, value):
    data = [parameter.default for parameter in inspect.signature(control.train_cartpole).parameters.values()][:-1]
    data[PLACES[name]] = value
    sentence = error_of(app, "train_cartpole", data)
    assert name in sentence and sentence.endswith(".")


REPLAYS = [
    (["pop"], "no trained agent called pop"), (["ppo@3"], "no trained agent called ppo@3"),
    (["cartpole-beef"], "cartpole-beef is not kept"), (["../ppo"], "no trained agent"), ([None], "checkpoint"),
    (["ppo", 0, 500], "push_step"), (["ppo", 0, 0, math.nan], "push_force"), (["ppo", 0, 0, 0, "best"], "choose"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "said"), REPLAYS, ids=lambda value: repr(value)[:24])
def test_bad_replays_posted_raw_get_a_sentence(app, data, said):
    assert said in error_of(app, "replay_cartpole", data)


def test_starts_that_do_not_fit_get_a_sentence(app):
    data = [parameter.default for parameter in inspect.signature(control.train_cartpole).parameters.values()][:-1]
    data[PLACES["start"]] = "cartpole-beef"
    assert "not kept" in error_of(app, "train_cartpole", data)
    assert post(app, "compare_algorithms", [0])[-1][0] == "error"
