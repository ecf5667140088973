"""What is done with trained networks: walks, samples, slow motion, files, and the program that trains the same."""

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

import playground
from playground import wire
from playground.errors import ModelError, SettingError
from playground.images import gan_file
from playground.images.gan_as_python import gan_as_python
from playground.images.gan_losses import d_loss, g_loss
from playground.images.gan_players import Players
from playground.images.gan_settings import (
    FileSettings,
    GanSettings,
    KeptSettings,
    SampleSettings,
    SlowMotionSettings,
    WalkSettings,
)
from playground.images.gan_slow_motion import networks, slow_motion
from playground.images.gan_start import load_gan, save_gan
from playground.images.gan_training import train_gan
from playground.images.gan_walk import sample_gan, slerp, walk_gan
from playground.inference.control import Control
from tests.playground.images.test_gan_training import QUICK, run


def last(task, settings) -> dict:
    return [frame for frame in task(settings, Control(settings)) if frame is not None][-1]


# ---------------------------------------------------------------- walks


def test_slerp_of_orthogonal_vectors_is_a_quarter_circle():
    a, b = torch.tensor([3.0, 0.0, 0.0]), torch.tensor([0.0, 3.0, 0.0])
    t = torch.linspace(0, 1, 7)[:, None]
    angles = t * math.pi / 2
    expected = 3 * torch.cat([angles.cos(), angles.sin(), torch.zeros_like(angles)], 1)
    assert torch.allclose(slerp(a, b, t), expected, atol=1e-5)


def test_slerp_goes_from_end_to_end_and_takes_no_short_cut():
    a, b = torch.randn(2, 64, generator=torch.Generator().manual_seed(0))
    way = slerp(a, b, torch.linspace(0, 1, 9)[:, None])
    assert torch.allclose(way[0], a, atol=1e-4) and torch.allclose(way[-1], b, atol=1e-4)
    assert (way.norm(dim=1) > 0.95 * min(a.norm(), b.norm())).all()
    assert torch.allclose(slerp(a, a, torch.tensor([[0.3]])), a[None])


def test_a_walk_begins_and_ends_at_the_samples_of_the_run():
    there = run(steps=3, seed=5)
    told = last(walk_gan, WalkSettings(checkpoint=there["checkpoint"]["id"], seed=5, a=3, b=17, frames=5))
    samples, way = wire.decode(there["samples"]), wire.decode(told["images"])
    assert way.shape == (5, 28, 28) and told["digits"] == [3, 7]
    for end, sample in ((way[0], samples[3]), (way[-1], samples[17])):
        assert np.abs(end.astype(int) - sample).max() <= 1
    assert told["scores"][0] == pytest.approx(there["scores"][3], abs=1e-4)


def test_samples_go_round_the_digits_or_keep_to_one():
    checkpoint = run(steps=3)["checkpoint"]["id"]
    told = last(sample_gan, SampleSettings(checkpoint=checkpoint, n=12))
    assert wire.decode(told["samples"]).shape == (12, 28, 28) and told["digits"] == [i % 10 for i in range(12)]
    assert told["judged"] == 1000 == sum(told["class_histogram"]) and told["frechet"] > told["floor"]
    ones = last(sample_gan, SampleSettings(checkpoint=checkpoint, n=3, digit=1))
    assert ones["digits"] == [1, 1, 1] and ones["samples"] != told["samples"]


# ---------------------------------------------------------------- slow motion


def phases_of(**values) -> tuple[SlowMotionSettings, dict]:
    settings = SlowMotionSettings(**QUICK | {"examples": 6} | values)
    return settings, last(slow_motion, settings)


def test_slow_motion_goes_through_the_phases_of_the_textbook():
    _, told = phases_of(seed=2)
    d = ["sample_noise", "generate", "score_real", "score_fake", "loss", "backpropagate", "update"]
    g = [name for name in d if name != "score_real"]
    assert [(p["player"], p["name"]) for p in told["phases"]] == [("d", n) for n in d] + [("g", n) for n in g]
    for phase in told["phases"]:
        assert all(math.isfinite(value) for value in phase["numbers"].values())


