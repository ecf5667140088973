"""The VAE's endpoints in the real app: what they promise, and what they say to what is posted raw."""

import inspect
import math

import numpy as np
import pytest
import torch
from gradio_client import Client

from components.endpoints import vae
from playground import wire
from playground.images import mnist
from playground.images.vae_models import load
from playground.images.vae_settings import PRESETS, DecodeSettings, EncodeSettings, ManifoldSettings, VaeSettings
from tests.components.test_api import error_of

SEVEN = wire.encode(mnist.images("test")[0].numpy())
PLACES = {name: place for place, name in enumerate(inspect.signature(vae.train_vae).parameters)}


@pytest.fixture(scope="module")
def client(app):
    return Client(app, verbose=False)


@pytest.mark.parametrize(
    ("endpoint", "settings"),
    [(vae.encode_digit, EncodeSettings), (vae.decode_latent, DecodeSettings), (vae.vae_manifold, ManifoldSettings)],
)
def test_the_settings_are_the_arguments(endpoint, settings):
    parameters = inspect.signature(endpoint).parameters
    defaults = {name: each.default for name, each in parameters.items() if name != "request"}
    expected = {name: each.default for name, each in settings.__dataclass_fields__.items()}
    assert {name: tuple(d) if isinstance(d, list) else d for name, d in defaults.items()} == expected
    assert set(inspect.signature(vae.train_vae).parameters) - {"preset", "request"} == set(VaeSettings().as_dict())
    assert all(name in vae.train_vae.__doc__ for name in PRESETS)


def test_training_streams_and_its_checkpoint_is_a_model(client):
    values = list(client.submit("mlp-2d", 16, 3, batch_size=16, api_name="/train_vae"))
    first, last = next(value for value in values if "samples" in value), values[-1]
    assert first["run"] and first["state"] == "running" and wire.decode(first["samples"]).shape == (64, 28, 28)
    assert last["done"] is True and last["stopped_because"] == "length" and last["step"] == 16
    assert last["elbo"] == pytest.approx(-last["reconstruction"] - last["kl"]) == last["curve"]["elbo"][-1]
    assert last["curve"]["step"][-1] == 16 and wire.decode(last["history"]["samples"]).shape[1:] == (64, 28, 28)
    drawn = client.predict([0.5, -0.5], last["checkpoint"]["id"], api_name="/decode_latent")
    assert drawn["model"]["steps"] == 16 and wire.decode(drawn["image"]).shape == (28, 28)
    again = list(client.submit("mlp-2d", 2, start=last["checkpoint"]["id"], api_name="/train_vae"))[-1]
    assert again["step"] == 18


def test_encode_then_decode_is_the_module(client):
    told, model = client.predict(SEVEN, api_name="/encode_digit"), load("conv-2d").model
    with torch.no_grad():
        expected = (model.decode(torch.tensor([told["mu"]]))[0, 0] * 255).round()
    image = wire.decode(client.predict(told["mu"], api_name="/decode_latent")["image"])
    assert np.abs(image - expected.numpy()).max() <= 1
    assert (image == wire.decode(told["reconstruction"])).all()


def test_manifold(client):
    told = client.predict("conv-2d", 3, api_name="/vae_manifold")
    assert wire.decode(told["images"]).shape == (3, 3, 28, 28) and told["z"][1] == pytest.approx(0)


@pytest.mark.parametrize("value", [math.nan, math.inf, "1", [], {}, True, -1, 1e308], ids=repr)
@pytest.mark.parametrize("field", ["steps", "seed", "learning_rate", "batch_size", "beta", "latent_size"])
def test_bad_numbers_posted_raw_get_a_sentence(app, field, value):
    data = ["mlp-2d", 5, 0, None, None, None, None, None, None, ""]
    data[PLACES[field]] = value
    assert error_of(app, "train_vae", data).startswith(field)


@pytest.mark.parametrize(
    ("endpoint", "data", "said"),
    [
        ("train_vae", ["resnet"], "preset must be one of mlp-2d, "),
        ("train_vae", [["mlp-2d"]], "preset must be one of mlp-2d, "),
        ("train_vae", ["mlp-2d", 20_001], "steps must be between 1 and 20000"),
        ("train_vae", ["mlp-2d", 5, 0, None, None, None, 0], "batch_size must be between 1 and 512"),
        ("encode_digit", [], "image must be an array"),
        ("encode_digit", [wire.encode(np.zeros((28, 28), "uint8"))], "The drawing is empty"),
        ("encode_digit", [wire.encode(np.full((28, 28), 255, "uint8"))], "The drawing is filled all over"),
        ("encode_digit", [wire.encode(np.zeros((32, 32), "uint8"))], "image must be an array uint8 (28, 28)"),
        ("decode_latent", [[0.0]], "A code of conv-2d has 2 numbers"),
        ("decode_latent", [[0.0, math.nan]], "z must be a number"),
        ("decode_latent", [[0.0, 0.0], "vae-none"], "The checkpoint vae-none is not kept any more"),
        ("vae_manifold", ["conv-2d", 41], "n must be between 2 and 40"),
    ],
)
def test_bad_input_posted_raw_gets_a_sentence(app, endpoint, data, said):
    assert error_of(app, endpoint, data).startswith(said)
