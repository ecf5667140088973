"""The embedded diffusion model as shipped, by the judge: every sampler, the program that is copied, the classifier."""

from __future__ import annotations

import json
from threading import Thread

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler, UNet2DModel
from PIL import Image
from pytest import approx
from safetensors import safe_open

from playground import wire
from playground.errors import ModelError
from playground.images import denoiser, mnist
from playground.images.denoiser import FOLDER, draw, load
from playground.images.diffusion import denoise
from playground.images.diffusion_as_python import diffusion_as_python
from playground.images.diffusion_classifier import FIRST, LAST, class_losses, classify, draws
from playground.images.diffusion_settings import ClassifySettings, DenoiseSettings
from playground.images.judge_network import features_and_logits
from playground.images.samplers import SAMPLERS
from playground.inference.control import replay
from playground.inference.units import finished

pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # from within diffusers
DIGITS = torch.arange(10)


def test_diffusers_loads_the_folder_unaided():
    network, loading = UNet2DModel.from_pretrained(FOLDER, output_loading_info=True)
    assert not loading["missing_keys"] and not loading["unexpected_keys"]
    assert network.config.num_class_embeds == 11
    schedule = DDPMScheduler.from_pretrained(FOLDER)
    assert schedule.config.prediction_type == "v_prediction" and len(schedule.alphas_cumprod) == 1000
    with safe_open(FOLDER / "diffusion_pytorch_model.safetensors", "pt") as stored:
        assert {stored.get_tensor(name).dtype for name in stored.keys()} == {torch.float16}  # noqa: SIM118 no mapping
    assert {p.dtype for p in load().network.parameters()} == {torch.float32}


def test_a_damaged_folder_is_named(tmp_path):
    folder = tmp_path / "mnist-ddpm"
    folder.mkdir()
    for file in FOLDER.glob("*.json"):
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "diffusion_pytorch_model.safetensors").write_bytes(b"\0" * 100)
    with pytest.raises(ModelError) as broken:
        load(folder)
    assert broken.value.key == "model_file_broken" and "mnist-ddpm" in str(broken.value)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_draws_the_digits_that_were_asked_for(sampler):
    images = draw(load(), DIGITS, sampler, 20, 1.5)
    _, logits = features_and_logits(images)
    assert (logits.argmax(1) == DIGITS).sum() >= 9
    assert (images < 32).float().mean() > 0.6  # a digit stands on black


@pytest.mark.parametrize(
    "asked",
    [
        {"sampler": "ddim", "eta": 0.5},
        {"sampler": "heun", "guidance": 1},
        {"guidance": 0},
        {"sampler": "euler_ancestral", "steps": 3},
    ],
)
def test_the_copied_program_draws_the_same_images(asked, tmp_path, monkeypatch):
    settings = DenoiseSettings(**{"digits": [2, 5], "steps": 6, "seed": 7, "num_images": 2} | asked)
    (tmp_path / "playground" / "weights").mkdir(parents=True)
    (tmp_path / "playground" / "weights" / "mnist-ddpm").symlink_to(FOLDER)
    monkeypatch.chdir(tmp_path)
    exec(diffusion_as_python(settings), {})
    copied = np.asarray(Image.open(tmp_path / "digits.png")).reshape(28, 4, 28).swapaxes(0, 1).astype(int)
    rngs = denoiser.generators(7, 4)
    walk = denoiser.Walk(load(), settings.sampler, settings.steps, settings.eta)
    walk.start(denoiser.draw_noise(rngs))
    while not walk.over:
        for _ in walk.evaluate(torch.tensor(settings.classes), settings.guidance, rngs):
            pass
    assert np.abs(copied - denoiser.as_images(walk.x_t).numpy()).max() <= 1


def test_an_image_of_the_model_does_not_depend_on_the_batch():
    together = draw(load(), DIGITS, "dpmsolver++", 5, 2.0, seed=20)
    alone = draw(load(), DIGITS[6:7], "dpmsolver++", 5, 2.0, seed=26)
    assert (together[6].int() - alone[0].int()).abs().max() <= 1