@pytest.mark.parametrize("loss", ["hinge", "non_saturating", "relativistic"])
def test_its_numbers_agree_with_each_other(loss: str):
    settings, told = phases_of(loss=loss)
    of = {(phase["player"], phase["name"]): phase for phase in told["phases"]}
    real, fake = (torch.tensor(of["d", f"score_{kind}"]["logits"]) for kind in ("real", "fake"))
    assert of["d", "loss"]["numbers"]["loss"] == pytest.approx(d_loss(loss, real, fake).item(), rel=1e-5)
    if loss != "relativistic":
        fooled = torch.tensor(of["g", "score_fake"]["logits"])
        assert of["g", "loss"]["numbers"]["loss"] == pytest.approx(g_loss(loss, None, fooled).item(), rel=1e-5)
    d = of["d", "update"]["numbers"]
    assert d["before"] == pytest.approx((real - fake).mean().item(), abs=1e-5)
    assert d["after"] > d["before"] and d["learning_rate"] == settings.learning_rate_d  # it has learned
    g = of["g", "update"]
    assert g["numbers"]["before"] == pytest.approx(of["g", "score_fake"]["numbers"]["mean"], abs=1e-6)
    assert g["numbers"]["after"] > g["numbers"]["before"]


def test_where_d_looked_is_the_slope_of_its_score():
    """∂D/∂x against a small step along it: D(x + ε·slope) − D(x) = ε‖slope‖², for smooth D nearly so."""
    values = QUICK | {"examples": 4, "nonlinearity": "none", "spectral_norm": False, "labels": False}
    told = last(slow_motion, SlowMotionSettings(**values))
    looks = next(p for p in told["phases"] if p["name"] == "backpropagate" and p["player"] == "d")
    slope = torch.from_numpy(wire.decode(looks["gradient"]))  # (8, 28, 28)
    d = networks(SlowMotionSettings(**values))[1].d.eval()
    x = torch.from_numpy(wire.decode(looks["images"]))[:, None].float() / 127.5 - 1
    step = 0.1 * slope[:, None]
    with torch.no_grad():
        rise = d(x + step) - d(x)
    assert torch.allclose(rise, 0.1 * slope.square().sum((1, 2)), rtol=1e-2)


def test_d_pays_its_penalty_in_slow_motion_too():
    """γ₁/2 of the mean squared slope on the four real images, γ₂/2 of that on the four of G's."""
    values = QUICK | {"examples": 4, "seed": 4}
    paid, plain = (
        {phase["name"]: phase for phase in last(slow_motion, SlowMotionSettings(**values, **weights))["phases"][:7]}
        for weights in ({"r1": 100.0, "r2": 25.0}, {})
    )
    squares = np.square(wire.decode(paid["backpropagate"]["gradient"])).sum((1, 2))  # (8,)
    expected = 50 * squares[:4].mean() + 12.5 * squares[4:].mean()
    numbers = paid["loss"]["numbers"]
    assert numbers["penalty"] == pytest.approx(expected, rel=1e-4)
    assert plain["loss"]["numbers"] == {"loss": pytest.approx(numbers["loss"], rel=1e-5)}
    norms = [phases["backpropagate"]["numbers"]["norm"] for phases in (paid, plain)]
    assert norms[0] != pytest.approx(norms[1], rel=0.01)


def test_slow_motion_leaves_the_checkpoint_as_it_was():
    checkpoint = run(steps=3)["checkpoint"]["id"]
    settings = SlowMotionSettings(checkpoint=checkpoint, examples=4)
    assert last(slow_motion, settings) == last(slow_motion, settings)
    assert last(slow_motion, settings)["step"] == 3


# ---------------------------------------------------------------- files


