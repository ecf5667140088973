"""Questions to a trained VAE: every answer is the module's own, wherever it is asked; bad ones get a sentence."""

import json
from statistics import NormalDist

import numpy as np
import pytest
import torch

from playground import wire
from playground.checkpoints import CHECKPOINTS
from playground.errors import ModelError, SettingError
from playground.images import mnist
from playground.images.vae import binarised, seeded
from playground.images.vae_codes import arithmetic, decode_latent, encode_digit, interpolate, percentile, traverse
from playground.images.vae_learner import Learner
from playground.images.vae_map import ACROSS, HIGH, LOW, prior_places, vae_manifold, vae_map
from playground.images.vae_models import FOLDER, load
from playground.images.vae_settings import (
    ArithmeticSettings,
    DecodeSettings,
    EncodeSettings,
    InterpolateSettings,
    ManifoldSettings,
    MapSettings,
    TraverseSettings,
    VaeSettings,
)
from playground.inference.control import replay

SEVEN = wire.encode(mnist.images("test")[0].numpy())  # the first test image shows one


def ask(run, settings):
    *_, frame = replay(run, settings, [])
    assert len(json.dumps(frame, allow_nan=False)) < 2_000_000
    return frame


def images(frame, name):
    return torch.from_numpy(wire.decode(frame[name]))


@torch.no_grad()
def drawn(model, z):
    return (torch.sigmoid(model.decoder(torch.as_tensor(z)))[:, 0] * 255).round().to(torch.uint8)


@pytest.fixture(scope="module")
def checkpoint():
    """The id of an untrained VAE with a code of three numbers, as a run would have kept it."""
    settings = VaeSettings(latent_size=3, seed=11)
    return CHECKPOINTS.keep("vae", settings, [], 0, Learner(settings, mnist.images("test")).state())["id"]


def test_the_prior_has_equal_shares_between_the_places_of_the_manifold():
    shares = [NormalDist().cdf(z) for z in prior_places(20)]
    assert shares == pytest.approx([(i + 0.5) / 20 for i in range(20)])
    told = ask(vae_manifold, ManifoldSettings(n=5))
    assert [NormalDist().cdf(z) for z in told["z"]] == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])
    pictures, model = images(told, "images"), load("conv-2d").model
    assert pictures.shape == (5, 5, 28, 28)
    for i, j in ((0, 0), (1, 3), (4, 2)):
        assert (pictures[i, j].int() - drawn(model, [[told["z"][i], told["z"][j]]])[0].int()).abs().max() <= 1


