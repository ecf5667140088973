"""The recipe of the diffusion model: what a batch asks, and a run that was interrupted."""

import pytest
import torch

from playground.recipes.mnist_ddpm import NO_CLASS, Plan, Run, noise, schedule


def tiny(**changes):
    return Plan(**{"steps": 4, "batch": 4, "validate_on": 8, "validate_every": 2} | changes)


def test_the_target_is_the_velocity_of_the_noised_image():
    scheduler, rng = schedule(), torch.Generator().manual_seed(0)
    clean = torch.rand(50, 1, 28, 28, generator=rng) * 2 - 1
    batch = noise(clean, torch.zeros(50).long(), scheduler, rng)
    alpha = scheduler.alphas_cumprod[batch.times].view(-1, 1, 1, 1)
    x0 = alpha.sqrt() * batch.noised - (1 - alpha).sqrt() * batch.target
    torch.testing.assert_close(x0, clean, atol=1e-5, rtol=1e-4)
    epsilon = alpha.sqrt() * batch.target + (1 - alpha).sqrt() * batch.noised
    assert abs(epsilon.mean()) < 0.03 and abs(epsilon.std() - 1) < 0.03
    assert batch.times.sort().values.diff().float().std() < 1  # spread evenly over 0 … 999


def test_an_interrupted_run_goes_on_as_if_it_had_not_been(tmp_path):
    whole, first = Run(tiny(), tmp_path / "whole"), Run(tiny(), tmp_path / "parts")
    for _ in range(3):
        whole.advance()
    first.advance()
    first.save()
    second = Run(tiny(), tmp_path / "parts")
    for _ in range(2):
        second.advance()
    for one, other in zip(whole.averaged.parameters(), second.averaged.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_class_is_hidden_one_time_in_ten(tmp_path):
    run = Run(tiny(batch=2000, hide_class=0.1), tmp_path)
    assert (run.batch().classes == NO_CLASS).float().mean() == pytest.approx(0.1, abs=0.03)


def test_the_rate_rises_and_falls():
    plan = Plan(steps=1000, warmup=100, learning_rate=1.0)
    rates = [plan.rate(step, plan.progress(step, 0)) for step in (0, 49, 100, 500, 1000)]
    assert rates == pytest.approx([0.01, 0.497, 0.976, 0.5, 0.0], abs=0.01)
    with pytest.raises(ValueError):
        Plan(steps=5, minutes=5)
