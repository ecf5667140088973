"""Live training: same seed, same frames; it goes on exactly where a checkpoint ended; it is steered; it ends well."""

import copy
import json
import math
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from playground import wire
from playground.checkpoints import CHECKPOINTS
from playground.errors import ModelError, SettingError
from playground.images import mnist
from playground.images.vae import seeded
from playground.images.vae_as_python import vae_as_python
from playground.images.vae_map import decode
from playground.images.vae_models import load
from playground.images.vae_settings import VaeSettings
from playground.images.vae_tasks import TRAIN_VAE
from playground.images.vae_training import History, picture_grid, train_vae
from playground.inference.control import Control, replay

ROOT = Path(__file__).parents[3]
FAST = {"batch_size": 16}


@pytest.fixture(autouse=True, scope="module")
def opened():
    mnist.images("train"), mnist.images("test")


def frames_of(log=(), **asked):
    return list(replay(train_vae, VaeSettings(**FAST | asked), list(log)))


def weights(checkpoint):
    return CHECKPOINTS.get(checkpoint["id"], "vae").state["model"]


def test_frames_as_promised():
    frames = frames_of(steps=30, seed=1)
    whole = TRAIN_VAE.merge(frames)
    steps = whole["curve"]["step"]
    assert steps == sorted(set(steps)) and steps[-1] == whole["step"] == 30
    assert all(len(points) == len(steps) for points in whole["curve"].values())
    assert [frame["start"] for frame in frames] == [max(0, i - 1) for i in range(len(frames) - 1)] + [len(steps)]
    curve = whole["curve"]
    for elbo, reconstruction, kl in zip(curve["elbo"], curve["reconstruction"], curve["kl"], strict=True):
        assert elbo == pytest.approx(-reconstruction - kl)
    for frame in frames[:-1]:
        shapes = [wire.decode(frame[name]).shape for name in ("samples", "digits", "reconstructions", "points")]
        assert shapes == [(64, 28, 28), (10, 28, 28), (10, 28, 28), (500, 2)]
        assert len(json.dumps(frame)) <= 100_000
        assert len(frame["kl_per_latent"]) == 2
    assert wire.decode(whole["labels"]).tolist() == mnist.labels("test")[:500].tolist()
    history = whole["history"]
    assert wire.decode(history["samples"]).shape == (len(history["steps"]), 64, 28, 28)
    assert history["steps"][0] == 0 and history["steps"][-1] == 30
    assert whole["held_out_curve"]["step"] == [0, 30]
    blind, learned = whole["held_out_curve"]["elbo"]
    assert blind == pytest.approx(-784 * math.log(2), abs=15)  # pixels are coins
    assert learned > -300


def test_a_seed_makes_the_frames_and_the_network_drawn_is_the_one_kept():
    a, b, c = (frames_of(steps=8, seed=seed) for seed in (3, 3, 4))
    assert a == b != c
    trained, last = load(a[-1]["checkpoint"]["id"]), TRAIN_VAE.merge(a)
    assert torch.from_numpy(wire.decode(last["samples"])).equal(decode(trained.model, picture_grid()))


def test_going_on_from_a_checkpoint_is_the_same_as_never_having_stopped():
    whole = frames_of(steps=10, seed=5)[-1]
    half = frames_of(steps=6, seed=5)[-1]
    rest = frames_of(steps=4, seed=5, start=half["checkpoint"]["id"])
    assert rest[0]["step"] == 6 and rest[-1]["step"] == 10
    a, b = weights(whole["checkpoint"]), weights(rest[-1]["checkpoint"])
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert rest[-1]["checkpoint"]["id"] != whole["checkpoint"]["id"]  # it began elsewhere


def test_a_checkpoint_stays_as_it_was_however_often_one_goes_on_from_it():
    start = frames_of(steps=3, seed=9)[-1]["checkpoint"]["id"]
    kept = copy.deepcopy(CHECKPOINTS.get(start, "vae").state["optimizer"]["state"])
    frames_of(steps=2, seed=9, start=start)
    now = CHECKPOINTS.get(start, "vae").state["optimizer"]["state"]
    assert all(torch.equal(now[weight][name], kept[weight][name]) for weight in kept for name in kept[weight])


def test_of_many_changes_the_newest_are_told():
    log = [{"step": 0, "set": {"beta": beta / 10}} for beta in range(150)]
    told = frames_of(log, steps=1)[-1]["log"]
    assert len(told) == 100 and told[-1] == {"step": 0, "beta": 14.9}


