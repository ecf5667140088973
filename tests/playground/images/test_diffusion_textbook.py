"""The true posterior is Bayes' rule for Gaussians, the step is diffusers' own, the numbers are what they say."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch

from playground import wire
from playground.errors import SettingError
from playground.images.denoiser import load
from playground.images.diffusion_settings import PosteriorSettings
from playground.images.diffusion_textbook import posterior, posteriors
from playground.images.diffusion_textbook_as_python import posteriors_as_python
from playground.inference.control import replay

pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # from within diffusers


@pytest.mark.parametrize(("alpha_t", "alpha_s"), [(0.3, 0.31), (0.02, 0.6), (0.9, 0.95)])
def test_the_posterior_is_prior_times_likelihood(alpha_t, alpha_s):
    """By quadrature: q(x_s | x_0) q(x_t | x_s) over a grid of x_s, normalised, for pixels that are one number."""
    x0, x_t, x_s = 0.7, -0.4, torch.linspace(-6, 6, 40_001, dtype=torch.float64)
    keeps = alpha_t / alpha_s
    prior = -((x_s - math.sqrt(alpha_s) * x0) ** 2) / (2 * (1 - alpha_s))
    likelihood = -((x_t - math.sqrt(keeps) * x_s) ** 2) / (2 * (1 - keeps))
    weights = torch.softmax(prior + likelihood, 0)
    mean = (weights * x_s).sum()
    step = posterior(*torch.tensor([alpha_t, alpha_s], dtype=torch.float64))
    assert float(step.mean(torch.tensor(x0), torch.tensor(x_t))) == pytest.approx(float(mean), abs=1e-6)
    assert float(step.variance) == pytest.approx(float((weights * (x_s - mean) ** 2).sum()), abs=1e-6)


def test_the_last_step_leads_to_the_clean_image():
    step = posterior(torch.tensor(0.99), torch.tensor(1.0))
    assert float(step.of_x0) == pytest.approx(1) and float(step.of_x_t) == 0 and float(step.variance) == 0


@pytest.fixture(scope="module")
def frame():
    (frame,) = replay(posteriors, PosteriorSettings(index=7, steps=10), [])
    return frame


def test_the_models_step_is_diffusers_own(frame):
    assert frame["scheduler_gap"] < 1e-5
    scheduler_times = [999, 899, 799, 699, 599, 499, 399, 299, 199, 99]
    assert frame["t"] == scheduler_times and frame["s"] == [*scheduler_times[1:], -1]


def test_the_guess_comes_nearer_to_what_q_knows(frame):
    error, apart = np.array(frame["guess_error"]), np.array(frame["apart"])
    assert frame["label"] == 9 and error[-1] < 0.2 * error[0]
    np.testing.assert_allclose(apart, np.array(frame["of_x0"]) * error, rtol=1e-4)  # the means differ by that alone
    alphas = load().alphas_cumprod
    assert frame["of_x0"][3] == pytest.approx(
        float(alphas[599].sqrt() * (1 - alphas[699] / alphas[599]) / (1 - alphas[699])), rel=1e-5
    )
    bits = [784 * a**2 / (2 * sigma**2) / math.log(2) for a, sigma in zip(apart[:-1], frame["sigma"][:-1], strict=True)]
    assert frame["kl_bits"][:-1] == pytest.approx(bits, rel=1e-4) and frame["kl_bits"][-1] is None


def test_the_pictures_are_those_of_the_numbers(frame):
    q, p, off = (wire.decode(frame[name]).astype(float) for name in ("q_mean", "p_mean", "difference"))
    assert q.shape == p.shape == off.shape == (10, 28, 28) and wire.decode(frame["x0"]).shape == (1, 28, 28)
    inside = (q > 0) & (q < 255) & (p > 0) & (p < 255) & (off < 255)  # what no end of the scale has cut
    assert inside.mean() > 0.3
    np.testing.assert_allclose(off[inside], 4 * np.abs(q - p)[inside], atol=6)  # black at a quarter of the range
    assert (wire.decode(frame["q_mean"])[-1] == wire.decode(frame["x0"])[0]).all()


@pytest.mark.parametrize("asked", [{"index": 10_000}, {"steps": 1}, {"steps": 51}, {"seed": -1}])
def test_bad_settings_are_refused(asked):
    with pytest.raises(SettingError):
        PosteriorSettings(**asked)


def test_the_copied_program_comes_to_the_same_numbers(capsys):
    settings = PosteriorSettings(index=7, steps=5, seed=3)
    (told,) = replay(posteriors, settings, [])
    exec(posteriors_as_python(settings), {})  # reads the project's folder, where tests run
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith(f"a {told['label']};") and len(lines) == 5
    for n, line in enumerate(lines):
        t, s, a, b, sigma, apart, *kl = (float(word) for word in re.findall(r"-?\d+\.?\d*", line))
        assert [t, s] == [told["t"][n], told["s"][n]]
        assert [a, b] == pytest.approx([told["of_x0"][n], told["of_x_t"][n]], abs=6e-4)
        assert [sigma, apart] == pytest.approx([told["sigma"][n], told["apart"][n]], abs=6e-5)
        assert kl == pytest.approx([told["kl_bits"][n]], rel=1e-3, abs=1e-4) if n < 4 else kl == []
