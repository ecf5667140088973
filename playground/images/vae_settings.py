"""What a person can ask of variational autoencoders. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playground.images.drawings import drawing
from playground.settings import Settings, choice, integer, number, numbers, text, whole_choice

EMBEDDED = ("conv-2d", "conv-2d-beta-0.5", "conv-2d-beta-4", "conv-16d")  # the models that come with the project
SAMPLES = 64  # images decoded from fixed codes in each frame of training: 8 × 8
POINTS = 500  # test digits whose codes each frame shows
TEST_DIGITS = 10_000
LARGEST_SEED = 2**53 - 9


@dataclass(frozen=True)
class VaeSettings(Settings):
    """Training a VAE on images cut at half grey: the objective is reconstruction + beta · KL, in nats an image.

    architecture   mlp: 784-400-Z-400-784; conv: two convolutions, and two transposed ones
    latent_size    Z, numbers in a code
    beta           weight of the KL term: 1 is the ELBO, more presses codes towards the prior (Higgins et al. 2017)
    batch_size     images a step
    learning_rate  of Adam
    steps          at which training ends
    seed           of the first weights, the batches and the noise
    data           mnist, or fashion: the ten garments of Fashion-MNIST, once fetched
    start          id of a checkpoint to go on from, whose architecture and latent_size must be these; "" is a new model
    """

    architecture: str = choice("mlp", ("mlp", "conv"))
    latent_size: int = integer(2, low=2, high=32)
    beta: float = number(1.0, low=0.0, high=20.0, step=0.5)
    batch_size: int = integer(128, low=1, high=512)
    learning_rate: float = number(1e-3, low=1e-5, high=1.0, step=1e-4)
    steps: int = integer(500, low=1, high=20_000, slider_high=5000)
    seed: int = integer(0, low=0, high=LARGEST_SEED)
    data: str = choice("mnist", ("mnist", "fashion"))
    start: str = text("", limit=80)


STEERABLE = ("beta", "learning_rate", "batch_size")  # what may change while it trains

PRESETS: dict[str, dict[str, Any]] = {
    "mlp-2d": {},
    "mlp-16d": {"latent_size": 16},
    "conv-2d": {"architecture": "conv"},
    "conv-16d": {"architecture": "conv", "latent_size": 16},
    "beta_too_big": {"beta": 20.0, "latent_size": 16},
    "blurred": {"beta": 20.0},
}
"""By name; each differs from the defaults in what it says."""


def preset(name: Any) -> dict[str, Any]:
    """The values of a preset. Raises SettingError."""
    return PRESETS[_PRESET.check("preset", name)]


_PRESET = choice("mlp-2d", tuple(PRESETS)).metadata["spec"]


@dataclass(frozen=True)
class ModelSettings(Settings):
    """model: an embedded model's id, or that of a checkpoint of a run."""

    model: str = text("conv-2d", limit=80)


@dataclass(frozen=True)
class MapSettings(ModelSettings):
    """images: 0 leaves out the test digits' own pictures."""

    images: int = whole_choice(1, (0, 1))


@dataclass(frozen=True)
class ManifoldSettings(ModelSettings):
    """n: images along each side of the grid."""

    n: int = integer(20, low=2, high=40)


@dataclass(frozen=True)
class EncodeSettings(ModelSettings):
    """image: a drawing, (28, 28) uint8 in the wire form, 0 black. seed: of the draws from its posterior."""

    image: Mapping[str, Any] | None = drawing()
    seed: int = integer(0, low=0, high=LARGEST_SEED)


@dataclass(frozen=True)
class DecodeSettings(ModelSettings):
    """z: the code, as many numbers as the model's latent size."""

    z: tuple[float, ...] = numbers((0.0, 0.0), low=-100.0, high=100.0, limit=32)


@dataclass(frozen=True)
class InterpolateSettings(ModelSettings):
    """Between two codes in equal steps. a, b: test digits by index. image_a, image_b: drawings in their places."""

    a: int = integer(0, low=0, high=TEST_DIGITS - 1)
    b: int = integer(1, low=0, high=TEST_DIGITS - 1)
    frames: int = integer(21, low=2, high=101)
    image_a: Mapping[str, Any] | None = drawing(optional=True)
    image_b: Mapping[str, Any] | None = drawing(optional=True)


@dataclass(frozen=True)
class ArithmeticSettings(ModelSettings):
    """z = code of a − code of b + code of c, of test digits by index."""

    a: int = integer(0, low=0, high=TEST_DIGITS - 1)
    b: int = integer(1, low=0, high=TEST_DIGITS - 1)
    c: int = integer(2, low=0, high=TEST_DIGITS - 1)


@dataclass(frozen=True)
class TraverseSettings(ModelSettings):
    """z: the code around which each number in turn goes from -3 to 3; empty is the prior's middle. image: a picture
    whose code it is to be instead."""

    model: str = text("conv-16d", limit=80)
    z: tuple[float, ...] = numbers((), low=-100.0, high=100.0, limit=32)
    image: Mapping[str, Any] | None = drawing(optional=True)