def test_stopped_in_the_middle_of_a_step_it_goes_on_as_if_that_had_not_begun():
    control = Control(VaeSettings(batch_size=150, steps=6, seed=8))  # a step is three units
    units = train_vae(control.settings, control)
    while not ((frame := next(units)) and frame["step"] == 2):
        pass
    assert next(units) is None  # a part of the third step
    control.deliver({"stop": "stopped"})
    last = next(units)
    assert last["step"] == 2 and next(units, None) is None
    rest = frames_of(batch_size=150, steps=4, seed=8, start=last["checkpoint"]["id"])
    a, b = weights(frames_of(batch_size=150, steps=6, seed=8)[-1]["checkpoint"]), weights(rest[-1]["checkpoint"])
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_a_checkpoint_of_another_shape_or_gone_is_refused_with_a_sentence():
    id = frames_of(steps=1)[-1]["checkpoint"]["id"]
    with pytest.raises(SettingError, match="latent_size, which was 2"):
        frames_of(steps=1, latent_size=3, start=id)
    with pytest.raises(ModelError, match="not kept any more"):
        frames_of(steps=1, start="vae-0000")


def test_a_change_on_the_way_is_heeded_logged_and_reproducible():
    log = [{"step": 12, "set": {"beta": 20.0, "learning_rate": 1e-5}}]
    steered, again, plain = frames_of(log, steps=12), frames_of(log, steps=12), frames_of(steps=12)
    assert steered == again
    changes = steered[-1]["log"]
    assert [sorted(change) for change in changes] == [["beta", "step"], ["learning_rate", "step"]]
    at = changes[0]["step"]
    assert 0 < at < 12
    told = {frame["step"]: frame["samples"] for frame in steered[:-1]}
    assert all(told[frame["step"]] == frame["samples"] for frame in plain[:-1] if frame["step"] <= at)
    assert steered[-1]["checkpoint"]["id"] != plain[-1]["checkpoint"]["id"]
    a, b = weights(steered[-1]["checkpoint"]), weights(plain[-1]["checkpoint"])
    assert any(not torch.equal(a[name], b[name]) for name in a)


def test_stopped_before_the_first_step_it_shows_the_untrained_network():
    frames = frames_of([{"step": 0, "stop": "stopped"}], steps=50)
    whole = TRAIN_VAE.merge(frames)
    assert whole["step"] == 0 and whole["curve"]["step"] == []
    assert whole["history"]["steps"] == [0] and whole["checkpoint"]["step"] == 0
    assert torch.from_numpy(wire.decode(whole["samples"])).equal(decode(seeded("mlp", 2, 0), picture_grid()))


def test_while_paused_each_unit_is_a_step_with_a_frame():
    control = Control(VaeSettings(**FAST, steps=50))
    units = train_vae(control.settings, control)
    while not ((frame := next(units)) and frame["step"] == 20):
        pass
    control.deliver({"pause": True})
    assert [next(units)["step"] for _ in range(3)] == [21, 22, 23]
    control.deliver({"resume": True})
    assert next(units) is None
    units.close()


def test_numbers_that_are_no_longer_finite_end_it_and_the_last_good_frame_is_kept():
    sound = CHECKPOINTS.get(frames_of(steps=6)[-1]["checkpoint"]["id"], "vae")
    state = copy.deepcopy(dict(sound.state))
    state["optimizer"]["state"][0]["exp_avg"][0] = math.inf  # the next update is infinite
    broken = CHECKPOINTS.keep("vae", sound.settings, [], 7, state)
    frames, units = [], replay(train_vae, VaeSettings(**FAST, steps=40, start=broken["id"]), [])
    with pytest.raises(FloatingPointError):
        for frame in units:
            frames.append(frame)
    whole = TRAIN_VAE.merge(frames)
    assert "checkpoint" not in whole and whole["history"]["steps"] == [6]
    assert all(math.isfinite(elbo) for elbo in whole["curve"]["elbo"])
    assert torch.from_numpy(wire.decode(whole["samples"])).equal(decode(load(sound.id).model, picture_grid()))
    json.dumps(whole, allow_nan=False)


def test_a_history_is_never_long_and_keeps_its_beginning_and_its_end():
    history, blank = History(), (torch.zeros(64, 28, 28, dtype=torch.uint8), torch.zeros(500, 2))
    for step in range(1000):
        history.add(step, *blank)
    steps = history.told()["steps"]
    assert len(steps) <= 60 and steps[0] == 0 and steps[-1] > 950
    assert len({b - a for a, b in pairwise(steps)}) == 1


def test_copied_as_python_it_learns_the_same_outside(tmp_path):
    settings = VaeSettings(**FAST, steps=7, beta=2.0, seed=6)
    program = tmp_path / "vae.py"
    program.write_text(vae_as_python(settings), encoding="utf-8")
    told = subprocess.run([sys.executable, program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    elbos = [float(line.split()[-1]) for line in told.stdout.splitlines()]
    curve = TRAIN_VAE.merge(list(replay(train_vae, settings, [])))["curve"]
    assert curve["step"] == [1, 2, 4, 7]
    means = [sum(elbos[a:b]) / (b - a) for a, b in pairwise([0, *curve["step"]])]
    assert curve["elbo"] == pytest.approx(means, rel=1e-4)