def test_the_map_holds_the_codes_of_test_digits_and_a_decoded_grid():
    told, model = ask(vae_map, MapSettings()), load("conv-2d").model
    mu, sigma, errors = (images(told, name) for name in ("mu", "sigma", "errors"))
    assert mu.shape == sigma.shape == (2000, 2) and errors.shape == (2000,)
    x = binarised(mnist.images("test")[1990:2000])
    with torch.no_grad():
        expected, log_variance = model.encoder(x - 0.5).chunk(2, 1)
        p = torch.distributions.Bernoulli(logits=model.decoder(expected))
    torch.testing.assert_close(mu[1990:], expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(sigma[1990:], log_variance.exp().sqrt(), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(errors[1990:], -p.log_prob(x).sum((1, 2, 3)), atol=1e-2, rtol=1e-3)
    assert wire.decode(told["labels"]).tolist() == mnist.labels("test")[:2000].tolist()
    assert images(told, "images").equal(mnist.images("test")[:2000])
    grid, low, high, n = told["grid"], LOW, HIGH, ACROSS
    assert (grid["low"], grid["high"], grid["n"]) == (low, high, n)
    pictures = images(grid, "images").unflatten(0, (n, n))
    step = (high - low) / (n - 1)
    for i, j in ((0, n - 1), (16, 20), (7, 0)):
        assert (pictures[i, j].int() - drawn(model, [[low + i * step, low + j * step]])[0].int()).abs().max() <= 1
    assert "images" not in ask(vae_map, MapSettings(images=0))


def test_a_better_than_published_bound_is_what_the_card_says():
    """-155.9 nats on test images cut at half grey is a good published convolutional VAE with a code of two numbers."""
    figures = load("conv-2d").figures
    assert figures["elbo"] == pytest.approx(-figures["reconstruction"] - figures["kl"])
    assert figures["elbo"] > -155.9
    errors = torch.from_numpy(wire.decode(ask(vae_map, MapSettings(images=0))["errors"]))
    assert errors.mean().item() == pytest.approx(figures["reconstruction"], abs=8)  # of 2,000 at μ, and of all at draws


def test_a_digit_is_encoded_as_the_module_does_and_its_draws_are_reparameterised():
    told, model = ask(encode_digit, EncodeSettings(image=SEVEN, seed=3)), load("conv-2d").model
    x = binarised(mnist.images("test")[:1])
    with torch.no_grad():
        mu, log_variance = model.encoder(x - 0.5).chunk(2, 1)
    assert told["mu"] == pytest.approx(mu[0].tolist(), abs=1e-5)
    assert told["sigma"] == pytest.approx(log_variance[0].exp().sqrt().tolist(), abs=1e-5)
    z, epsilon = (torch.tensor(told[name]).view(8, 2) for name in ("z", "epsilon"))
    torch.testing.assert_close(z, mu + log_variance.exp().sqrt() * epsilon)
    assert images(told, "samples").equal(drawn(model, z))
    assert images(told, "reconstruction").equal(drawn(model, mu)[0])
    assert images(told, "seen").equal((x[0, 0] * 255).to(torch.uint8))
    assert 5 < told["percentile"] < 95
    other = ask(encode_digit, EncodeSettings(image=SEVEN, seed=4))
    assert other["epsilon"] != told["epsilon"] and other["mu"] == told["mu"]


def test_a_training_image_is_its_own_nearest():
    told = ask(encode_digit, EncodeSettings(image=wire.encode(mnist.images("train")[41_234].numpy())))["nearest"]
    assert images(told, "image").equal(mnist.images("train")[told["index"]])
    assert told["index"] == 41_234 and told["distance"] == 0 and told["label"] == mnist.labels("train")[41_234]


def test_what_is_no_digit_is_told_by_its_error():
    stripes = np.zeros((28, 28), np.uint8)
    stripes[::3] = 255
    told = ask(encode_digit, EncodeSettings(image=wire.encode(stripes)))
    assert told["percentile"] == 100.0 and told["error_nats"] > 500


def test_percentiles_lie_between_those_measured():
    measured = [float(n * n) for n in range(101)]
    assert [percentile(value, measured) for value in (-1.0, 0.0, 2.5, 10_000.0, 10_001.0)] == [0, 0, 1.5, 100, 100]


def test_a_checkpoint_answers_as_an_embedded_model_does(checkpoint):
    model = seeded("mlp", 3, 11)
    told = ask(decode_latent, DecodeSettings(model=checkpoint, z=[0.5, -1.0, 2.0]))
    assert images(told, "image").equal(drawn(model, [[0.5, -1.0, 2.0]])[0])
    assert told["model"]["steps"] == 0 and told["model"]["latent_size"] == 3
    encoded = ask(encode_digit, EncodeSettings(model=checkpoint, image=SEVEN))
    errors = wire.decode(ask(vae_map, MapSettings(model=checkpoint))["errors"])
    assert encoded["percentile"] == pytest.approx(100 * (errors < encoded["error_nats"]).mean(), abs=1.5)


def test_a_straight_line_between_two_digits():
    told, model = ask(interpolate, InterpolateSettings(a=0, b=1, frames=5)), load("conv-2d").model
    z, codes = images(told, "z"), images(ask(vae_map, MapSettings()), "mu")
    torch.testing.assert_close(z[[0, 4]], codes[:2], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(z.diff(dim=0), ((z[4] - z[0]) / 4).expand(4, 2), atol=1e-5, rtol=1e-4)
    assert (images(told, "images").int() - drawn(model, z).int()).abs().max() <= 1
    assert told["labels"] == mnist.labels("test")[:2].tolist()
    mine = ask(interpolate, InterpolateSettings(a=5, b=1, frames=5, image_a=SEVEN))
    assert mine["labels"] == [None, 2]
    torch.testing.assert_close(images(mine, "z"), z, atol=1e-5, rtol=1e-4)


def test_arithmetic():
    told = ask(arithmetic, ArithmeticSettings(a=3, b=4, c=5))
    a, b, c, result = images(told, "z")
    torch.testing.assert_close(result, a - b + c)
    assert (images(told, "decoded")[3].int() - drawn(load("conv-2d").model, result[None])[0].int()).abs().max() <= 1
    same = images(ask(arithmetic, ArithmeticSettings(a=3, b=3, c=5)), "z")
    torch.testing.assert_close(same[3], same[2])
    assert told["labels"] == mnist.labels("test")[3:6].tolist()


def test_a_strip_changes_one_number_of_the_code(checkpoint):
    told = ask(traverse, TraverseSettings(model=checkpoint, z=[0.1, 0.2, 0.3]))
    strips = images(told, "strips")
    assert strips.shape == (3, 11, 28, 28)
    assert told["values"] == pytest.approx([-3 + 0.6 * i for i in range(11)], abs=1e-6)
    expected = drawn(seeded("mlp", 3, 11), [[0.1, told["values"][9], 0.3]])[0]
    assert (strips[1, 9].int() - expected.int()).abs().max() <= 1
    assert ask(traverse, TraverseSettings(model=checkpoint))["z"] == [0.0, 0.0, 0.0]


def test_strips_around_a_drawing_and_what_each_number_says():
    told = ask(traverse, TraverseSettings(image=SEVEN))
    assert told["z"] == pytest.approx(ask(encode_digit, EncodeSettings(model="conv-16d", image=SEVEN))["mu"])
    history = json.loads((FOLDER / "conv-16d.json").read_text("utf-8"))
    recorded = history[-1]["kl_per_latent"]  # measured in training, on other test digits
    assert told["kl_per_latent"] == pytest.approx(recorded, abs=0.15)
    assert max(recorded) > 2


@pytest.mark.parametrize(
    ("run", "settings", "said"),
    [
        (decode_latent, DecodeSettings(z=[1.0]), "2 numbers, and z has 1"),
        (traverse, TraverseSettings(model="conv-2d", z=[1.0] * 3), "2 numbers, and z has 3"),
        (decode_latent, DecodeSettings(model="resnet"), "no model called resnet"),
        (vae_map, MapSettings(model="vae-gone"), "not kept any more"),
        (vae_map, MapSettings(model="../conv-2d"), "no model called"),
    ],
)
def test_bad_questions_get_a_sentence(run, settings, said):
    with pytest.raises((SettingError, ModelError), match=said):
        ask(run, settings)


def test_only_a_plane_has_a_manifold(checkpoint):
    with pytest.raises(SettingError, match="3 numbers"):
        ask(vae_manifold, ManifoldSettings(model=checkpoint))
    assert "grid" not in ask(vae_map, MapSettings(model=checkpoint))


def drawing(change):
    pixels = mnist.images("test")[0].numpy().copy()
    return wire.encode(change(pixels))


@pytest.mark.parametrize(
    ("image", "key"),
    [
        (drawing(np.zeros_like), "drawing_empty"),
        (drawing(lambda pixels: pixels // 3), "drawing_empty"),  # too faint for ink
        (drawing(lambda pixels: np.full_like(pixels, 255)), "drawing_full"),
        (drawing(lambda pixels: pixels[:27]), "wrong_array"),
        (drawing(lambda pixels: pixels[None]), "wrong_array"),
        (drawing(lambda pixels: pixels / 255), "wrong_array"),
        (None, "not_an_array"),
        ([[0] * 28] * 28, "not_an_array"),
        ({"shape": [28, 28], "dtype": "uint8", "base64": "AAAA"}, "not_an_array"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_drawing_is_refused(image, key):
    with pytest.raises(SettingError) as error:
        EncodeSettings(image=image)
    assert error.value.key == key
