"""Endpoints: a GAN trained live, images of a trained one, and its networks as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import gradio as gr

from components.endpoints.answering import answer, training
from playground.images.gan_settings import FileSettings, GanSettings, KeptSettings, SampleSettings
from playground.images.gan_settings import preset as chosen
from playground.images.gan_tasks import LOAD_GAN, SAMPLE_GAN, SAVE_GAN, TRAIN_GAN


async def train_gan(
    preset: str = "dcgan",
    steps: int = 500,
    seed: int = 0,
    architecture: str | None = None,
    channels: int | None = None,
    labels: bool | None = None,
    latent_size: int | None = None,
    spectral_norm: bool | None = None,
    nonlinearity: str | None = None,
    loss: str | None = None,
    learning_rate_g: float | None = None,
    learning_rate_d: float | None = None,
    d_updates: int | None = None,
    batch_size: int | None = None,
    r1: float | None = None,
    r2: float | None = None,
    ema: float | None = None,
    data: str | None = None,
    start: str | None = None,
    request: gr.Request = None,
) -> AsyncIterator[dict]:
    """Train a generative adversarial network on handwritten digits. Settings left out are the preset's.

    Streams; every value has `run` (give it to /stop_run), `state`, and what is new: `step`; `d_loss`, `g_loss`,
    `d_real`, `d_fake` (mean D(x) and D(G(z))), means since the value before, and `curve`, the same as lists from point
    number `start`; `samples`, wire uint8 (64, 28, 28), of noise that never changes, with their `digits` and D's
    `scores`; `diagnoses`. Now and then `frechet` (of 500 samples, not Inception-FID), `floor` (that of real images),
    `confidence`, `class_histogram`, `entropy`. The last value has the whole `curve`, `judged_history`, `history`,
    `checkpoint`, `done`, `stopped_because` (length, stopped, time, error).

    Args:
        preset: dcgan, mlp, d_too_strong, lr_x10, mode_collapse, no_nonlinearity, noise_data or embedded
        steps: 1 to 20000, that this run makes
        architecture: dcgan or mlp, the textbook's
        channels: of a dcgan at its widest, 16, 32 or 64
        labels: whether both networks are told the digit
        latent_size: numbers of noise, 2 to 128
        spectral_norm: of D's layers
        nonlinearity: leaky_relu or none
        loss: non_saturating, minimax, least_squares, hinge or relativistic
        learning_rate_g: Adam's for G, 0 to 1; learning_rate_d is D's
        d_updates: of D for each of G, 1 to 10
        batch_size: 1 to 256
        r1: gamma of the gradient penalty on real images, 0 to 100; r2 is that on generated ones
        ema: what the shown average of G keeps of itself each step, 0 to 0.9999
        data: mnist, fashion or noise
        start: "embedded", or the id of a checkpoint to go on from
    """
    async with aclosing(training(TRAIN_GAN, GanSettings, chosen, locals(), request)) as values:
        async for value in values:
            yield value


async def sample_gan(
    n: int = 64, seed: int = 0, digit: int = -1, checkpoint: str = "", request: gr.Request = None
) -> dict:
    """Images of a trained generator: of the embedded one, or of a run's checkpoint.

    Args:
        n: how many, 1 to 2000
        seed: of the noise
        digit: 0 to 9 for that digit alone, -1 for all ten in turn
        checkpoint: id of a checkpoint of /train_gan; empty is the embedded generator

    Returns:
        `samples`, wire uint8 (n, 28, 28), 0 black; `digits`, the one that was asked for in each, or null; and of the
        first `judged` samples of this noise, 1000 or n if that is more: `frechet`, their distance from MNIST's test
        images by the judge's features (not Inception-FID), `floor`, that of as many real images, `confidence`,
        `class_histogram`, and its `entropy` as part of the maximum.
    """
    return await answer(SAMPLE_GAN, SampleSettings, locals(), request)


async def save_gan(checkpoint: str = "", request: gr.Request = None) -> dict:
    """The networks of a checkpoint as a file.

    Args:
        checkpoint: id of a checkpoint of /train_gan; empty is the embedded GAN

    Returns:
        `file`, the bytes of a safetensors file, uint8 (n,) in the wire form: fp16 weights, `g.` the average of the
        generator and `d.` the discriminator; `step`, how many steps they were trained.
    """
    return await answer(SAVE_GAN, KeptSettings, locals(), request)


async def load_gan(file: dict | None = None, request: gr.Request = None) -> dict:
    """Keep the networks of a file that /save_gan gave, to sample them or to go on training.

    Args:
        file: its bytes, uint8 (n,) in the wire form, n at most 5 MB

    Returns:
        `checkpoint`, whose `id` is a `start` of /train_gan and a `checkpoint` of /sample_gan; `settings`, those that a
        run which goes on from it must have.
    """
    return await answer(LOAD_GAN, FileSettings, locals(), request)
