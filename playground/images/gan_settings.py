"""What a person can ask of a GAN on MNIST. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playground.errors import SettingError
from playground.settings import Settings, array, choice, integer, number, switch, text, whole_choice

ARCHITECTURES = ("dcgan", "mlp")
LOSSES = ("non_saturating", "minimax", "least_squares", "hinge", "relativistic")
DATA = ("mnist", "fashion", "noise")
LARGEST_SEED = 2**53 - 9


@dataclass(frozen=True)
class GanSettings(Settings):
    """Two networks and how they are trained against each other.

    architecture     dcgan: two convolutions each; mlp: the textbook's fully connected 256, 512, 1024, 784
    channels         of a dcgan at its widest: 16, 32 or 64
    labels           class-conditional: both players are told which digit it is about
    latent_size      numbers of noise that an image is made of, 2 to 128
    spectral_norm    of D's layers
    nonlinearity     leaky_relu, or none between the layers
    loss             see gan_losses
    learning_rate_g  Adam's, up to 1, of the generator
    learning_rate_d  of the discriminator
    d_updates        of D for each of G, 1 to 10
    batch_size       real images, and as many generated ones, for each update; 1 to 256
    r1, r2           γ of the gradient penalty on real and on generated images, 0 to 100
    ema              what G's shown average keeps of itself each step: 0 shows G as it is
    data             what D is shown as real: handwritten digits, Fashion-MNIST's clothes, or random static
    steps            that this run makes: each is `d_updates` of D, then one of G; 1 to 20,000
    seed             of first weights, noise and batches; who goes on from a checkpoint goes on with its batches
    start            "" for new networks, "embedded" for the trained ones that come along, or a checkpoint's id; with
                     "embedded" the settings that make the networks (STRUCTURE) are set to what those are
    """

    architecture: str = choice("dcgan", ARCHITECTURES)
    channels: int = whole_choice(32, (16, 32, 64))
    labels: bool = switch(True)
    latent_size: int = integer(64, low=2, high=128)
    spectral_norm: bool = switch(True)
    nonlinearity: str = choice("leaky_relu", ("leaky_relu", "none"))
    loss: str = choice("hinge", LOSSES)
    learning_rate_g: float = number(2e-3, low=0.0, high=1.0)
    learning_rate_d: float = number(4e-3, low=0.0, high=1.0)
    d_updates: int = integer(1, low=1, high=10)
    batch_size: int = integer(64, low=1, high=256)
    r1: float = number(0.0, low=0.0, high=100.0)
    r2: float = number(0.0, low=0.0, high=100.0)
    ema: float = number(0.995, low=0.0, high=0.9999)
    data: str = choice("mnist", DATA)
    steps: int = integer(4000, low=1, high=20_000)
    seed: int = integer(0, low=0, high=LARGEST_SEED)
    start: str = text("", limit=64)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.start == "embedded":
            for name, value in EMBEDDED.items():
                object.__setattr__(self, name, value)


STEERABLE = ("loss", "learning_rate_g", "learning_rate_d", "d_updates", "batch_size", "r1", "r2", "ema")
"""Settings that may be changed while a run goes on; the others make another network, so they wait for the next run."""

STRUCTURE = ("architecture", "channels", "labels", "latent_size", "spectral_norm", "nonlinearity")
"""Settings that make the networks what they are: who goes on from a checkpoint has those of the checkpoint."""

EMBEDDED = {
    "architecture": "dcgan",
    "channels": 64,
    "labels": True,
    "latent_size": 64,
    "spectral_norm": True,
    "nonlinearity": "leaky_relu",
}
"""STRUCTURE of the embedded networks."""

TEXTBOOK = {
    "architecture": "mlp",
    "labels": False,
    "latent_size": 100,
    "spectral_norm": False,
    "loss": "non_saturating",
    "learning_rate_g": 2e-4,
    "learning_rate_d": 2e-4,
    "ema": 0.0,
}
PRESETS: dict[str, dict[str, Any]] = {
    "dcgan": {},
    "mlp": TEXTBOOK,
    "d_too_strong": {
        "labels": False,
        "spectral_norm": False,
        "loss": "minimax",
        "learning_rate_g": 2e-4,
        "d_updates": 2,
        "ema": 0.0,
    },
    "lr_x10": {
        "spectral_norm": False,  # with it the game survives even this
        "loss": "non_saturating",
        "learning_rate_g": 2e-2,
        "learning_rate_d": 4e-2,
        "ema": 0.0,
    },
    "mode_collapse": TEXTBOOK | {"learning_rate_g": 2e-3},
    "no_nonlinearity": {"nonlinearity": "none"},
    "noise_data": {"data": "noise"},
    "embedded": EMBEDDED | {"start": "embedded", "learning_rate_g": 2e-4, "learning_rate_d": 4e-4, "ema": 0.999},
}
"""What each preset sets; all else is as by default. dcgan is the healthy one, the others show what goes wrong, and
embedded goes on from the trained networks that come along."""


def preset(name: object) -> dict[str, Any]:
    """What a preset sets. Raises SettingError."""
    if not isinstance(name, str) or name not in PRESETS:
        raise SettingError("not_one_of", field="preset", choices=tuple(PRESETS), value=name)
    return PRESETS[name]


@dataclass(frozen=True)
class WalkSettings(Settings):
    """A walk between two samples.

    checkpoint  of a run; "" for the embedded networks
    seed        of the fixed noise: that of the run whose samples they are
    a, b        samples, 0 to 63
    frames      images on the way, both ends included, 2 to 120
    """

    checkpoint: str = text("", limit=64)
    seed: int = integer(0, low=0, high=LARGEST_SEED)
    a: int = integer(0, low=0, high=63)
    b: int = integer(1, low=0, high=63)
    frames: int = integer(33, low=2, high=120)


@dataclass(frozen=True)
class SampleSettings(Settings):
    """Images of a trained generator.

    checkpoint  as above
    n           how many, 1 to 2,000
    digit       0 to 9 asks for one digit; -1 for all in turn. Without labels there is no asking
    seed        of the noise
    """

    checkpoint: str = text("", limit=64)
    n: int = integer(64, low=1, high=2000)
    digit: int = integer(-1, low=-1, high=9)
    seed: int = integer(0, low=0, high=LARGEST_SEED)


@dataclass(frozen=True)
class SlowMotionSettings(GanSettings):
    """One training step looked at: of a checkpoint's networks, else of those that `start` or the settings say.

    checkpoint  of a run, or ""
    examples    images of the step's batch, 2 to 16
    """

    checkpoint: str = text("", limit=64)
    examples: int = integer(8, low=2, high=16)


@dataclass(frozen=True)
class KeptSettings(Settings):
    """A `checkpoint` of a run; "" for the embedded networks."""

    checkpoint: str = text("", limit=64)


@dataclass(frozen=True)
class FileSettings(Settings):
    """A `file` that was saved here: its bytes, uint8 (n,) in the wire form, 5 MB at most."""

    file: Any = array(shape=(None,), dtype="uint8", limit=5 * 1024 * 1024)  # noqa: RUF009
