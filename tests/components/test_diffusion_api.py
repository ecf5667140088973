"""The endpoints about diffusion, in the real app: what they promise, and what they say to what is posted raw."""

import inspect

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler, UNet2DModel
from diffusers.utils.torch_utils import randn_tensor
from gradio_client import Client

from components.endpoints import diffusion
from playground import wire
from playground.images import mnist
from playground.images.denoiser import FOLDER, as_images
from playground.images.diffusion_settings import (
    AddNoiseSettings,
    ClassifySettings,
    DenoiseFromSettings,
    DenoiseSettings,
    InpaintSettings,
)
from tests.components.test_api import error_of


@pytest.fixture(scope="module")
def client(app):
    return Client(app, verbose=False)


def test_denoise_streams_steps_and_ends_with_the_whole_trace(client):
    job = client.submit(digits=[3, 8], steps=8, seed=5, num_images=2, api_name="/denoise")
    values = list(job)
    last = values[-1]
    made = [t for value in values[:-1] for t in value.get("timesteps", ())]
    assert made == last["timesteps"][: len(made)] and len({value["run"] for value in values}) == 1
    x_t, x0, images = (wire.decode(last[name]) for name in ("x_t", "x0", "images"))
    assert (x_t.shape, x0.shape, images.shape) == ((9, 4, 28, 28), (8, 4, 28, 28), (4, 28, 28))
    assert np.array_equal(x_t[-1], images) and last["classes"] == [3, 8, 3, 8]
    assert last["accuracy"] == 1.0 and last["evaluations"] == 8 and last["state"] == "done"
    schedule = DDPMScheduler.from_pretrained(FOLDER).alphas_cumprod
    assert last["timesteps"] == [999, 874, 749, 624, 499, 374, 249, 124]
    np.testing.assert_allclose(last["alphas_cumprod"], schedule[last["timesteps"]], rtol=1e-6)


def test_ddpm_is_diffusers_own_loop(client):
    *_, told = client.submit(digits=[4, 9], sampler="ddpm", steps=25, guidance=1, seed=3, api_name="/denoise")
    network, schedule = UNet2DModel.from_pretrained(FOLDER).float(), DDPMScheduler.from_pretrained(FOLDER)
    scheduler = DDPMScheduler.from_config(schedule.config, timestep_spacing="trailing")
    scheduler.set_timesteps(25)
    rngs = [torch.Generator().manual_seed(3 + j) for j in range(2)]
    x = randn_tensor((2, 1, 28, 28), generator=rngs)
    with torch.no_grad():
        for t in scheduler.timesteps:
            v = network(x, t, class_labels=torch.tensor([4, 9])).sample
            x = scheduler.step(v, t, x, generator=rngs).prev_sample
    assert np.abs(wire.decode(told["images"]).astype(int) - as_images(x).numpy()).max() <= 1


def test_add_noise_follows_the_formula(client):
    told = client.predict(t=300, seed=1, index=7, api_name="/add_noise")
    x0, noise, alpha = wire.decode(told["x0"]), wire.decode(told["noise"]), told["alpha_cumprod"]
    assert np.array_equal(x0, mnist.images("test")[7].numpy()) and told["label"] == int(mnist.labels("test")[7])
    x_t = alpha**0.5 * (x0 / 127.5 - 1) + (1 - alpha) ** 0.5 * noise
    assert np.abs(wire.decode(told["x_t"]) - np.clip((x_t + 1) * 127.5, 0, 255)).max() <= 0.51


def test_a_seven_becomes_a_nine(client):
    asked = {"index": 0, "t": 900, "digit": 9, "steps": 10, "guidance": 3, "num_images": 3}
    told = client.predict(**asked, api_name="/denoise_from")
    assert told["timesteps"][0] == 900 and told["accuracy"] >= 2 / 3


def test_inpainting_keeps_what_was_not_rubbed_out(client):
    seven, mask = mnist.images("test")[0].numpy(), np.zeros((28, 28), np.uint8)
    mask[14:] = 1
    asked = {"image": wire.encode(seven), "mask": wire.encode(mask), "digit": 7, "steps": 10}
    images = wire.decode(client.predict(**asked, api_name="/inpaint")["images"])
    assert np.array_equal(images[0][:14], seven[:14]) and images[0][14:].max() > 128


def test_the_class_that_denoises_best_is_the_digit(client):
    right = 0
    for index in range(4):
        told = client.predict(index=index, api_name="/classify_by_denoising")
        assert wire.decode(told["each"]).shape == (8, 10) and told["losses"][told["class"]] == min(told["losses"])
        right += told["class"] == int(mnist.labels("test")[index])
    assert right >= 3


@pytest.mark.parametrize(
    "endpoint, asked, sentence",
    [
        ("denoise", [[]], "No digit is chosen"),
        ("denoise", [["seven"]], "digits must be a number"),
        ("denoise", [[10]], "digits must be between 0 and 9"),
        ("denoise", [[1], "ddim", 10**9], "steps must be between 1 and 1000"),
        ("denoise", [[1], "ddim", 2.5], "steps must be a whole number"),
        ("denoise", [[1], "ddim", 10, 10**6], "guidance must be between 0.0 and 8.0"),
        ("inpaint", [None, None], "mask must be an array"),
        ("inpaint", [None, wire.encode(np.zeros((28, 28), np.uint8))], "Nothing is rubbed out"),
        ("add_noise", [wire.encode(np.zeros((28, 28), np.uint8))], "The drawing is empty"),
        ("add_noise", [None, -1], "t must be between 0 and 999"),
        ("classify_by_denoising", [None, 0], "samples must be between 1 and 200"),
    ],
)
def test_bad_input_is_a_sentence(app, endpoint, asked, sentence):
    assert sentence in error_of(app, endpoint, asked)


@pytest.mark.parametrize(
    "function, settings",
    [
        (diffusion.denoise, DenoiseSettings),
        (diffusion.add_noise, AddNoiseSettings),
        (diffusion.denoise_from, DenoiseFromSettings),
        (diffusion.inpaint, InpaintSettings),
        (diffusion.classify_by_denoising, ClassifySettings),
    ],
)
def test_every_setting_is_an_argument_with_its_default(function, settings):
    parameters = {name: p for name, p in inspect.signature(function).parameters.items() if name != "request"}
    fields = settings.__dataclass_fields__
    assert set(parameters) == set(fields)
    for name, parameter in parameters.items():
        default = fields[name].default
        assert parameter.default == (list(default) if isinstance(default, tuple) else default), name
