"""Endpoints: digits out of noise, and what the diffusion model makes of an image."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

import gradio as gr

from components.diffusion_values import api_value
from components.endpoints.answering import answer, events_of, refuse
from playground.images.diffusion_settings import (
    AddNoiseSettings,
    ClassifySettings,
    DenoiseFromSettings,
    DenoiseSettings,
    InpaintSettings,
)
from playground.images.diffusion_tasks import ADD_NOISE, CLASSIFY, DENOISE, DENOISE_FROM, INPAINT
from playground.inference.tasks import Task
from playground.settings import Settings


async def denoise(
    digits: list = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],  # noqa: B006 (Gradio reads the default; it is never written to)
    sampler: str = "dpmsolver++",
    steps: int = 20,
    guidance: float = 1.5,
    seed: int = 0,
    num_images: int = 1,
    eta: float = 0.0,
    request: gr.Request = None,
) -> AsyncIterator[dict]:
    """Make images of digits out of noise, step by step.

    Streams; every value has `run` (give it to /stop_run) and `state`; values on the way have the `timesteps` made since
    the last one and `x0`, the latest guess. The last value is whole. Of its n kept steps (all of them, to 100; fewer
    with many images: `kept` says which): `timesteps` (n), `alphas_cumprod` (n), `x_t`, (n + 1, images, 28, 28) uint8 in
    the wire form, what the model saw and last the finished images, and `x0`, (n, images, 28, 28), its guess of the
    clean image. `images` (images, 28, 28), `classes`, the digit of each, `accuracy`, the part of them that the judge
    takes for that digit, `judged`, all it says, `evaluations` of the model that were made, `seconds`, `settings`.

    Args:
        digits: whole numbers 0 to 9, any of them and any more than once
        sampler: ddpm, ddim, euler, euler_ancestral, heun, dpmsolver++ or unipc
        steps: evaluations of the model, 1 to 1000; Heun takes two a step, and makes one fewer of an even number
        guidance: 0 to 8; 1 is the model's own prediction for the class, 0 that for no class
        seed: whole number from 0; image j begins with noise from seed + j
        num_images: of each digit, 64 in all at most; image j shows digit j mod the number of digits
        eta: of ddim, 0 to 1: how much noise is added on the way

    Returns:
        A value of the stream, see above.
    """
    asked = locals()
    try:
        settings = DenoiseSettings.of(asked)
        async with aclosing(events_of(DENOISE, settings, request)) as events:
            async for event in events:
                yield await asyncio.to_thread(api_value, event, settings)  # packing a trace takes a while
    except Exception as error:
        raise refuse(error) from error


async def add_noise(
    image: dict | None = None, t: int = 400, seed: int = 0, index: int = 0, request: gr.Request = None
) -> dict:
    """The forward process: an image with noise added to it.

    Args:
        image: (28, 28) uint8 in the wire form, 0 black; without one a test digit is taken
        t: how much, 0 to 999
        seed: of the noise
        index: which test digit, 0 to 9999

    Returns:
        `x0`, the image, `x_t`, the same with noise (both (28, 28) uint8 in the wire form), `noise`, float32, `t`,
        `alpha_cumprod`, and `alphas_cumprod`, (1000,) float32: x_t = sqrt(alpha_cumprod) x0 + sqrt(1 - alpha_cumprod)
        noise, with images from -1 (black) to 1; `label`, the digit that a test digit shows, else null.
    """
    return await answer(ADD_NOISE, AddNoiseSettings, locals(), request)


async def denoise_from(
    image: dict | None = None,
    t: int = 600,
    digit: int = 3,
    sampler: str = "dpmsolver++",
    steps: int = 20,
    seed: int = 0,
    guidance: float = 1.5,
    num_images: int = 1,
    index: int = 0,
    eta: float = 0.0,
    request: gr.Request = None,
) -> dict:
    """Image to image: noise an image to time t, and denoise it from there.

    Args:
        image: (28, 28) uint8 in the wire form, 0 black; without one a test digit is taken
        t: 0 to 999; the greater, the less is left of the image
        digit: what it should become, 0 to 9, or 10 for no class in particular
        sampler: as in /denoise
        steps: at most t + 1 are made
        seed: attempt j has seed + j
        guidance: as in /denoise
        num_images: attempts, 1 to 16
        index: which test digit, 0 to 9999
        eta: of ddim

    Returns:
        The last value of /denoise.
    """
    return await _last(DENOISE_FROM, DenoiseFromSettings, locals(), request)


async def inpaint(
    image: dict | None = None,
    mask: dict | None = None,
    digit: int = 3,
    sampler: str = "dpmsolver++",
    steps: int = 20,
    seed: int = 0,
    guidance: float = 1.5,
    num_images: int = 1,
    index: int = 0,
    eta: float = 0.0,
    request: gr.Request = None,
) -> dict:
    """Make a part of an image anew.

    Args:
        image: (28, 28) uint8 in the wire form, 0 black; without one a test digit is taken
        mask: (28, 28) uint8 in the wire form; the part is where it is not 0, all else stays as it is
        digit: what it should show, 0 to 9, or 10 for no class in particular
        sampler: as in /denoise
        steps: as in /denoise
        seed: attempt j has seed + j
        guidance: as in /denoise
        num_images: attempts, 1 to 16
        index: which test digit, 0 to 9999
        eta: of ddim

    Returns:
        The last value of /denoise.
    """
    return await _last(INPAINT, InpaintSettings, locals(), request)


async def classify_by_denoising(
    image: dict | None = None, samples: int = 8, seed: int = 0, index: int = 0, request: gr.Request = None
) -> dict:
    """Classify an image with the diffusion model: the class whose prediction of the noise is best.

    Args:
        image: (28, 28) uint8 in the wire form, 0 black; without one a test digit is taken
        samples: noised copies that all ten classes are tried on, 1 to 200
        seed: of their times and noises
        index: which test digit, 0 to 9999

    Returns:
        `losses`, ten mean squared errors of the predicted noise (whose own mean square is 1), `class`, that of the
        least, `errors`, the standard error of each loss's distance to the least (None for fewer than four samples),
        `each`, (samples, 10) float32 in the wire form, `samples`; and `judge`, the ten probabilities by a network
        trained to classify.
    """
    return await answer(CLASSIFY, ClassifySettings, locals(), request)


async def _last(task: Task, kind: type[Settings], asked: Mapping[str, Any], request: gr.Request | None) -> dict:
    """The last value of a run. Raises gr.Error."""
    try:
        settings = kind.of(asked)
        async with aclosing(events_of(task, settings, request)) as events:
            async for event in events:
                if event.error is not None:
                    raise event.error
        return await asyncio.to_thread(api_value, event, settings)
    except Exception as error:
        raise refuse(error) from error
