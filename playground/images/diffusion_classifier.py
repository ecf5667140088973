"""A diffusion model as a classifier: the class under which it predicts the noise best is the class of the image.

    log p(x₀ | c) ≥ −E_{t, ε} weight(t) ‖ε − ε̂(x_t, t, c)‖² + a constant

and with every weight 1, as in training (Ho et al. 2020, equation 14), the bound is as good a guide (Li et al. 2023,
"Your Diffusion Model is Secretly a Zero-Shot Classifier", arXiv:2303.16203). The expectation is over times and noises.
Few samples of it are enough when little but the class differs:

    the same (t, ε) for all classes   what is hard to predict at all is so for each of them, and drops out
    ε and then −ε at the same time    where one happens to favour a class the other tends not to: antithetic variates
    times spread evenly, and only     where classes differ most for the spread of their losses. Much earlier (t < 500)
    from FIRST to LAST                any class removes the noise; much later only each class's mean image can be told
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import torch
from torch import Tensor

from playground import wire
from playground.images.denoiser import Denoiser, as_images, forward, opened, split
from playground.images.diffusion_editing import clean_image, noised
from playground.images.diffusion_settings import ClassifySettings
from playground.images.judge_network import features_and_logits
from playground.inference.control import Control

CLASSES = 10
FIRST, LAST = 550, 870  # the times tried; chosen on training images


def classify(settings: ClassifySettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """Frames: {"samples": so many so far, "losses": [10], mean squared errors of ε̂, "class": the least, "errors": [10],
    standard errors of each one's difference to the least; None before the fourth sample, "judge": [10], what a network
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
    """(t, ε) of each sample, in pairs (t, ε), (t, −ε). Times are spread evenly over all that are tried, in an order
    drawn with the seed."""
    rng, pairs = torch.Generator().manual_seed(seed), (samples + 1) // 2
    shift = torch.rand((), generator=rng)
    places = (torch.arange(pairs) + shift) / pairs
    times = (FIRST + places * (LAST - FIRST)).long()[torch.randperm(pairs, generator=rng)].tolist()
    for n in range(samples):
        if n % 2 == 0:
            epsilon = torch.randn(1, 1, 28, 28, generator=rng)
        yield times[n // 2], -epsilon if n % 2 else epsilon


def class_losses(model: Denoiser, x0: Tensor, t: int, epsilon: Tensor) -> Generator[None, None, Tensor]:
    """(10,): the mean squared error of ε̂ for each class, on the same noised image."""
    alpha_cumprod = model.alphas_cumprod[t]
    x_t = noised(x0, epsilon, alpha_cumprod)
    v = forward(model.network, x_t.expand(CLASSES, -1, -1, -1), torch.full((CLASSES,), t), torch.arange(CLASSES))
    yield
    _, guesses = split(v, x_t, alpha_cumprod)  # (10, 1, 28, 28)
    return (guesses - epsilon).square().mean((1, 2, 3))


def told(losses: list[Tensor]) -> dict[str, Any]:
    """What so many samples say. Errors are those of independent draws, and these are the pairs; that their times are
    spread evenly is not counted, so if anything they are smaller."""
    table = torch.stack(losses).double()  # (S, 10)
    mean = table.mean(0)
    best = int(mean.argmin())
    pairs = table[: len(table) // 2 * 2].view(-1, 2, CLASSES).mean(1)  # (S / 2, 10)
    errors = None
    if len(pairs) > 1:
        errors = ((pairs - pairs[:, best, None]).std(0) / len(pairs) ** 0.5).tolist()
    return {
        "samples": len(table),
        "losses": mean.tolist(),
        "class": best,
        "errors": errors,
        "each": wire.encode(table.float().numpy()),  # (S, 10)
    }
