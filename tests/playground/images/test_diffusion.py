"""Runs of denoising, frame by frame: what is kept and told, stopping, branches, image to image, inpainting."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from playground import wire
from playground.errors import SettingError
from playground.frames import append
from playground.images import diffusion, diffusion_editing, diffusion_grid
from playground.images.denoiser import as_model_input, draw_noise, generators
from playground.images.diffusion_frames import MIDDLE, kept
from playground.images.diffusion_settings import (
    SAMPLERS,
    AddNoiseSettings,
    BranchSettings,
    ClassifySettings,
    DenoiseFromSettings,
    DenoiseSettings,
    GridSettings,
    InpaintSettings,
)
from playground.inference.control import Control
from tests.playground.images.gaussian_denoiser import gaussian_denoiser

pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # from within diffusers
MODEL = gaussian_denoiser()


def run(technique, settings, stop_after=None, **more):
    """The last frame of a run, merged from all; stopped after so many steps were told."""
    control, frames = Control(settings), []
    for frame in technique(MODEL, *more.values(), settings, control):
        if frame is not None:
            frames.append(frame)
        if len(frames) - 1 == stop_after:
            control.deliver({"stop": "stopped"})
    return append(frames)


def denoised(**asked):
    return run(diffusion.digits_from_noise, DenoiseSettings(**asked))


def decoded(step, name):
    return wire.decode(step.told[name]).astype(np.uint8)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_what_the_page_is_told_gives_back_every_image(sampler):
    """x̂₀ and ε̂, each the difference to the one before, and from both x_t."""
    frame = denoised(digits=[3, 8], sampler=sampler, steps=12, guidance=1.0, eta=0.5)
    levels = frame["opening"]["levels"]
    codes = {"x0": np.uint8(0), "noise": np.uint8(0)}
    for step in frame["steps"]:
        codes = {name: codes[name] + decoded(step, name) for name in codes}
        x0 = (codes["x0"].astype(float) - MIDDLE) / levels["x0"]
        noise = (codes["noise"].astype(float) - MIDDLE) / levels["noise"]
        x_t = step.alpha_cumprod**0.5 * x0 + (1 - step.alpha_cumprod) ** 0.5 * noise
        for told, image in ((x0, step.x0), (x_t, step.x_t)):
            shown = np.clip((told + 1) * 127.5, 0, 255)
            assert np.abs(shown - image).max() <= 3
    assert frame["opening"]["kept"] == [step.index for step in frame["steps"]]
    assert [frame["opening"]["timesteps"][step.index] for step in frame["steps"]] == [s.t for s in frame["steps"]]


def test_the_same_settings_give_the_same_frames():
    first, again, other = (denoised(digits=[1, 2], sampler="ddpm", steps=8, seed=seed) for seed in (0, 0, 1))
    assert first["closing"]["images"] == again["closing"]["images"] != other["closing"]["images"]
    assert [step.told for step in first["steps"]] == [step.told for step in again["steps"]]


@pytest.mark.parametrize("evaluations, images", [(1, 1), (7, 64), (100, 10), (1000, 10), (1000, 64), (999, 40)])
def test_of_a_long_run_some_steps_are_kept(evaluations, images):
    places = kept(evaluations, images)
    assert places[0] == 0 and places[-1] == evaluations - 1 and places == sorted(set(places))
    assert len(places) <= min(100, max(2, 1200 // images))
    if len(places) < evaluations:
        gaps = np.diff(places)
        assert gaps.max() - gaps.min() <= 1


def test_a_stopped_run_keeps_what_it_has_done():
    frame = run(diffusion.digits_from_noise, DenoiseSettings(digits=[4], steps=50), stop_after=3)
    assert [step.index for step in frame["steps"]] == [0, 1, 2]
    assert frame["closing"]["evaluations"] == 3 and "judged" not in frame["closing"]


def test_noise_that_is_not_finite_ends_the_run(monkeypatch):
    monkeypatch.setattr(diffusion, "draw_noise", lambda rngs: torch.full((len(rngs), 1, 28, 28), torch.nan))
    with pytest.raises(FloatingPointError):
        denoised(digits=[4], steps=5)


# ---------------------------------------------------------------- branches


def branched(**asked):
    return run(diffusion.changing_its_mind, BranchSettings(**asked))


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("at", [0, 5, 11])
def test_a_branch_in_which_nothing_changes_is_the_run_itself(sampler, at):
    asked = {"digits": [2, 7], "sampler": sampler, "steps": 12, "guidance": 2.0, "eta": 1.0}
    whole, branch = denoised(**asked), branched(**asked, at=at)
    assert branch["closing"]["images"] == whole["closing"]["images"]
    assert branch["opening"]["first"] == min(at, len(whole["steps"]) - 1) == branch["steps"][0].index
    for step in branch["steps"]:
        assert np.array_equal(step.x_t, whole["steps"][step.index].x_t)


def test_a_branch_of_a_long_run_keeps_the_steps_that_the_run_keeps():
    asked = {"digits": [4], "sampler": "ddim", "steps": 250}
    whole, branch = denoised(**asked)["opening"]["kept"], branched(**asked, at=101)["opening"]["kept"]
    assert branch == sorted({101, *(number for number in whole if number > 101)}) and len(branch) < 100


@pytest.mark.parametrize("change", [{"then_digits": [9]}, {"then_guidance": 5.0}, {"then_sampler": "ddpm"}])
def test_a_branch_differs_from_where_it_changes_and_not_before(change):
    asked = {"digits": [2], "steps": 10, "sampler": "euler"}
    whole, branch = denoised(**asked), branched(**asked, at=6, **change)
    assert np.abs(branch["steps"][0].x_t.astype(int) - whole["steps"][6].x_t).max() <= 1
    assert branch["closing"]["images"] != whole["closing"]["images"]


# ---------------------------------------------------------------- from an image


def picture():
    return torch.linspace(0, 255, 784).to(torch.uint8).view(28, 28)


def test_the_forward_process_has_the_mean_and_the_variance_of_its_formula():
    x0, alpha = as_model_input(picture()[None]), MODEL.alphas_cumprod[400]
    many = diffusion_editing.noised(x0, draw_noise(generators(0, 400)), alpha)
    assert (many.mean(0) - alpha.sqrt() * x0[0]).abs().mean() < 1.5 * (2 / torch.pi * (1 - alpha) / 400).sqrt()
    assert many.var(0).mean() == pytest.approx(float(1 - alpha), rel=0.02)


def test_add_noise_tells_all_that_every_other_time_follows_from(monkeypatch):
    monkeypatch.setattr(diffusion_editing, "opened", lambda: iter_returning(MODEL))
    settings = AddNoiseSettings(image=wire.encode(picture().numpy()), t=250, seed=3)
    (frame,) = filter(None, diffusion_editing.add_noise(settings, Control(settings)))
    x0, noise = wire.decode(frame["x0"]), wire.decode(frame["noise"])
    alpha = wire.decode(frame["alphas_cumprod"])[250]
    assert frame["alpha_cumprod"] == pytest.approx(alpha) and np.array_equal(x0, picture().numpy())
    x_t = alpha**0.5 * (x0 / 127.5 - 1) + (1 - alpha) ** 0.5 * noise
    assert np.abs(wire.decode(frame["x_t"]) - np.clip((x_t + 1) * 127.5, 0, 255)).max() <= 0.51
    assert np.array_equal(noise, torch.randn(1, 1, 28, 28, generator=torch.Generator().manual_seed(3))[0, 0].numpy())


def iter_returning(value):
    yield from ()
    return value


def test_image_to_image_keeps_more_of_the_image_the_less_it_was_noised():
    """Ink is far from what this model knows: from t = 50 it is all still there, from 950 nothing is."""
    x0 = as_model_input(picture()[None])
    apart = []
    for t in (50, 500, 950):
        settings = DenoiseFromSettings(digit=4, steps=20, t=t, num_images=2, image=wire.encode(picture().numpy()))
        frame = run(diffusion_editing.from_image, settings, x0=x0)
        assert frame["steps"][0].t == t
        images = wire.decode(frame["closing"]["images"]).astype(float)
        apart.append(np.abs(images - picture().numpy()).mean())
    assert apart[0] < 20 < apart[1] < apart[2]


def test_more_steps_than_noise_levels_are_capped_and_said_so():
    settings = DenoiseFromSettings(digit=4, steps=100, t=9, image=wire.encode(picture().numpy()))
    frame = run(diffusion_editing.from_image, settings, x0=as_model_input(picture()[None]))
    assert frame["closing"]["evaluations"] == 10
    assert [n["key"] for n in frame["opening"]["notices"]] == ["steps_capped"]


def test_inpainting_keeps_known_pixels_and_makes_the_others_anew():
    mask = np.zeros((28, 28), np.uint8)
    mask[5:15, 5:25] = 1
    settings = InpaintSettings(
        digit=4, steps=15, num_images=3, image=wire.encode(picture().numpy()), mask=wire.encode(mask)
    )
    frame = run(diffusion_editing.filled_in, settings, x0=as_model_input(picture()[None]))
    images = wire.decode(frame["closing"]["images"])
    assert (images[:, mask == 0] == picture().numpy()[mask == 0]).all()
    assert np.abs(images[0].astype(int) - images[1])[mask == 1].mean() > 10  # each attempt has its own noise
    last = frame["steps"][-1].x_t[:, mask == 0].astype(int)
    assert np.abs(last - picture().numpy()[mask == 0]).mean() < 12  # they arrive there by themselves


# ---------------------------------------------------------------- bad input

INK = wire.encode(picture().numpy())
NOTHING, EVERYTHING = (wire.encode(np.full((28, 28), value, np.uint8)) for value in (0, 255))


@pytest.mark.parametrize(
    "kind, asked, key",
    [
        (DenoiseSettings, {"digits": []}, "no_digits"),
        (DenoiseSettings, {"digits": [10]}, "out_of_range"),
        (DenoiseSettings, {"digits": ["seven"]}, "not_a_number"),
        (DenoiseSettings, {"digits": "seven"}, "not_a_list"),
        (DenoiseSettings, {"num_images": 7}, "too_many_images"),
        (DenoiseSettings, {"steps": 0}, "out_of_range"),
        (DenoiseSettings, {"steps": -5}, "out_of_range"),
        (DenoiseSettings, {"steps": 10**9}, "out_of_range"),
        (DenoiseSettings, {"steps": 2.5}, "not_an_integer"),
        (DenoiseSettings, {"guidance": float("nan")}, "not_a_number"),
        (DenoiseSettings, {"guidance": 10**6}, "out_of_range"),
        (DenoiseSettings, {"sampler": "plms"}, "not_one_of"),
        (BranchSettings, {"then_digits": [1, 2]}, "branch_digits"),
        (BranchSettings, {"then_guidance": -0.5}, "out_of_range"),
        (AddNoiseSettings, {"image": NOTHING}, "drawing_empty"),
        (AddNoiseSettings, {"image": INK, "t": 1000}, "out_of_range"),
        (DenoiseFromSettings, {"image": {"shape": [2]}}, "not_an_array"),
        (InpaintSettings, {"image": INK}, "not_an_array"),
        (InpaintSettings, {"image": INK, "mask": NOTHING}, "mask_empty"),
        (InpaintSettings, {"image": INK, "mask": EVERYTHING}, "mask_full"),
        (ClassifySettings, {"image": INK, "samples": 0}, "out_of_range"),
    ],
)
def test_bad_settings_are_refused_with_a_sentence(kind, asked, key):
    with pytest.raises(SettingError) as refused:
        kind(**asked)
    assert refused.value.key == key


@pytest.mark.parametrize(
    "kind", [DenoiseSettings, BranchSettings, AddNoiseSettings, DenoiseFromSettings, ClassifySettings, GridSettings]
)
def test_settings_are_remade_from_their_data(kind):
    assert kind(**kind().as_dict()) == kind()
    assert all(field.metadata["spec"] for field in dataclasses.fields(kind))


# ---------------------------------------------------------------- a grid


def test_each_cell_of_a_grid_is_the_run_with_its_settings():
    settings = GridSettings(x="steps", x_values=[3, 6], y="sampler", y_values=[1, 4], images=2, seed=9, guidance=2)
    frame = run(diffusion_grid.cells, settings)
    assert [(cell["x"], cell["y"]) for cell in frame["cells"]] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert [cell["evaluations"] for cell in frame["cells"]] == [3, 6, 3, 5]  # Heun makes an odd number
    alone = denoised(digits=[0, 1], sampler="ddim", steps=6, seed=9, guidance=2)
    assert frame["cells"][1]["images"] == alone["closing"]["images"]
    assert frame["cells"][1]["accuracy"] == alone["closing"]["judged"]["conditional_accuracy"]


@pytest.mark.parametrize(
    "asked, key",
    [
        ({"x": "steps", "y": "steps"}, "grid_one_axis"),
        ({"x_values": []}, "grid_no_values"),
        ({"y_values": [9]}, "not_one_of"),
        ({"x_values": [0.5]}, "not_an_integer"),
        ({"x": "guidance", "x_values": [9]}, "out_of_range"),
        ({"images": 1000, "x_values": [1000]}, "grid_too_big"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(asked, key):
    with pytest.raises(SettingError) as refused:
        GridSettings(**asked)
    assert refused.value.key == key
