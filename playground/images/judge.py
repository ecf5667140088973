"""One judge for every image model: GAN, VAE and diffusion are scored alike, by a small classifier of digits.

Of a set of images it says which digits they show and how sure it is; how evenly the ten classes occur (where modes
collapsed, few do); how far the set is from MNIST's test images; and which training image each is most like, so that
what was memorised is told from what was invented.

The distance is the Fréchet distance of the judge's own features. FID takes Inception's, so the two numbers cannot be
compared. Real images are not at 0 either: n training images have a distance from the test images too, more the fewer
they are, and that floor belongs beside every distance.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Generator, Iterator
from functools import cache
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from playground import wire
from playground.errors import ModelError
from playground.images.frechet import Statistics, frechet
from playground.images.judge_network import CLASSES, FEATURES, FOLDER, features_and_logits
from playground.images.judge_settings import JudgeSettings
from playground.inference.aside import aside
from playground.inference.control import Control
from playground.inference.units import finished

STATISTICS, FIGURES, TRAINING = "test-statistics.safetensors", "figures.json", "training-features.xz"
LEAST = 500  # images that a distance can be told of: fewer say little of 128 features' covariance
SLICE, CHUNK = 128, 10_000  # images a unit of work, and training images they are compared with


def _broken(name: str) -> ModelError:
    return ModelError("model_file_broken", file=f"{FOLDER.name}/{name}")


# ---------------------------------------------------------------- what real images score


@cache
def test_statistics() -> Statistics:
    """Of the features of all 10,000 test images. Raises ModelError for a file that is missing or damaged."""
    try:
        stored = load_file(FOLDER / STATISTICS)
        return Statistics(stored["mean"], stored["cov"])
    except (OSError, KeyError, SafetensorError) as error:
        raise _broken(STATISTICS) from error


@cache
def figures() -> dict[str, Any]:
    """What playground.recipes.judge measured: {"test": {"accuracy", "confidence"}, "floors": [{"n", "mean", "sd"}],
    "level"}. Raises ModelError for a file that is missing or damaged."""
    try:
        return json.loads((FOLDER / FIGURES).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _broken(FIGURES) from error


def floor(n: int) -> float:
    """The distance of n training images, drawn at random, from all test images: the mean of many draws.

    Measured at some n, and linear in 1/n in between: n numbers too few is most of it (Chong & Forsyth 2020,
    arXiv:1911.07023). What would be left of it with n → ∞ is what training and test images differ in.
    """
    measured = sorted((1 / point["n"], point["mean"]) for point in figures()["floors"])
    return float(np.interp(1 / n, *zip(*measured, strict=True)))


# ---------------------------------------------------------------- scores


def class_histogram(logits: Tensor) -> Tensor:
    """How many of logits (N, 10) say each class: (10,) int64."""
    return logits.argmax(1).bincount(minlength=CLASSES)


def entropy(histogram: Tensor) -> float:
    """Of how often each class occurs, as a part of its maximum: 1 when all ten occur equally often, 0 when one does."""
    p = histogram.double() / histogram.sum()
    return abs(torch.special.entr(p).sum().item() / np.log(CLASSES))


def confidences(logits: Tensor) -> Tensor:
    """The probability that each image's class has by logits (N, 10): (N,)."""
    return logits.softmax(1).amax(1)


def conditional_accuracy(logits: Tensor, labels: Tensor) -> float:
    """The part of images that show what they were asked to, labels (N,): logits (N, 10)."""
    return (logits.argmax(1) == labels).double().mean().item()


# ---------------------------------------------------------------- the nearest training image


def levels(features: Tensor) -> Tensor:
    """Features (N, F) as the training images' are kept, whole numbers of figures()["level"]: (N, F) uint8."""
    return (features / figures()["level"]).round().clamp(0, 255).to(torch.uint8)


