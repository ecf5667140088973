"""The same start at several moments of a training; trials of several agents; which agent an experiment asks about."""

import pytest

from playground import wire
from playground.control.moments import play_moments
from playground.control.settings import ALGORITHMS, GridSettings, TrainSettings
from playground.control.stored import embedded, stored
from playground.control.training import train_cartpole
from playground.control.trial_settings import (
    OPPONENTS,
    ContestSettings,
    MomentsSettings,
    SlicesSettings,
    VersusSettings,
)
from playground.control.trials import physics_grid
from playground.control.trials_together import push_contest
from playground.errors import ModelError, RunError
from playground.frames import append
from playground.inference.control import Control


def play(**asked):
    settings = MomentsSettings(**asked)
    return append([frame for frame in play_moments(settings, Control(settings)) if frame])["episodes"]


def test_every_moment_begins_at_the_same_place_and_the_last_stands_longest():
    episodes = play(whose="q_learning", most=3, seed=7)
    kept = [moment["id"] for moment in embedded()["q_learning"]["checkpoints"]]
    ids = [episode["checkpoint"]["id"] for episode in episodes]
    assert ids[0] == kept[0] and ids[-1] == kept[-1] and len(ids) == 3 and sorted(ids, key=kept.index) == ids
    states = [wire.decode(episode["states"]) for episode in episodes]
    assert all(
        (s[0] == states[0][0]).all() and len(s) == e["return"] + 1 for s, e in zip(states, episodes, strict=True)
    )
    assert episodes[-1]["truncated"] and episodes[-1]["return"] == 500 > episodes[0]["return"]


def test_the_moments_of_a_run_are_those_that_it_kept():
    settings = TrainSettings(algorithm="q_learning", max_steps=600)
    told = append([frame for frame in train_cartpole(settings, Control(settings)) if frame])
    kept = [moment["id"] for moment in told["checkpoints"]]
    episodes = play(whose="screen", kept=" ".join(kept), most=9)
    assert [episode["checkpoint"]["id"] for episode in episodes] == kept and len(kept) > 2


def test_the_grid_knows_where_its_agent_was_trained():
    settings = TrainSettings(algorithm="q_learning", max_steps=300, length=1.0, gravity=3.7)
    told = append([frame for frame in train_cartpole(settings, Control(settings)) if frame])
    for checkpoint, trained in ((told["checkpoint"], {"length": 1.0, "gravity": 3.7}), ("random", None)):
        grid = GridSettings(checkpoint=checkpoint)
        assert next(frame for frame in physics_grid(grid, Control(grid)) if frame)["trained"] == trained


def test_without_a_run_there_are_no_moments():
    with pytest.raises(RunError):
        play(whose="screen")
    with pytest.raises(ModelError):
        play(whose="screen", kept="cartpole-0123")


def test_an_agent_is_an_algorithms_or_the_one_on_screen():
    asked = {"checkpoint": "ppo@5", "seed": 3, "gravity": 1.62}
    assert VersusSettings(opponent="dqn", **asked).episode().checkpoint == "dqn"
    assert all(stored(word).id == word for word in OPPONENTS if word != "screen")
    episode = VersusSettings(opponent="screen", **asked).episode()
    assert (episode.checkpoint, episode.seed, episode.gravity) == ("ppo@5", 3, 1.62)
    assert list(ContestSettings(**asked).scores()) == [*ALGORITHMS, "screen"]
    assert list(ContestSettings().scores()) == list(ALGORITHMS)  # the one on screen is among them
    slices = SlicesSettings(agent="screen", plane="cart", checkpoint="ppo@5").slices()
    assert [(s.checkpoint, s.plane) for s in slices.values()] == [("ppo@5", "cart"), ("q_learning", "cart")]


def test_a_contest_has_every_agent_and_stops_between_two():
    settings = ContestSettings(checkpoint="ppo@5")
    told = append([frame for frame in push_contest(settings, Control(settings)) if frame])
    measured = {one["agent"]: one["impulse"] for one in told["agents"]}
    assert list(measured) == [*ALGORITHMS, "screen"] and measured["ppo"] > measured["random"] == 0
    assert told["agents"][-1]["checkpoint"]["id"] == "ppo@5"
    control = Control(settings)
    frames = push_contest(settings, control)
    first = next(frame for frame in frames if frame)
    control.reason = "stopped"
    assert [one["agent"] for one in first["agents"]] == ["ppo"] and [frame for frame in frames if frame] == []
