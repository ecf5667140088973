"""Endpoints: a VAE trained live, a drawing encoded, a code decoded, and the manifold of a trained one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import gradio as gr

from components.endpoints.answering import answer, training
from playground.images.vae_settings import DecodeSettings, EncodeSettings, ManifoldSettings, VaeSettings
from playground.images.vae_settings import preset as chosen
from playground.images.vae_tasks import DECODE_LATENT, ENCODE_DIGIT, TRAIN_VAE, VAE_MANIFOLD


async def train_vae(
    preset: str = "mlp-2d",
    steps: int = 500,
    seed: int = 0,
    architecture: str | None = None,
    latent_size: int | None = None,
    beta: float | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    data: str | None = None,
    start: str = "",
    request: gr.Request = None,
) -> AsyncIterator[dict]:
    """Train a variational autoencoder on handwritten digits, cut at half grey.

    Streams; every value has `run` (give it to /stop_run) and `state`. Values on the way have `step`; `reconstruction`,
    `kl` and `elbo`, the means since the value before, in nats an image, summed over the pixels and over the code;
    `curve`, the same as lists, the first point of which is number `start`; `kl_per_latent`; `samples`, wire uint8
    (64, 28, 28) decoded from fixed codes; `digits` and `reconstructions`, wire uint8 (10, 28, 28); `points` and
    `labels`, where 500 test images lie; now and then `held_out`, the terms on 1,000 test images; `diagnoses`, sentences
    about what has gone wrong. The last value has the whole `curve`, `history`, `checkpoint` (whose `id` is a `model`
    for the endpoints below, and a `start`), `done` and `stopped_because` (length, stopped, time, error).

    Args:
        preset: mlp-2d, mlp-16d, conv-2d, conv-16d, beta_too_big or blurred
        steps: 1 to 20000, that this run makes
        seed: whole number from 0
        architecture: mlp or conv; this and those below are the preset's when left out
        latent_size: numbers in a code, 2 to 32
        beta: weight of the KL term, 0 to 20
        batch_size: images a step, 1 to 512
        learning_rate: of Adam, 0.00001 to 1
        data: mnist, or fashion: Fashion-MNIST's garments, downloaded first when they are not on the server (31 MB)
        start: id of a checkpoint to go on from

    Returns:
        A value of the stream, see above.
    """
    async with aclosing(training(TRAIN_VAE, VaeSettings, chosen, locals(), request)) as values:
        async for value in values:
            yield value


async def encode_digit(
    image: dict | None = None, model: str = "conv-2d", seed: int = 0, request: gr.Request = None
) -> dict:
    """What the encoder says of a drawing.

    Args:
        image: uint8 (28, 28) in the wire form, 0 black; cut at half grey before it is read
        model: conv-2d, conv-2d-beta-0.5, conv-2d-beta-4, conv-16d, or the id of a checkpoint of /train_vae
        seed: of the draws from the posterior

    Returns:
        `mu` and `sigma`, lists; `seen`, the drawing as it was read; `reconstruction`, decoded from mu, with
        `error_nats`, -log p(x|mu), and `percentile`, the share of test images (in percent) with a smaller error;
        `samples`, wire uint8 (8, 28, 28), decoded from `z` = mu + sigma * `epsilon`, lists of 8 codes in a row;
        `nearest`, the most similar training image: `index`, `distance`, `image`, `label`; `model`, what is known of it.
    """
    return await answer(ENCODE_DIGIT, EncodeSettings, locals(), request)


async def decode_latent(
    z: list = [0.0, 0.0],  # noqa: B006 (Gradio reads the default; it is never written to)
    model: str = "conv-2d",
    request: gr.Request = None,
) -> dict:
    """The image that a code is decoded to.

    Args:
        z: as many numbers as the model's code has, each from -100 to 100
        model: conv-2d, conv-2d-beta-0.5, conv-2d-beta-4, conv-16d, or the id of a checkpoint of /train_vae

    Returns:
        `image`, wire uint8 (28, 28): each pixel's probability of being ink, 255 for 1; `z`; `model`.
    """
    return await answer(DECODE_LATENT, DecodeSettings, locals(), request)


async def vae_manifold(model: str = "conv-2d", n: int = 20, request: gr.Request = None) -> dict:
    """All that a model with a code of two numbers can draw, at places between which the prior has equal shares.

    Args:
        model: conv-2d, conv-2d-beta-0.5, conv-2d-beta-4, or the id of a checkpoint of /train_vae
        n: images along each side, 2 to 40

    Returns:
        `images`, wire uint8 (n, n, 28, 28), of which [i, j] is decoded from (`z`[i], `z`[j]); `z`, the inverse of the
        normal distribution function at (i + 1/2) / n; `model`.
    """
    return await answer(VAE_MANIFOLD, ManifoldSettings, locals(), request)
