"""Codes of single images: encode a drawing, decode a code, go from one digit to another, add and subtract, traverse.

Z numbers a code. An image stands at the mean μ of its code, except where draws from its posterior are asked for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from playground import wire
from playground.images import judge, mnist
from playground.images.vae import kl_per_latent
from playground.images.vae_map import decode, decode_all, encode, encode_all
from playground.images.vae_models import Trained, code, images_of, load
from playground.images.vae_settings import (
    ArithmeticSettings,
    DecodeSettings,
    EncodeSettings,
    InterpolateSettings,
    TraverseSettings,
)
from playground.inference.aside import aside
from playground.inference.control import Control

DRAWS = 8  # from the posterior
COMPARED = (
    2000  # test digits whose errors a checkpoint's percentiles are made of; an embedded model brings all 10,000's
)
WEIGHED = 500  # test images by which the numbers of a code are weighed
REMEMBERED = 64  # models of which such measures are kept
STEPS, REACH = 11, 3.0  # images of a traversal strip, from −REACH to REACH


def picture(image: Mapping[str, Any]) -> Tensor:
    """A drawing of the settings as (1, 28, 28) uint8."""
    return torch.from_numpy(wire.decode(image))[None]


def encode_digit(settings: EncodeSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: {"mu", "sigma": [Z numbers], "seen": wire uint8 (28, 28), the drawing in black and white,
    "reconstruction": wire uint8 (28, 28) decoded from μ, "error_nats": −log p(x|μ), "percentile": share of the test
    images, in percent, that have a smaller error, "epsilon" and "z": [8·Z numbers], draws of ε and z = μ + σ ε in a
    row, "samples": wire uint8 (8, 28, 28) decoded from those, "nearest": the training image that the judge finds most
    alike, {"index", "distance", "label", "image": wire uint8 (28, 28)}, None if the model knows no digits, "model"}.
    """
    trained, image = load(settings.model), picture(settings.image)
    mu, sigma, error = encode(trained.model, image)
    epsilon = torch.randn(DRAWS, trained.latent_size, generator=torch.Generator().manual_seed(settings.seed))
    z = mu + sigma * epsilon
    reconstruction, *samples = decode(trained.model, torch.cat([mu, z]))
    percentiles = yield from percentiles_of(trained)
    yield
    digits = trained.settings.data == "mnist"  # the judge knows nothing else
    nearest = (yield from nearest_training_image(image)) if digits else None
    yield {
        "mu": mu[0].tolist(),
        "sigma": sigma[0].tolist(),
        "seen": wire.encode(((image[0] > 127) * 255).to(torch.uint8).numpy()),
        "reconstruction": wire.encode(reconstruction.numpy()),
        "error_nats": float(error),
        "percentile": percentile(float(error), percentiles),
        "epsilon": epsilon.flatten().tolist(),
        "z": z.flatten().tolist(),
        "samples": wire.encode(torch.stack(samples).numpy()),
        "nearest": nearest,
        "model": trained.card(),
    }


def nearest_training_image(image: Tensor) -> Generator[None, None, dict[str, Any]]:
    """The one whose features, to the judge, lie nearest to those of image (1, 28, 28) uint8."""
    train = yield from mnist.opened("train")
    yield from aside(judge.training_levels)
    features, _ = judge.features_and_logits(image)
    yield
    (place,), (distance,) = yield from judge.nearest_to(features)
    return {
        "index": int(place),
        "distance": float(distance),
        "label": int(train.labels[place]),
        "image": wire.encode(train.images[place].numpy()),
    }


def percentile(error: float, percentiles: list[float]) -> float:
    """Between the percentiles in a straight line: 0 is smaller than every test image's error, 100 larger than all."""
    above = bisect_left(percentiles, error)
    if above in (0, len(percentiles)):
        return 100.0 * (above > 0)
    low, high = percentiles[above - 1], percentiles[above]
    return (above - 1) + (error - low) / (high - low)


_percentiles: OrderedDict[str, list[float]] = OrderedDict()  # of checkpoints, by id; on the device thread alone


def percentiles_of(trained: Trained) -> Generator[None, None, list[float]]:
    """The 0th to 100th percentile of −log p(x|μ) of test images; measured once for a checkpoint."""
    if trained.percentiles is not None:
        return trained.percentiles
    if trained.id not in _percentiles:
        test = yield from images_of(trained, "test")
        _, _, errors = yield from encode_all(trained.model, test.images[:COMPARED])
        _percentiles[trained.id] = percentiles_from(errors)
        while len(_percentiles) > REMEMBERED:
            _percentiles.popitem(last=False)
    return _percentiles[trained.id]