@pytest.mark.parametrize("sampler", ["dpmsolver++", "ddpm"])
def test_a_frame_of_as_many_images_as_may_be_is_no_larger_than_it_may_be(sampler):
    """And from what it tells, each image is what the model saw and guessed, within a few grey levels of 255."""
    settings, codes, told = DenoiseSettings(digits=[3, 8], num_images=32, steps=2, sampler=sampler), {}, 0
    frames = list(replay(denoise, settings, []))
    levels = frames[0]["opening"]["levels"]
    for frame in frames:
        assert len(json.dumps([step.told for step in frame["steps"]])) < 99_000  # and a few names and numbers
        for step in frame["steps"]:
            codes = {name: codes.get(name, np.uint8(0)) + wire.decode(step.told[name]) for name in levels}
            x0, noise = ((codes[name].astype(float) - 128) / levels[name] for name in ("x0", "noise"))
            x_t = step.alpha_cumprod**0.5 * x0 + (1 - step.alpha_cumprod) ** 0.5 * noise
            for tells, image in ((x0, step.x0), (x_t, step.x_t)):
                assert np.abs(np.clip((tells + 1) * 127.5, 0, 255) - image).max() <= 6
            told += 1
    assert told == 2


def test_the_class_that_denoises_best_is_the_digit():
    right = 0
    for index in range(10):
        *_, last = replay(classify, ClassifySettings(index=index, samples=10), [])
        assert last["samples"] == 10 and len(last["losses"]) == 10 and last["errors"][last["class"]] == 0
        right += last["class"] == int(mnist.labels("test")[index])
        assert int(np.argmax(last["judge"])) == int(mnist.labels("test")[index]) and sum(last["judge"]) == approx(1)
    assert right >= 9


def test_classes_are_tried_on_pairs_of_opposite_noise_at_times_spread_evenly():
    for samples in (1, 7, 8):
        drawn = list(draws(samples, seed=3))
        times, noises = [t for t, _ in drawn], [epsilon for _, epsilon in drawn]
        assert len(drawn) == samples and all(FIRST <= t < LAST for t in times)
        for n in range(1, samples, 2):
            assert times[n] == times[n - 1] and torch.equal(noises[n], -noises[n - 1])
        strata = sorted((t - FIRST) * ((samples + 1) // 2) // (LAST - FIRST) for t in times[::2])
        assert strata == list(range((samples + 1) // 2))  # one time from each part of the range


def test_a_loss_is_the_error_of_the_noise_that_the_model_predicts():
    x0, t = denoiser.as_model_input(mnist.images("test")[:1]), 700
    epsilon = denoiser.draw_noise(denoiser.generators(0, 1))
    model = load()
    scheduler = DDIMScheduler.from_config(model.schedule.config, clip_sample=False)
    x_t = scheduler.add_noise(x0, epsilon, torch.tensor([t]))
    scheduler.set_timesteps(1000)
    losses = finished(class_losses(model, x0, t, epsilon))
    for digit in (0, 7):
        with torch.no_grad():
            v = model.network(x_t, t, class_labels=torch.tensor([digit])).sample
        x0_guess = scheduler.step(v, t, x_t).pred_original_sample
        guess = (x_t - scheduler.alphas_cumprod[t] ** 0.5 * x0_guess) / (1 - scheduler.alphas_cumprod[t]) ** 0.5
        assert float(losses[digit]) == approx(float((guess - epsilon).square().mean()), rel=1e-3)


def test_classes_are_told_sample_by_sample_and_a_stopped_run_keeps_those_it_has():
    settings = ClassifySettings(index=8, samples=50)
    stopped = [{"step": 16, "stop": "stopped"}]
    frames = list(replay(classify, settings, stopped))
    assert [frame["samples"] for frame in frames] == list(range(1, len(frames) + 1)) and 4 <= len(frames) < 16
    each = wire.decode(frames[-1]["each"]).astype(float)  # (S, 10)
    best = each.mean(0).argmin()
    pairs = each[: len(each) // 2 * 2].reshape(-1, 2, 10).mean(1)  # the same noise with both signs
    apart = pairs - pairs[:, [best]]
    assert [frame["errors"] is None for frame in frames[:4]] == [True, True, True, False]
    assert frames[-1]["class"] == best
    np.testing.assert_allclose(frames[-1]["losses"], each.mean(0), rtol=1e-6)
    np.testing.assert_allclose(frames[-1]["errors"], np.std(apart, 0, ddof=1) / len(pairs) ** 0.5, rtol=1e-4, atol=1e-9)


def test_reading_the_model_leaves_what_other_threads_make_alone():
    """diffusers can make networks without memory for their weights, by a patch that all threads see."""
    made, reading = [], Thread(target=lambda: denoiser._load.__wrapped__(FOLDER))
    reading.start()
    while reading.is_alive():
        made.append(torch.nn.Linear(2, 2).weight.device.type)
    assert set(made) == {"cpu"} and len(made) > 100
