"""What a guesser is shown is a plain run with no class, and the judge grows sure of what it becomes on the way."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from playground import wire
from playground.errors import SettingError
from playground.images.denoiser import Walk, as_images, draw_noise, generators, load
from playground.images.diffusion_deciding import deciding
from playground.images.diffusion_settings import NO_CLASS, DecidingSettings
from playground.images.judge_network import features_and_logits
from playground.inference.control import Control, replay

pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # from within diffusers


@pytest.fixture(scope="module")
def frame():
    (frame,) = replay(deciding, DecidingSettings(seed=3), [])
    return frame


def test_it_is_a_plain_run_without_a_class_and_its_clear_images_are_kept(frame):
    walk, rngs = Walk(load(), "dpmsolver++", 20), generators(3, 16)
    walk.start(draw_noise(rngs))
    while not walk.over:
        for _ in walk.evaluate(torch.full((16,), NO_CLASS), 1.0, rngs):
            pass
    images = as_images(walk.x_t)
    sure, classes = features_and_logits(images)[1].softmax(1).max(1)
    clear = [j for j in range(16) if sure[j] >= 0.9][:10]
    assert frame["classes"] == classes[clear].tolist() and len(clear) >= 8 and frame["t"] == walk.timesteps
    assert np.abs(wire.decode(frame["images"]).astype(int) - images[clear].numpy()).max() <= 1
    assert wire.decode(frame["x_t"]).shape == wire.decode(frame["x0"]).shape == (20, len(clear), 28, 28)


def test_the_judge_cannot_tell_at_first_and_can_in_the_end(frame):
    p = wire.decode(frame["p"])
    np.testing.assert_allclose(p.sum(-1), 1, atol=1e-5)
    right = p[:, np.arange(len(frame["classes"])), frame["classes"]]  # (20, R)
    assert right[-1].min() > 0.5 and right[0].mean() < 0.35
    logits = features_and_logits(torch.from_numpy(wire.decode(frame["x0"])[7]))[1]
    np.testing.assert_allclose(p[7], logits.softmax(1), atol=1e-5)


def test_a_stopped_run_tells_nothing():
    control = Control(DecidingSettings())
    control.deliver({"stop": "stopped"})
    assert not list(filter(None, deciding(control.settings, control)))


@pytest.mark.parametrize("asked", [{"steps": 4}, {"steps": 2.5}, {"seed": -1}, {"seed": "three"}])
def test_bad_settings_are_refused(asked):
    with pytest.raises(SettingError):
        DecidingSettings(**asked)
