"""Text to image with a tiny random pipeline, against diffusers' own loop."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from playground import wire
from playground.errors import SettingError
from playground.frames import append
from playground.images import text_to_image
from playground.images.text_to_image_settings import ADVISED, MODELS, SAMPLERS, TextToImageSettings
from playground.inference import pipelines
from playground.inference.control import Control
from tests.playground.inference.small_pipelines import save_pipeline

pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # from within diffusers


def made(tmp_path_factory, **options):
    folder = tmp_path_factory.mktemp("pipeline")
    save_pipeline(folder, **options)
    return pipelines.read(pipelines.PIPELINES[0], "hub", folder).pipe


@pytest.fixture(scope="module")
def pipe(tmp_path_factory):
    return made(tmp_path_factory)


def run(pipe, stop_after=None, **asked):
    settings = TextToImageSettings(**{"prompt": "a cat", "steps": 4, "size": 256} | asked)
    control, frames = Control(settings, {settings.model: SimpleNamespace(pipe=pipe)}), []
    for frame in text_to_image.text_to_image(settings, control):
        frames += [frame] if frame else []
        if len(frames) - 1 == stop_after:
            control.deliver({"stop": "stopped"})
    return frames


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_the_picture_is_that_of_diffusers_own_pipeline(pipe, sampler, guidance):
    *_, last = run(pipe, sampler=sampler, guidance=guidance, seed=7, negative="a b")
    own, pipe.scheduler = (
        pipe.scheduler,
        text_to_image.make_scheduler(pipe, TextToImageSettings(prompt="x", sampler=sampler)),
    )
    try:
        expected = pipe(
            "a cat", negative_prompt="a b", num_inference_steps=4, guidance_scale=guidance, height=256, width=256,
            generator=torch.Generator().manual_seed(7), output_type="np",
        ).images[0]  # fmt: skip
    finally:
        pipe.scheduler = own
    picture = wire.decode(last["closing"]["image"])
    assert picture.shape == (256, 256, 3) and np.abs(picture - 255 * expected).max() <= 1


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("sampler", ["ddim", "euler"])  # these tell their x̂₀ themselves
def test_the_guess_of_the_clean_latent_is_diffusers_own(tmp_path_factory, sampler, prediction):
    pipe = made(tmp_path_factory, prediction=prediction)
    settings = TextToImageSettings(prompt="a cat", sampler=sampler, steps=5, guidance=1)
    scheduler, other = (text_to_image.make_scheduler(pipe, settings) for _ in range(2))
    texts, rng = text_to_image.embed(pipe, settings), torch.Generator().manual_seed(1)
    x = torch.randn(1, 4, 32, 32, generator=rng) * scheduler.init_noise_sigma
    for index, t in enumerate(other.timesteps):
        with torch.no_grad():
            said = pipe.unet(other.scale_model_input(x, t), t, encoder_hidden_states=texts).sample
        expected = other.step(said, t, x).pred_original_sample
        _, x0, _, x = text_to_image.step(pipe, scheduler, index, x, texts, settings, rng)
        torch.testing.assert_close(x0, expected, rtol=1e-3, atol=1e-3)


def test_frames_are_small_and_the_same_each_time(pipe):
    frames, again = (run(pipe, size=512, steps=2, seed=3) for _ in range(2))
    assert [frame["steps"] for frame in frames] == [frame["steps"] for frame in again]
    sizes = [len(json.dumps(frame)) for frame in frames]
    assert max(sizes[:-1]) < 100_000 and 25 * max(sizes[:-1]) + 4 * 512**2 < 2_100_000
    whole = append(frames)
    assert [step["index"] for step in whole["steps"]] == [0, 1] and not whole["opening"]["checked"]
    assert wire.decode(whole["steps"][0]["latents"]).shape == (4, 64, 64)
    assert wire.decode(whole["steps"][0]["x0"]).shape == (64, 64, 3)
    assert whole["closing"]["evaluations"] == 2


def test_what_the_safety_checker_flags_leaves_in_no_frame(tmp_path_factory):
    for flags in (True, False):
        whole = append(run(made(tmp_path_factory, flags=flags)))
        assert whole["opening"]["checked"] and whole["closing"]["withheld"] is flags
        assert (whole["closing"]["image"] is None) is flags
        assert [step["x0"] is None for step in whole["steps"]] == [flags] * 4


def test_a_stopped_run_keeps_its_steps_and_has_no_picture(pipe):
    whole = append(run(pipe, steps=9, stop_after=3))
    assert [step["index"] for step in whole["steps"]] == [0, 1, 2]
    assert whole["closing"]["image"] is None and whole["closing"]["evaluations"] == 3


def test_numbers_that_are_not_finite_end_the_run(pipe, monkeypatch):
    monkeypatch.setattr(text_to_image, "embed", lambda pipe, settings: torch.full((1, 77, 32), torch.nan))
    with pytest.raises(FloatingPointError):
        run(pipe)


@pytest.mark.parametrize(
    "asked, key",
    [
        ({"prompt": " \n"}, "prompt_none"),
        ({"prompt": "a" * 401}, "too_long"),
        ({"model": "someone/else"}, "not_one_of"),
        ({"steps": 26}, "out_of_range"),
        ({"size": 500}, "not_one_of"),
        ({"guidance": float("nan")}, "not_a_number"),
    ],
)
def test_bad_settings_are_refused_with_a_sentence(asked, key):
    with pytest.raises(SettingError) as refused:
        TextToImageSettings(**{"prompt": "a cat"} | asked)
    assert refused.value.key == key


def test_what_is_advised_for_each_listed_model_can_be_asked():
    assert MODELS == tuple(ADVISED) == tuple(card.id for card in pipelines.PIPELINES)
    assert all(TextToImageSettings(prompt="a cat", model=model, **values) for model, values in ADVISED.items())
