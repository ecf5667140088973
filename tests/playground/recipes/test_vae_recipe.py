"""The recipe of the embedded VAEs on a few images: broken off and taken up again, and what it writes."""

import dataclasses
import json

import pytest
import torch

from playground.images import mnist
from playground.images.vae_models import read
from playground.images.vae_settings import VaeSettings
from playground.recipes import vae

PLAN = VaeSettings(architecture="conv", batch_size=8, steps=6, learning_rate=3e-3, seed=2)


def weights(folder):
    return torch.load(folder / "small.pt", weights_only=True)["learner"]["model"]


def test_broken_off_and_taken_up_again_it_ends_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(vae, "SAVED", 2)
    train, test = mnist.images("train")[:100], mnist.images("test")[:40]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir(), parts.mkdir()
    vae.train("small", PLAN, whole, train, test)

    class Killed(Exception):
        pass

    def kill_at(learner, *rest):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(vae, "MEASURED", 5)
        patch.setattr(vae, "point", kill_at)  # after step 5, the last saved being 4
        vae.train("small", PLAN, parts, train, test)
    vae.train("small", PLAN, parts, train, test)
    a, b = weights(whole), weights(parts)
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_what_it_exports_is_what_is_loaded(tmp_path):
    test = mnist.images("test")[:60]
    vae.train("small", PLAN, tmp_path, mnist.images("train")[:100], test)
    vae.export("small", PLAN, tmp_path, tmp_path / "out", test)
    stored, header = read(tmp_path / "out" / "small.safetensors")
    assert all(torch.equal(stored[name], weight.half().float()) for name, weight in weights(tmp_path).items())
    assert VaeSettings(**header["settings"]) == PLAN and header["step"] == 6
    (last,) = json.loads((tmp_path / "out" / "small.json").read_text())
    assert last["step"] == 6 and last["elbo"] == pytest.approx(header["figures"]["elbo"], rel=0.01)
    assert vae.of_card("small", tmp_path / "out")["elbo"] == header["figures"]["elbo"]


def test_the_learning_rate_rises_and_falls():
    plan = dataclasses.replace(PLAN, steps=1000)
    rates = [vae.rate(step, plan) for step in range(1001)]
    assert rates[0] < rates[100] < rates[vae.WARM_UP - 1] and max(rates) < 3e-3
    assert rates[vae.WARM_UP :] == sorted(rates[vae.WARM_UP :], reverse=True)
    assert rates[-1] == pytest.approx(vae.LAST)
