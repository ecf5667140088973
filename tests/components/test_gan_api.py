"""The GAN's endpoints in the real app: what they promise, and what they say to what is posted raw."""

import inspect
import math

import numpy as np
import pytest
import safetensors.torch
from gradio_client import Client

from components.endpoints import gan
from playground import wire
from playground.images.gan_settings import EMBEDDED, PRESETS, GanSettings, SampleSettings
from tests.components.test_api import error_of

ARGUMENTS = list(inspect.signature(gan.train_gan).parameters)[:-1]
QUICK = {"channels": 16, "batch_size": 4, "latent_size": 4}


@pytest.fixture(scope="module")
def client(app):
    return Client(app, verbose=False)


def test_the_settings_are_the_arguments():
    assert set(ARGUMENTS) - {"preset"} == set(GanSettings().as_dict())
    samples = inspect.signature(gan.sample_gan).parameters
    assert {name: p.default for name, p in samples.items() if name != "request"} == SampleSettings().as_dict()
    assert all(name in gan.train_gan.__doc__ for name in PRESETS)


def test_training_streams_and_its_checkpoint_is_sampled_and_goes_on(client):
    values = list(client.submit("dcgan", 5, 3, **QUICK, api_name="/train_gan"))
    first, last = next(value for value in values if "samples" in value), values[-1]
    assert first["run"] and wire.decode(first["samples"]).shape == (64, 28, 28)
    assert last["done"] is True and last["stopped_because"] == "length" and last["step"] == 5
    assert all(math.isfinite(last[name]) for name in ("d_loss", "g_loss")) and 0 < last["d_real"] < 1
    assert last["d_fake"] == last["curve"]["d_fake"][-1] and last["curve"]["step"] == [5]
    assert wire.decode(last["history"]["samples"]).shape[1:] == (64, 28, 28)
    told = client.predict(20, checkpoint=last["checkpoint"]["id"], api_name="/sample_gan")
    assert wire.decode(told["samples"]).shape == (20, 28, 28) and told["frechet"] > told["floor"]
    again = list(client.submit("dcgan", 2, 3, **QUICK, start=last["checkpoint"]["id"], api_name="/train_gan"))[-1]
    assert again["step"] == 7


def test_the_textbooks_network_and_the_same_seed(client):
    def samples(seed: int) -> np.ndarray:
        last = list(client.submit("mlp", 1, seed, batch_size=2, api_name="/train_gan"))[-1]
        assert last["digits"] == [None] * 64
        return wire.decode(last["samples"])

    assert (samples(1) == samples(1)).all() and (samples(1) != samples(2)).any()


def test_networks_go_out_as_a_file_and_come_back(client):
    told = client.predict(api_name="/save_gan")
    assert safetensors.torch.load(wire.decode(told["file"]).tobytes()).keys() >= {"g.layers.0.weight", "d.score.bias"}
    loaded = client.predict(told["file"], api_name="/load_gan")
    names = "", loaded["checkpoint"]["id"]
    one, other = (client.predict(3, checkpoint=name, api_name="/sample_gan")["samples"] for name in names)
    assert one == other and loaded["settings"]["channels"] == EMBEDDED["channels"]


def test_the_largest_networks_that_are_saved_can_be_loaded_again(client):
    """As the page posts them: not compressed."""
    trained = list(client.submit("mlp", 1, batch_size=1, latent_size=128, labels=True, api_name="/train_gan"))[-1]
    told = client.predict(trained["checkpoint"]["id"], api_name="/save_gan")
    file = wire.encode(wire.decode(told["file"]), level=0)
    assert client.predict(file, api_name="/load_gan")["checkpoint"]["step"] == 1


@pytest.mark.parametrize("value", [math.nan, math.inf, "1", [], {}, True, -1, 1e308], ids=repr)
@pytest.mark.parametrize("field", ["steps", "seed", "learning_rate_g", "batch_size", "d_updates", "r1"])
def test_bad_numbers_posted_raw_get_a_sentence(app, field, value):
    data = ["dcgan", 5, 0, *[None] * (len(ARGUMENTS) - 3)]
    data[ARGUMENTS.index(field)] = value
    assert error_of(app, "train_gan", data).startswith(field)


@pytest.mark.parametrize(
    ("endpoint", "data", "said"),
    [
        ("train_gan", ["wgan"], "preset must be one of dcgan, mlp"),
        ("train_gan", ["dcgan", 20_001], "steps must be between 1 and 20000"),
        ("train_gan", ["dcgan", 5, 0, "transformer"], "architecture must be one of dcgan, mlp"),
        ("train_gan", ["dcgan", 5, 0, None, None, "no"], "labels must be true or false"),
        ("load_gan", [wire.encode(np.zeros(99, np.uint8))], "file holds no GAN that can be loaded"),
        ("load_gan", [None], "file must be an array"),
        ("sample_gan", [0], "n must be between 1 and 2000"),
        ("sample_gan", [4, 0, 10], "digit must be between -1 and 9"),
        ("sample_gan", [4, 0, -1, "gan-0"], "The checkpoint gan-0 is not kept"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(app, endpoint, data, said):
    assert error_of(app, endpoint, data).startswith(said)
