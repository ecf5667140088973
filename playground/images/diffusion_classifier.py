"""A diffusion model as a classifier: the class under which it predicts the noise best is the class of the image.

    log p(x₀ | c) ≥ −E_{t, ε} ‖v − v̂(x_t, t, c)‖² · weight(t) + a constant

The bound's expectation is over times and noises; all classes are tried on the same ones, so that what differs is the
class alone (Li et al. 2023, "Your Diffusion Model is Secretly a Zero-Shot Classifier", arXiv:2303.16203).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import torch
from torch import Tensor

from playground import wire
from playground.images.denoiser import Denoiser, as_images, forward, opened
from playground.images.diffusion_editing import clean_image, noised
from playground.images.diffusion_settings import ClassifySettings
from playground.images.judge_network import features_and_logits
from playground.inference.control import Control

CLASSES = 10
FIRST, LAST = 200, 800  # the times tried: below, any class removes the little noise; above, nothing is left to see


def classify(settings: ClassifySettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """Frames: {"samples": so many so far, "losses": [10], mean squared errors of v̂, "class": the least, "errors": [10],
    standard errors of each one's difference to the least; None before the second sample, "judge": [10], what a network
    trained to classify says: its probabilities}."""
    model = yield from opened()
    x0 = yield from clean_image(settings)
    judge = features_and_logits(as_images(x0))[1][0].softmax(0).tolist()
    yield None
    losses: list[Tensor] = []
    for t, epsilon in draws(settings.samples, settings.seed):
        if control.reason is not None:
            break
        losses.append((yield from class_losses(model, x0, t, epsilon)))
        yield told(losses) | {"judge": judge}


def draws(samples: int, seed: int) -> Iterator[tuple[int, Tensor]]:
    """(t, ε) of each sample. Times are spread evenly over all that are tried, in an order drawn with the seed."""
    rng = torch.Generator().manual_seed(seed)
    shift = torch.rand((), generator=rng)
    places = (torch.arange(samples) + shift) / samples
    times = (FIRST + places * (LAST - FIRST)).long()[torch.randperm(samples, generator=rng)]
    for t in times.tolist():
        yield t, torch.randn(1, 1, 28, 28, generator=rng)


def class_losses(model: Denoiser, x0: Tensor, t: int, epsilon: Tensor) -> Generator[None, None, Tensor]:
    """(10,): the mean squared error of v̂ for each class, on the same noised image."""
    alpha_cumprod = model.alphas_cumprod[t]
    x_t = noised(x0, epsilon, alpha_cumprod)
    v = alpha_cumprod.sqrt() * epsilon - (1 - alpha_cumprod).sqrt() * x0
    guesses = forward(model.network, x_t.expand(CLASSES, -1, -1, -1), torch.full((CLASSES,), t), torch.arange(CLASSES))
    yield
    return (guesses - v).square().mean((1, 2, 3))


def told(losses: list[Tensor]) -> dict[str, Any]:
    """What so many samples say."""
    table = torch.stack(losses).double()  # (S, 10)
    mean = table.mean(0)
    best = int(mean.argmin())
    errors = None
    if len(table) > 1:
        errors = ((table - table[:, best, None]).std(0) / len(table) ** 0.5).tolist()
    return {
        "samples": len(table),
        "losses": mean.tolist(),
        "class": best,
        "errors": errors,
        "each": wire.encode(table.float().numpy()),  # (S, 10)
    }