def test_networks_are_saved_and_loaded_again():
    there = run(steps=3, seed=5)
    told = last(save_gan, KeptSettings(checkpoint=there["checkpoint"]["id"]))
    assert told["step"] == 3 and wire.decode(told["file"]).nbytes < 1_000_000
    loaded = last(load_gan, FileSettings(file=told["file"]))
    assert loaded["settings"]["latent_size"] == QUICK["latent_size"]
    walk = [
        last(walk_gan, WalkSettings(checkpoint=checkpoint["id"], seed=5))
        for checkpoint in (there["checkpoint"], loaded["checkpoint"])
    ]
    a, b = (wire.decode(told["images"]).astype(int) for told in walk)
    assert np.abs(a - b).mean() < 1  # all that fp16 takes away


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda data: data[:40], "not saved here"),
        (lambda data: b"PK\x03\x04" + data, "not saved here"),
        (lambda data: b"", "not saved here"),
        (lambda data: data.replace(b'latent_size\\": 4', b'latent_size\\": 5'), "layers are others"),
        (lambda data: data.replace(b"g.layers.0.weight", b"g.layers.9.weight"), "layers are others"),
        (lambda data: data.replace(b'channels\\": 16', b'channels\\": 99'), "not saved here"),
        (lambda data: data[:-2] + b"\x00\x7c", "numbers are none"),  # fp16's infinity
    ],
)
def test_a_file_that_is_none_of_ours_is_refused(spoil, reason: str):
    settings = GanSettings(**QUICK)
    data = gan_file.written(settings, 1, Players(settings).state())
    assert spoil(data) != data
    with pytest.raises(ModelError, match=reason):
        gan_file.read(spoil(data), "mine.safetensors")


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.complex64, torch.float64])
def test_a_file_of_other_numbers_is_refused(dtype: torch.dtype):
    settings = GanSettings(**QUICK)
    ours = load(gan_file.written(settings, 1, Players(settings).state()))
    told = {"gan": json.dumps({"settings": QUICK, "step": 1})}
    for weights, story in ((ours, told), ({"g.x": torch.zeros(2)}, {"gan": "[" * 200_000})):
        others = {name: tensor.to(dtype) if tensor.is_floating_point() else tensor for name, tensor in weights.items()}
        with pytest.raises(ModelError, match="not saved here"):
            gan_file.read(save(others, story), "mine.safetensors")


def test_a_header_that_lies_is_refused_before_it_costs_anything():
    """40,000 names would hold up everybody for seconds; shapes beyond all bounds are torch's RuntimeError."""
    told = {"gan": json.dumps({"settings": QUICK, "step": 1})}

    def file(tensors: dict[str, list[int]], length: int) -> bytes:
        header = {
            name: {"dtype": "F16", "shape": shape, "data_offsets": [0, length]} for name, shape in tensors.items()
        }
        text = json.dumps({"__metadata__": told, **header}).encode()
        return len(text).to_bytes(8, "little") + text + bytes(length)

    for tensors, length in (
        ({f"g.{i}": [0] for i in range(40_000)}, 0),
        ({"g.x": [0, 2**62, 2**62]}, 0),
        ({"g.x": [1] * 100}, 2),
    ):
        with pytest.raises(ModelError, match=r"not saved here|layers are others"):
            gan_file.read(file(tensors, length), "mine.safetensors")


# ---------------------------------------------------------------- the program


@pytest.mark.parametrize("values", [{"steps": 3, "seed": 1}, {"steps": 2, "data": "noise", "r1": 0.1, "labels": False}])
def test_the_program_ends_with_the_samples_of_the_run(values: dict, tmp_path: Path):
    folder = Path(playground.__file__).parent / "weights" / "mnist"
    code = gan_as_python(GanSettings(**QUICK | values)).replace("playground/weights/mnist", folder.as_posix())
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, env=os.environ, timeout=120
    )
    assert done.returncode == 0, done.stderr
    head, _, pixels = (tmp_path / "gan.pgm").read_bytes().partition(b"255\n")
    grid = np.frombuffer(pixels, np.uint8).reshape(8, 28, 8, 28).transpose(0, 2, 1, 3).reshape(64, 28, 28)
    assert head == b"P5 224 224 " and np.array_equal(grid, wire.decode(run(**values)["samples"]))


def test_a_run_that_goes_on_has_no_program():
    with pytest.raises(SettingError, match="no program"):
        gan_as_python(replace(GanSettings(), start="embedded"))


# ---------------------------------------------------------------- the embedded networks


def test_the_embedded_generator_draws_the_digits_it_is_asked_for():
    told = last(sample_gan, SampleSettings(n=1000))
    assert told["frechet"] < 8 * told["floor"] and told["entropy"] > 0.99 and told["confidence"] > 0.95
    nines = last(sample_gan, SampleSettings(n=4, digit=9))
    assert nines["class_histogram"][9] > 900


def test_training_goes_on_from_the_embedded_networks():
    told = last(train_gan, GanSettings(batch_size=2, steps=1, learning_rate_g=0.0, ema=0.9999, start="embedded"))
    before = last(walk_gan, WalkSettings(a=0, b=1, frames=2))
    assert told["step"] > 1000
    assert np.abs(wire.decode(told["samples"])[0].astype(int) - wire.decode(before["images"])[0]).max() <= 2
