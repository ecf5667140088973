"""Where a trained VAE puts the test digits, and what it draws at every place: the map and the manifold.

M test images, Z numbers a code, n images along a side of a grid.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from statistics import NormalDist
from typing import Any

import torch
from torch import Tensor

from playground import wire
from playground.images.vae import VAE, binarised, reconstruction_error
from playground.images.vae_models import images_of, load, two_numbers
from playground.images.vae_settings import ManifoldSettings, MapSettings
from playground.inference.aside import aside
from playground.inference.control import Control

SHOWN = 2000  # test digits on the map: M
LOW, HIGH, ACROSS = -4.0, 4.0, 33  # the decoded grid: nodes a quarter apart
CHUNK = 100  # images encoded or decoded in one unit


@torch.no_grad()
def encode(model: VAE, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """images (N, 28, 28) uint8 → μ and σ (N, Z), and −log p(x|μ) of each, (N,) nats."""
    x = binarised(images)
    mu, log_variance = model.encode(x)
    return mu, (0.5 * log_variance).exp(), reconstruction_error(model.decoder(mu), x)


@torch.no_grad()
def decode(model: VAE, z: Tensor) -> Tensor:
    """z (N, Z) → (N, 28, 28) uint8: the probability of ink as grey, 255 for 1."""
    return (model.decode(z)[:, 0] * 255).round().to(torch.uint8)


def encode_all(model: VAE, images: Tensor) -> Generator[None, None, tuple[Tensor, Tensor, Tensor]]:
    """`encode` of many, a chunk a unit."""
    parts = []
    for chunk in images.split(CHUNK):
        parts.append(encode(model, chunk))
        yield
    return tuple(torch.cat(part) for part in zip(*parts, strict=True))


def decode_all(model: VAE, z: Tensor) -> Generator[None, None, Tensor]:
    """`decode` of many, a chunk a unit."""
    parts = []
    for chunk in z.split(CHUNK):
        parts.append(decode(model, chunk))
        yield
    return torch.cat(parts)


def prior_places(n: int) -> list[float]:
    """n numbers that cut N(0, 1) into equal parts: Φ⁻¹ of the middles of n equal steps of probability."""
    return [NormalDist().inv_cdf((i + 0.5) / n) for i in range(n)]


def square(places: list[float]) -> Tensor:
    """(n·n, 2): every pair (z₁, z₂) of `places`, pair i·n + j being (places[i], places[j])."""
    along = torch.tensor(places)
    return torch.cartesian_prod(along, along)


def vae_map(settings: MapSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: {"mu", "sigma": wire float32 (M, Z), "labels": wire uint8 (M,), "errors": wire float32 (M,) nats at μ,
    "images": wire uint8 (M, 28, 28) with settings.images, "model": its card}, and where Z = 2
    "grid": {"low", "high", "n", "images": wire uint8 (n·n, 28, 28)}: z₁ and z₂ each take n values from low to high in
    equal steps, and image i·n + j is that of the i-th z₁ and the j-th z₂.
    """
    trained = load(settings.model)
    test = yield from images_of(trained, "test")
    mu, sigma, errors = yield from encode_all(trained.model, test.images[:SHOWN])
    frame = {
        "mu": wire.encode(mu.numpy()),
        "sigma": wire.encode(sigma.numpy()),
        "labels": wire.encode(test.labels[:SHOWN].to(torch.uint8).numpy()),
        "errors": wire.encode(errors.numpy()),
        "model": trained.card(),
    }
    if settings.images:
        yield
        frame["images"] = yield from packed(test.images[:SHOWN])
    if trained.latent_size == 2:
        images = yield from decode_all(trained.model, square(torch.linspace(LOW, HIGH, ACROSS).tolist()))
        frame["grid"] = {"low": LOW, "high": HIGH, "n": ACROSS, "images": (yield from packed(images))}
    yield frame


def packed(images: Tensor) -> Generator[None, None, dict[str, Any]]:
    """In the wire form; many are packed beside the run."""
    return (yield from aside(lambda: wire.encode(images.numpy())))


def vae_manifold(settings: ManifoldSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: {"images": wire uint8 (n, n, 28, 28), "z": [n numbers], "model"}: image [i, j] is what the model draws
    at (z[i], z[j]), places between which the prior has equal shares. Raises SettingError unless Z = 2.
    """
    trained = load(settings.model)
    two_numbers(trained)
    z = prior_places(settings.n)
    images = yield from decode_all(trained.model, square(z))
    images = images.unflatten(0, (settings.n, settings.n))
    yield {"images": (yield from packed(images)), "z": z, "model": trained.card()}