def percentiles_from(errors: Tensor) -> list[float]:
    """101 numbers, rising."""
    return torch.quantile(errors, torch.linspace(0, 1, 101)).tolist()


def decode_latent(settings: DecodeSettings, control: Control) -> Iterator[dict[str, Any]]:
    """One frame: {"image": wire uint8 (28, 28), "z", "model"}. Raises SettingError for a code of another length."""
    trained = load(settings.model)
    z = code(trained, settings.z)
    image = decode(trained.model, torch.tensor([z]))[0]
    yield {"image": wire.encode(image.numpy()), "z": z, "model": trained.card()}


def interpolate(settings: InterpolateSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: {"images": wire uint8 (frames, 28, 28) decoded on the straight line from μ(a) to μ(b), "z": wire
    float32 (frames, Z), "ends": wire uint8 (2, 28, 28), what was encoded, "labels": [2; None: a drawing], "model"}.
    """
    trained = load(settings.model)
    test = yield from images_of(trained, "test")
    asked = ((settings.a, settings.image_a), (settings.b, settings.image_b))
    ends = torch.cat([test.images[index, None] if drawn is None else picture(drawn) for index, drawn in asked])
    (start, end), _, _ = encode(trained.model, ends)  # each (Z,)
    t = torch.linspace(0, 1, settings.frames)[:, None]
    z = (1 - t) * start + t * end  # (frames, Z)
    images = yield from decode_all(trained.model, z)
    yield {
        "images": wire.encode(images.numpy()),
        "z": wire.encode(z.numpy()),
        "ends": wire.encode(ends.numpy()),
        "labels": [int(test.labels[index]) if drawn is None else None for index, drawn in asked],
        "model": trained.card(),
    }


def arithmetic(settings: ArithmeticSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: {"digits": wire uint8 (3, 28, 28), a, b and c, "labels": [3], "z": wire float32 (4, Z), their codes
    and last a − b + c, "decoded": wire uint8 (4, 28, 28) of those, "model"}.
    """
    trained = load(settings.model)
    test = yield from images_of(trained, "test")
    chosen = [settings.a, settings.b, settings.c]
    a, b, c = encode(trained.model, test.images[chosen])[0]  # each (Z,)
    z = torch.stack([a, b, c, a - b + c])
    yield {
        "digits": wire.encode(test.images[chosen].numpy()),
        "labels": test.labels[chosen].tolist(),
        "z": wire.encode(z.numpy()),
        "decoded": wire.encode(decode(trained.model, z).numpy()),
        "model": trained.card(),
    }


def traverse(settings: TraverseSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: {"strips": wire uint8 (Z, 11, 28, 28), "values": [11, from -3 to 3], "z": [Z], "kl_per_latent": [Z],
    nats, mean of test images, "model"}: strip k is the code z with its k-th number going through `values`.
    """
    trained = load(settings.model)
    z = code(trained, settings.z) if settings.image is None else code_of(trained, settings.image)
    kls = yield from kls_of(trained)
    Z, values = trained.latent_size, torch.linspace(-REACH, REACH, STEPS)
    codes = torch.tensor(z).repeat(Z, STEPS, 1)  # (Z, 11, Z)
    for k in range(Z):
        codes[k, :, k] = values
    images = yield from decode_all(trained.model, codes.flatten(0, 1))
    strips = images.unflatten(0, (Z, STEPS)).numpy()
    yield {
        "strips": wire.encode(strips),
        "values": values.tolist(),
        "z": z,
        "kl_per_latent": kls,
        "model": trained.card(),
    }


def code_of(trained: Trained, image: Mapping[str, Any]) -> list[float]:
    """μ of a drawing of the settings."""
    return encode(trained.model, picture(image))[0][0].tolist()


_kls: OrderedDict[str, list[float]] = OrderedDict()  # by a model's id; on the device thread alone


def kls_of(trained: Trained) -> Generator[None, None, list[float]]:
    """KL(N(μ, σ²) ‖ N(0, 1)) of each number of a code, the mean of test images; measured once for a model."""
    if trained.id not in _kls:
        test = yield from images_of(trained, "test")
        mu, sigma, _ = yield from encode_all(trained.model, test.images[:WEIGHED])
        _kls[trained.id] = kl_per_latent(mu, 2 * sigma.log()).mean(0).tolist()
        while len(_kls) > REMEMBERED:
            _kls.popitem(last=False)
    return _kls[trained.id]
