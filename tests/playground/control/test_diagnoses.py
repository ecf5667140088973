"""What is said of a run: always on its preset, never on a healthy run. Here one or two seeds of each;
`python -m tests.benchmarks.cartpole diagnoses` asks five, to the end."""

import pytest

from playground.control.diagnoses import diagnose
from playground.control.settings import PRESETS, TrainSettings
from playground.control.training import train_cartpole
from playground.frames import append
from playground.inference.control import Control

SAYS = {
    "no_bootstrap": "cartpole_no_future",
    "no_normalization": "cartpole_raw_advantages",
    "no_target_network": "cartpole_inflated_q",
    "lr_x10": "cartpole_hasty",
}
ENOUGH = {"no_bootstrap": 100_000, "no_normalization": 12_000, "no_target_network": 4_000, "lr_x10": 8_000}
HEALTHY = {"ppo": 30_000, "reinforce": 20_000, "dqn": 6_000, "q_learning": 10_000, "random": 3_000}


def said(**asked):
    """The keys of what was said."""
    settings = TrainSettings(**asked)
    whole = append([frame for frame in train_cartpole(settings, Control(settings)) if frame])
    return [notice["key"] for notice in whole.get("diagnoses", ())]


@pytest.mark.parametrize(
    ("preset", "seed"), [(preset, seed) for preset in SAYS for seed in (0, 1) if (preset, seed) != ("no_bootstrap", 1)]
)
def test_a_preset_is_found_out(preset, seed):
    asked = PRESETS[preset] | {"seed": seed, "max_steps": ENOUGH[preset]}
    assert said(**asked) == [SAYS[preset]]


@pytest.mark.parametrize("algorithm", HEALTHY)
def test_of_a_healthy_run_nothing_is_said(algorithm):
    assert said(algorithm=algorithm, seed=0, max_steps=HEALTHY[algorithm], stop_when_solved=False) == []


def test_nothing_is_said_of_nothing():
    assert diagnose([]) == []