@cache
def training_levels() -> Tensor:
    """The features of all training images, (60000, F) uint8. Raises ModelError for a missing or damaged file."""
    try:
        raw = lzma.decompress((FOLDER / TRAINING).read_bytes())
        return torch.frombuffer(bytearray(raw), dtype=torch.uint8).view(-1, FEATURES)
    except (OSError, EOFError, RuntimeError, lzma.LZMAError) as error:
        raise _broken(TRAINING) from error


def nearest_to(features: Tensor) -> Generator[None, None, tuple[Tensor, Tensor]]:
    """For features (N, F), which training image's are nearest: places (N,) int64 and distances (N,) float32.

    Euclidean, in the features' own units, to within the rounding of `levels`: all sums are whole numbers below 2²⁴, so
    float32 holds them exactly. A run opens `training_levels` beside the device thread first.
    """
    found = []
    for asked in levels(features).float().split(SLICE):
        best, places = torch.full((len(asked),), torch.inf), torch.zeros(len(asked), dtype=torch.int64)
        for start, chunk in enumerate(training_levels().split(CHUNK)):
            real = chunk.float()
            squares = torch.addmm(real.square().sum(1), asked, real.T, alpha=-2)  # (slice, CHUNK), less |asked|²
            least, at = squares.min(1)
            places = torch.where(least < best, at + start * CHUNK, places)
            best = torch.minimum(best, least)
            yield
        found.append((places, (best + asked.square().sum(1)).clamp(min=0).sqrt() * figures()["level"]))
    places, distances = zip(*found, strict=True)
    return torch.cat(places), torch.cat(distances)


def nearest(images: Tensor) -> tuple[Tensor, Tensor]:
    """images (N, 28, 28) uint8 → the most alike training image of each: places (N,) int64, distances (N,) float32."""
    features = torch.cat([features_and_logits(part)[0] for part in images.split(SLICE)])
    return finished(nearest_to(features))


# ---------------------------------------------------------------- all of it, inside a run


def judged(
    images: Tensor, labels: Tensor | None = None, neighbours: bool = False
) -> Generator[None, None, dict[str, Any]]:
    """Judge images (N, 28, 28) uint8, N ≥ 1, a slice at a time. Returns plain data:

    classes (N,) uint8 and confidences (N,) float32 in the wire form; `confidence`, their mean; `class_histogram`, ten
    counts, and its `entropy` (1: all equally often); `frechet` and the `floor` at this N, None for N < LEAST;
    `conditional_accuracy` if there are labels (N,), else None; `nearest`, None unless neighbours: {"index": wire (N,)
    int32, "distance": wire (N,) float32}, half a second for every thousand images.
    """
    features, logits = [], []
    for part in images.split(SLICE):
        for kept, told in zip((features, logits), features_and_logits(part), strict=True):
            kept.append(told)
        yield
    features, logits = torch.cat(features), torch.cat(logits)
    histogram, sure = class_histogram(logits), confidences(logits)
    told: dict[str, Any] = {
        "classes": wire.encode(logits.argmax(1).to(torch.uint8).numpy()),
        "confidences": wire.encode(sure.numpy()),
        "confidence": sure.double().mean().item(),
        "class_histogram": histogram.tolist(),
        "entropy": entropy(histogram),
        "frechet": None,
        "floor": None,
        "conditional_accuracy": None if labels is None else conditional_accuracy(logits, labels),
        "nearest": None,
    }
    if len(images) >= LEAST:
        told |= {"frechet": frechet(features, test_statistics()), "floor": floor(len(images))}
        yield
    if neighbours:
        yield from aside(training_levels)
        places, distances = yield from nearest_to(features)
        told["nearest"] = {"index": wire.encode(places.int().numpy()), "distance": wire.encode(distances.numpy())}
    return told


def judge_images(settings: JudgeSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """The one frame of the task: `judged` of the posted images, with the nearest training image of each, and `real`,
    what the 10,000 test images score: {"accuracy", "confidence", "entropy"}."""
    told = yield from judged(torch.from_numpy(wire.decode(settings.images)), neighbours=True)
    yield told | {"real": figures()["test"]}
