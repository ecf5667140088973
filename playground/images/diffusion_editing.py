"""The forward process, and denoising that begins with an image: from a noised one, and with a part rubbed out."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import torch
from torch import Tensor

from playground import wire
from playground.errors import notice
from playground.images import mnist
from playground.images.denoiser import (
    Denoiser,
    Known,
    Walk,
    as_images,
    as_model_input,
    draw_noise,
    generators,
    opened,
)
from playground.images.diffusion import Frames, Telling, go_on
from playground.images.diffusion_settings import (
    TIMES,
    AddNoiseSettings,
    ClassifySettings,
    DenoiseFromSettings,
    EditSettings,
    InpaintSettings,
)
from playground.inference.control import Control


def clean_image(settings: AddNoiseSettings | EditSettings | ClassifySettings) -> Generator[None, None, Tensor]:
    """x₀ (1, 1, 28, 28) in [−1, 1]: the drawing, or without one a test digit."""
    if settings.image is not None:
        return as_model_input(torch.from_numpy(wire.decode(settings.image))[None])
    digits = yield from mnist.opened("test")
    return as_model_input(digits.images[settings.index, None])


def noised(x0: Tensor, noise: Tensor, alpha_cumprod: Tensor) -> Tensor:
    """x_t = √ᾱ_t x₀ + √(1−ᾱ_t) ε (Ho et al. 2020, equation 4)."""
    return alpha_cumprod.sqrt() * x0 + (1 - alpha_cumprod).sqrt() * noise


def add_noise(settings: AddNoiseSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: {"t", "alpha_cumprod", "x0", "x_t": wire uint8 (28, 28), "noise": wire float32 (28, 28), which is ε,
    "alphas_cumprod": wire float32 (1000,), "label"}. From x0 and ε the image at every other t follows. `label` is the
    digit that a test digit shows, None for a drawing."""
    model = yield from opened()
    x0 = yield from clean_image(settings)
    epsilon = draw_noise(generators(settings.seed, 1))
    alpha_cumprod = model.alphas_cumprod[settings.t]
    yield {
        "t": settings.t,
        "alpha_cumprod": float(alpha_cumprod),
        "x0": wire.encode(as_images(x0)[0].numpy()),
        "x_t": wire.encode(as_images(noised(x0, epsilon, alpha_cumprod))[0].numpy()),
        "noise": wire.encode(epsilon[0, 0].numpy()),
        "alphas_cumprod": wire.encode(model.alphas_cumprod.numpy()),
        "label": int(mnist.labels("test")[settings.index]) if settings.image is None else None,
    }


def denoise_from(settings: DenoiseFromSettings, control: Control) -> Frames:
    """Image to image (Meng et al. 2022, "SDEdit", arXiv:2108.01073): noise it to t, and denoise it from there."""
    model = yield from opened()
    x0 = yield from clean_image(settings)
    yield from from_image(model, x0, settings, control)


def from_image(model: Denoiser, x0: Tensor, settings: DenoiseFromSettings, control: Control) -> Frames:
    rngs = generators(settings.seed, settings.num_images)
    walk = Walk(model, settings.sampler, settings.steps, settings.eta, begin=settings.t)
    walk.start(noised(x0, draw_noise(rngs), model.alphas_cumprod[settings.t]))
    capped = settings.steps > settings.t + 1
    notices = [notice("steps_capped", t=settings.t, most=settings.t + 1)] if capped else []
    telling = Telling(walk, settings.classes)
    yield telling.opening(x0=wire.encode(as_images(x0)[0].numpy()), notices=notices)
    yield from go_on(telling, torch.tensor(settings.classes), settings.guidance, rngs, control)
    yield (yield from telling.closing(as_images(walk.x_t)))


def inpaint(settings: InpaintSettings, control: Control) -> Frames:
    """Make a part of an image anew, so that it fits what is left of it and the class.

    Known pixels are noised to the last time and go down with the rest; all the way the model's guess of them is
    replaced by what they are, and so they arrive unchanged. (Song et al. 2021, arXiv:2011.13456, appendix I.2, and
    Lugmayr et al. 2022, "RePaint", arXiv:2201.09865, replace x_t instead, with noise drawn anew each time.)
    """
    model = yield from opened()
    x0 = yield from clean_image(settings)
    yield from filled_in(model, x0, settings, control)


def filled_in(model: Denoiser, x0: Tensor, settings: InpaintSettings, control: Control) -> Frames:
    known = Known(x0, torch.from_numpy(wire.decode(settings.mask) == 0)[None, None])
    rngs = generators(settings.seed, settings.num_images)
    walk = Walk(model, settings.sampler, settings.steps, settings.eta)
    walk.start(noised(x0 * known.where, draw_noise(rngs), model.alphas_cumprod[TIMES - 1]))
    telling = Telling(walk, settings.classes)
    yield telling.opening(x0=wire.encode(as_images(x0)[0].numpy()))
    yield from go_on(telling, torch.tensor(settings.classes), settings.guidance, rngs, control, known)
    images = torch.where(known.where[:, 0], as_images(x0), as_images(walk.x_t)) if walk.over else as_images(walk.x_t)
    yield (yield from telling.closing(images))
