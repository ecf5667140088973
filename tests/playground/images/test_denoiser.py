"""Every sampler against data for which the right answer is known, and against diffusers' own loop."""

from __future__ import annotations

import pytest
import torch
from diffusers import DDPMScheduler
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor

from playground.images.denoiser import (
    SAMPLERS,
    Known,
    Moment,
    Walk,
    as_images,
    as_model_input,
    draw_noise,
    generators,
    predict,
)
from tests.playground.images.gaussian_denoiser import MEANS, SPREAD, gaussian_denoiser, variance

pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # from within diffusers
MODEL = gaussian_denoiser()
DETERMINISTIC = ("ddim", "euler", "heun", "dpmsolver++", "unipc")
DIGITS = torch.tensor([0, 3, 7])


def result(generator):
    """What a generator returns."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


def walked(walk: Walk, classes: Tensor = DIGITS, guidance: float = 1.0, seed: int = 0, **more) -> list[Moment]:
    """Walk to the end, from noise if it has not been started."""
    rngs = generators(seed, len(classes))
    noise = draw_noise(rngs)
    if walk.x is None:
        walk.start(noise)
    moments = []
    while not walk.over:
        moments.append(result(walk.evaluate(classes, guidance, rngs, **more)))
    return moments


@pytest.mark.parametrize("sampler", DETERMINISTIC)
def test_a_deterministic_sampler_solves_the_probability_flow_ode(sampler):
    walk = Walk(MODEL, sampler, 100)
    walked(walk)
    expected = MEANS[DIGITS][:, None, None, None] + SPREAD * draw_noise(generators(0, 3))
    assert (walk.x_t - expected).abs().mean() < 0.01


@pytest.mark.parametrize("steps", [60, 400, 501])
def test_steps_that_do_not_divide_the_schedule_take_all_noise_away(steps):
    walk = Walk(MODEL, "ddim", steps)
    walked(walk)
    expected = MEANS[DIGITS][:, None, None, None] + SPREAD * draw_noise(generators(0, 3))
    assert (walk.x_t - expected).abs().mean() < 0.01


@pytest.mark.parametrize("sampler, eta", [("ddpm", 0.0), ("ddim", 1.0), ("euler_ancestral", 0.0), ("ddim", 0.3)])
def test_a_sampler_that_adds_noise_draws_from_the_data(sampler, eta):
    walk = Walk(MODEL, sampler, 200, eta)
    walked(walk)
    for digit, image in zip(DIGITS, walk.x_t, strict=True):
        assert abs(image.mean() - MEANS[digit]) < 0.04  # 3.7 standard errors of 784 pixels
        assert abs(image.std() / SPREAD - 1) < 0.12


@pytest.mark.parametrize("sampler", DETERMINISTIC)
def test_from_a_time_on_the_way_the_ode_is_solved_from_there(sampler):
    alpha = MODEL.alphas_cumprod[500]
    x_t = draw_noise(generators(5, 3))
    walk = Walk(MODEL, sampler, 60, begin=500)
    walk.start(x_t)
    assert walk.timesteps[0] == 500 and torch.allclose(walk.x_t, x_t, atol=1e-5)
    walked(walk)
    m = MEANS[DIGITS][:, None, None, None]
    assert (walk.x_t - m - SPREAD * (x_t - alpha.sqrt() * m) / variance(alpha).sqrt()).abs().mean() < 0.01


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_what_is_told_of_each_step_is_what_the_scheduler_used(sampler):
    """x̂₀ is the scheduler's own (DDPM's is clipped), ε̂ goes with it, and the image keeps to the scale of x_t."""
    walk = Walk(MODEL, sampler, 9)
    step, used = walk.scheduler.step, []

    def spy(*arguments, **keywords):
        out = step(*arguments, **keywords)
        used.append(
            out.pred_original_sample if hasattr(out, "pred_original_sample") else walk.scheduler.model_outputs[-1]
        )
        return out

    walk.scheduler.step = spy
    for moment, x0 in zip(walked(walk, guidance=2.0), used, strict=True):
        told = moment.x0.clamp(-1, 1) if sampler == "ddpm" else moment.x0
        torch.testing.assert_close(told, x0, atol=1e-4, rtol=1e-4)
        signal, noise = moment.alpha_cumprod**0.5, (1 - moment.alpha_cumprod) ** 0.5
        torch.testing.assert_close(signal * moment.x0 + noise * moment.noise, moment.x_t, atol=1e-5, rtol=1e-5)
        assert 0.2 < moment.x_t.std() < 1.2


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_times_begin_where_they_should_and_are_as_many_as_asked(sampler):
    for begin in (999, 637, 4, 0):
        for steps in (1, 2, 3, 7, 30, 333, 600, 1000) if begin == 999 else (1, 2, 5, 50):
            walk = Walk(MODEL, sampler, steps, begin=begin)
            times, most = walk.timesteps, min(steps, walk.begin + 1)
            assert times[0] == min(begin, SAMPLERS[sampler].begin) and times[-1] >= 0
            assert times == sorted(times, reverse=True)
            assert len(times) == (max(1, most - (most + 1) % 2) if sampler == "heun" else most)
            if sampler != "heun":
                assert len(set(times)) == len(times)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("begin", [999, 800])
def test_however_few_the_steps_every_number_is_finite(sampler, begin):
    for steps in range(1, 13):
        walk = Walk(MODEL, sampler, steps, begin=begin)
        walk.start(draw_noise(generators(0, 3)))
        moments = walked(walk)
        assert walk.x_t.isfinite().all() and all(moment.x0.isfinite().all() for moment in moments)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_an_image_does_not_depend_on_the_others(sampler):
    together, alone = Walk(MODEL, sampler, 6, eta=0.5), Walk(MODEL, sampler, 6, eta=0.5)
    classes = torch.arange(10)
    walked(together, classes, guidance=3.0, seed=4)
    walked(alone, classes[7:8], guidance=3.0, seed=4 + 7)
    torch.testing.assert_close(together.x_t[7:8], alone.x_t, atol=1e-5, rtol=1e-5)


def test_a_thousand_steps_of_ddpm_are_diffusers_own_loop():
    walk = Walk(MODEL, "ddpm", 1000)
    walked(walk, seed=11)
    scheduler = DDPMScheduler.from_config(MODEL.schedule.config)
    scheduler.set_timesteps(1000)
    rngs = [torch.Generator().manual_seed(11 + j) for j in range(3)]
    x = randn_tensor((3, 1, 28, 28), generator=rngs)
    for t in scheduler.timesteps:
        x = scheduler.step(MODEL.network(x, t.expand(3), DIGITS).sample, t, x, generator=rngs).prev_sample
    assert torch.equal(as_images(x), as_images(walk.x_t))


@pytest.mark.parametrize("guidance", [0.0, 0.4, 1.0, 2.5])
def test_guidance_leans_from_no_class_towards_the_class(guidance):
    x_t, t = draw_noise(generators(0, 20)), 300
    classes = torch.arange(20) % 10
    conditional, unconditional = (
        MODEL.network(x_t, torch.full((20,), t), labels).sample for labels in (classes, torch.full((20,), 10))
    )
    expected = unconditional * (1 - guidance) + conditional * guidance
    torch.testing.assert_close(result(predict(MODEL.network, x_t, t, classes, guidance)), expected)


def test_no_unit_of_work_is_larger_than_it_may_be():
    rows = []

    def network(x_t, t, class_labels):
        rows.append(len(x_t))
        return MODEL.network(x_t, t, class_labels)

    units = list(predict(network, draw_noise(generators(0, 25)), 500, torch.zeros(25).long(), 2.0))
    assert sum(rows) == 50 and max(rows) <= 12 and len(units) == len(rows) - 1


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_known_pixels_arrive_as_they_were(sampler):
    picture = torch.linspace(-1, 1, 784).view(1, 1, 28, 28)
    where = torch.zeros(1, 1, 28, 28, dtype=torch.bool)
    where[..., :14] = True
    walk = Walk(MODEL, sampler, 12)
    walked(walk, known=Known(picture, where))
    assert (walk.x_t - picture).abs()[..., :14].max() < 2 / 255
    assert (walk.x_t - picture).abs()[..., 14:].mean() > 0.1


@pytest.mark.parametrize("first", SAMPLERS)
@pytest.mark.parametrize("then", DETERMINISTIC)
def test_another_sampler_goes_on_from_the_image_as_it_is(first, then):
    walk = Walk(MODEL, first, 60)
    rngs = generators(0, 3)
    walk.start(draw_noise(rngs))
    for _ in range(30):
        result(walk.evaluate(DIGITS, 1.0, rngs))
    other = walk.with_sampler(then)
    assert other.timesteps[0] == walk.timesteps[30]  # Heun's lie between the whole ones
    torch.testing.assert_close(other.alpha_cumprod, walk.alpha_cumprod, atol=1e-6, rtol=1e-4, check_dtype=False)
    torch.testing.assert_close(other.x_t, walk.x_t, atol=1e-5, rtol=1e-5)
    alpha, m = walk.alpha_cumprod.float(), MEANS[DIGITS][:, None, None, None]
    expected = m + SPREAD * (walk.x_t - alpha.sqrt() * m) / variance(alpha).sqrt()
    moments = walked(other)
    assert moments[0].index == 30 and len(moments) <= 30
    assert (other.x_t - expected).abs().mean() < 0.02


def test_images_and_model_inputs_are_each_others_inverse():
    images = torch.arange(256, dtype=torch.uint8).repeat(4)[: 28 * 28].view(1, 28, 28)
    assert torch.equal(as_images(as_model_input(images)), images)
    assert as_images(torch.tensor([[[[-3.0, 3.0]]]])).tolist() == [[[0, 255]]]
