"""Each diagnosis fires on its preset and not on the healthy one, from what is measured while they train."""

import pytest

from playground.images.vae_diagnoses import diagnose
from playground.images.vae_settings import PRESETS, VaeSettings, preset
from playground.images.vae_training import train_vae
from playground.inference.control import replay


def keys(found):
    return [notice["key"] for notice in found]


def test_the_rules_at_their_edges():
    assert diagnose(200, [0.0, 0.0], 0.1) == []  # too early to say
    assert keys(diagnose(300, [0.009, 2.0], 0.5)) == ["vae_posterior_collapse"]  # half of them
    assert keys(diagnose(300, [0.011, 2.0], 0.5)) == []
    assert keys(diagnose(300, [0.0, 1.0, 1.0], 0.5)) == []  # a third
    assert keys(diagnose(300, [1.0, 2.0], 0.419)) == ["vae_blur"]
    (collapse, blur) = diagnose(900, [0.001] * 16, 0.35)
    assert "16 of the code's 16 numbers" in collapse["sentence"] and "35%" in blur["sentence"]


@pytest.mark.parametrize(("name", "expected"), [("beta_too_big", "vae_posterior_collapse"), ("mlp-2d", None)])
def test_a_preset_in_training(name, expected):
    """Five seeds each: python -m tests.benchmarks.vae_diagnoses."""
    frames = list(replay(train_vae, VaeSettings(**PRESETS[name], steps=300), []))
    told = next(frame for frame in frames if frame["step"] == 300)
    assert (keys(told["diagnoses"])[:1] or [None]) == [expected]
    assert all(frame["diagnoses"] == [] and frame["diagnosed"] is None for frame in frames if frame["step"] < 300)
    assert told["diagnosed"] == frames[-1]["diagnosed"] == 300


def test_presets_are_settings_and_others_are_refused():
    assert all(VaeSettings(**preset(name)) for name in PRESETS)
    with pytest.raises(ValueError, match="preset must be one of"):
        preset("resnet")
