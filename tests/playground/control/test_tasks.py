"""Every task as the engine runs it: its frames are plain data, small enough for a browser."""

import io
import json
import zipfile

import numpy as np
import pytest
import torch
from safetensors.numpy import load

from playground import wire
from playground.control import tasks
from playground.control.exports import to_sb3
from playground.control.settings import (
    PRESETS,
    STEERABLE,
    BreakSettings,
    CompareSettings,
    GridSettings,
    ImportSettings,
    LotterySettings,
    PolicySettings,
    ReplaySettings,
    RuleSettings,
    TextbookSettings,
    TrainSettings,
)
from playground.control.stored import stored
from playground.control.trial_settings import ContestSettings, MomentsSettings, SlicesSettings
from playground.errors import SettingError
from playground.inference.control import Control


def zipped_policy() -> dict:
    weights, file = io.BytesIO(), io.BytesIO()
    torch.save({name: torch.tensor(array) for name, array in load(to_sb3(stored("ppo").policy)[0]).items()}, weights)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("policy.pth", weights.getvalue())
    return wire.encode(np.frombuffer(file.getvalue(), np.uint8))


ASKED = {
    "TRAIN_CARTPOLE": lambda: TrainSettings(max_steps=2000),
    "COMPARE_ALGORITHMS": lambda: CompareSettings(seeds=1, max_steps=1000),
    "SEED_LOTTERY": lambda: LotterySettings(seeds=2, max_steps=2000),
    "TEXTBOOK_PPO": lambda: TextbookSettings(max_steps=2048),
    "Q_LEARNING_RULE": lambda: RuleSettings(before=20, transitions=200),
    "REPLAY_CARTPOLE": ReplaySettings,
    "PLAY_MOMENTS": MomentsSettings,
    "PHYSICS_GRID": GridSettings,
    "PUSH_CONTEST": ContestSettings,
    "POLICY_SLICES": SlicesSettings,
    "EXPORT_POLICY": PolicySettings,
    "IMPORT_POLICY": lambda: ImportSettings(file=zipped_policy()),
}


def test_every_task_is_asked_below():
    assert {name for name, value in vars(tasks).items() if isinstance(value, tasks.Task)} == set(ASKED)


@pytest.mark.parametrize("name", ASKED)
def test_a_task_gives_plain_data_small_enough_for_a_browser(name):
    task, settings = getattr(tasks, name), ASKED[name]()
    frames = [frame for frame in task.run(settings, Control(settings)) if frame is not None]
    assert frames and all(len(json.dumps(frame, allow_nan=False)) < 100_000 for frame in frames)
    assert 0 < task.peak_bytes(settings) < 100_000_000
    assert type(settings)(**settings.as_dict()) == settings


def test_what_may_be_steered_are_settings_and_presets_are_good_ones():
    assert set(STEERABLE) <= set(TrainSettings().as_dict())
    assert all(TrainSettings(**values) for values in PRESETS.values())


@pytest.mark.parametrize(
    ("name", "value"),
    [("length", 0), ("gravity", -9.8), ("masspole", float("nan")), ("max_steps", 10**6), ("algorithm", "a3c")],
)
def test_bad_settings_are_refused_by_name(name, value):
    with pytest.raises(SettingError) as refused:
        TrainSettings(**{name: value})
    assert refused.value.values["field"] == name


@pytest.mark.parametrize("fault", [name for name in PRESETS if name != "healthy"])
def test_a_broken_run_and_its_healthy_one_differ_in_what_is_broken_alone(fault):
    asked = BreakSettings(fault=fault, seed=5)
    broken, healthy = asked.broken.as_dict(), asked.healthy.as_dict()
    differ = {name for name in broken if broken[name] != healthy[name]}
    assert differ == set(PRESETS[fault]) - {"stop_when_solved", "algorithm"} and len(differ) == 1
    assert broken["seed"] == 5 and not broken["stop_when_solved"]
