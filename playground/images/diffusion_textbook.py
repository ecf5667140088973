"""Fix the textbook, of diffusion: the true posterior q(x_s | x_t, x_0) and the model's own step p_θ(x_s | x_t), s < t.

Both are Gaussians with the same variance β̃ and with means of one form (Ho et al. 2020, equations 6 and 7, here for a
step of any length, with β = 1 − ᾱ_t / ᾱ_s):

    q     μ̃   = a x_0 + b x_t        a = √ᾱ_s β / (1 − ᾱ_t)
    p_θ   μ_θ = a x̂_0 + b x_t        b = √(ᾱ_t / ᾱ_s) (1 − ᾱ_s) / (1 − ᾱ_t)

q knows the clean image x_0, which nobody has while an image is being made; p_θ has the model's guess x̂_0(x_t, t) in its
place. It is trained to come near q: KL(q ‖ p_θ) = ‖μ̃ − μ_θ‖² / 2β̃.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from playground import wire
from playground.images import mnist
from playground.images.denoiser import (
    Walk,
    as_images,
    as_model_input,
    draw_noise,
    generators,
    opened,
    predict,
    split,
)
from playground.images.diffusion_editing import noised
from playground.images.diffusion_settings import TIMES, PosteriorSettings
from playground.inference.control import Control

DARKEST = 0.5  # a difference of two means, of a range of 2, that is drawn as black


class Posterior(NamedTuple):
    """Of a step from t to s: the weights of x_0 and x_t in the mean, and the variance. () or (n, 1, 1, 1)."""

    of_x0: Tensor
    of_x_t: Tensor
    variance: Tensor

    def mean(self, x0: Tensor, x_t: Tensor) -> Tensor:
        return self.of_x0 * x0 + self.of_x_t * x_t


def posterior(alpha_t: Tensor, alpha_s: Tensor) -> Posterior:
    """q(x_s | x_t, x_0), from ᾱ_t and ᾱ_s; ᾱ_s = 1 for the last step, which leads to x_0 itself."""
    beta = 1 - alpha_t / alpha_s
    left = 1 - alpha_s
    return Posterior(
        alpha_s.sqrt() * beta / (1 - alpha_t),
        (alpha_t / alpha_s).sqrt() * left / (1 - alpha_t),
        beta * left / (1 - alpha_t),
    )


def posteriors(settings: PosteriorSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame, of a test digit noised to each of DDPM's n times: {"label", "t" (n), "s" (n), "of_x0" (n), "of_x_t"
    (n), "sigma" (n): √β̃, "guess_error" (n) and "apart" (n): root mean squares of x̂_0 − x_0 and of μ̃ − μ_θ, "kl_bits"
    (n, None for the last, where β̃ = 0), "scheduler_gap": how far diffusers' own step is from μ_θ + √β̃ z at most,
    "x0": (1, 28, 28), "x_t", "guess", "q_mean", "p_mean", "difference": (n, 28, 28) each}, wire uint8.
    """
    model = yield from opened()
    digits = yield from mnist.opened("test")
    x0 = as_model_input(digits.images[settings.index, None])
    label = int(mnist.labels("test")[settings.index])
    walk = Walk(model, "ddpm", settings.steps)
    t = torch.tensor(walk.timesteps, dtype=torch.long)  # (n,)
    s = t - TIMES // settings.steps
    alpha_t = model.alphas_cumprod[t][:, None, None, None]
    alpha_s = torch.where(s >= 0, model.alphas_cumprod[s.clamp(min=0)], 1.0)[:, None, None, None]
    x_t = noised(x0, draw_noise(generators(settings.seed, 1)), alpha_t)  # (n, 1, 28, 28): the same ε at each time
    guesses, gaps = [], []
    for x, time, alpha, before in zip(x_t.split(1), t.tolist(), alpha_t, alpha_s, strict=True):
        v = yield from predict(model.network, x, time, torch.tensor([label]), guidance=1.0)
        guesses.append(split(v, x, alpha)[0].clamp(-1, 1))  # as DDPM clips it
        gaps.append(scheduler_gap(walk, v, time, x, posterior(alpha, before), guesses[-1]))
        yield None
    yield told(label, t, s, x0, x_t, torch.cat(guesses), posterior(alpha_t, alpha_s)) | {"scheduler_gap": max(gaps)}


def scheduler_gap(walk: Walk, v: Tensor, t: int, x_t: Tensor, step: Posterior, guess: Tensor) -> float:
    """How far what diffusers' DDPM makes of v̂ is from a x̂_0 + b x_t + √β̃ z, with the same noise z, at most."""
    own, again = generators(0, 1), generators(0, 1)
    made = walk.scheduler.step(v, t, x_t, generator=own).prev_sample
    return float((made - step.mean(guess, x_t) - step.variance.sqrt() * draw_noise(again)).abs().max())


def told(label: int, t: Tensor, s: Tensor, x0: Tensor, x_t: Tensor, guess: Tensor, step: Posterior) -> dict[str, Any]:
    q_mean, p_mean = step.mean(x0, x_t), step.mean(guess, x_t)
    off = (q_mean - p_mean).flatten(1)  # (n, 784)
    kl = off.square().sum(1) / (2 * step.variance.flatten()) / math.log(2)
    pictures = {
        "x0": x0, "x_t": x_t, "guess": guess, "q_mean": q_mean, "p_mean": p_mean,
        "difference": 2 * (q_mean - p_mean).abs() / DARKEST - 1,
    }  # fmt: skip
    return {
        "label": label,
        "t": t.tolist(),
        "s": s.tolist(),
        "of_x0": step.of_x0.flatten().tolist(),
        "of_x_t": step.of_x_t.flatten().tolist(),
        "sigma": step.variance.flatten().sqrt().tolist(),
        "guess_error": root_mean_square(guess - x0).tolist(),
        "apart": root_mean_square(off).tolist(),
        "kl_bits": [bits if math.isfinite(bits) else None for bits in kl.tolist()],
        **{name: wire.encode(as_images(picture).numpy()) for name, picture in pictures.items()},
    }


def root_mean_square(x: Tensor) -> Tensor:
    """(n, …) → (n,)."""
    return x.flatten(1).square().mean(1).sqrt()
