"""A denoiser that is exactly right, for data of which everything is known: pixels from N(m, s²), m set by the class.

    E[x₀ | x_t] = m + √ᾱ s² / (ᾱ s² + 1 − ᾱ) · (x_t − √ᾱ m)

and the probability-flow ODE (Song et al. 2021, arXiv:2011.13456) takes every x_t along the line on which
(x_t − √ᾱ m) / √(ᾱ s² + 1 − ᾱ) stays the same: noise z ends at m + s z.
"""

from __future__ import annotations

from types import SimpleNamespace

import torch
from diffusers import DDPMScheduler
from torch import Tensor

from playground.images.denoiser import Denoiser

SPREAD = 0.3  # s
MEANS = torch.linspace(-0.5, 0.5, 11)  # m of classes 0 … 9, and of no class


class Gaussian:
    def __init__(self, schedule: DDPMScheduler) -> None:
        self.log_sigmas = ((1 - schedule.alphas_cumprod) / schedule.alphas_cumprod).sqrt().log()

    def __call__(self, x_t: Tensor, t: Tensor, class_labels: Tensor) -> SimpleNamespace:
        below = t.long().clamp(max=998)
        between = torch.lerp(self.log_sigmas[below], self.log_sigmas[below + 1], t.float() - below)
        alpha = (1 / (1 + torch.exp(2 * between)))[:, None, None, None]
        m = MEANS[class_labels][:, None, None, None]
        x0 = m + alpha.sqrt() * SPREAD**2 / variance(alpha) * (x_t - alpha.sqrt() * m)
        return SimpleNamespace(sample=(alpha.sqrt() * x_t - x0) / (1 - alpha).sqrt())


def variance(alpha: Tensor) -> Tensor:
    return alpha * SPREAD**2 + 1 - alpha


def gaussian_denoiser() -> Denoiser:
    schedule = DDPMScheduler(1000, beta_schedule="squaredcos_cap_v2", prediction_type="v_prediction")
    return Denoiser(Gaussian(schedule), schedule)
