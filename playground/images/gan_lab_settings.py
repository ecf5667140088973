"""What the GAN tab's small experiments ask beside a training run: their settings. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from playground.errors import RunError
from playground.images.gan_settings import LARGEST_SEED, SlowMotionSettings
from playground.settings import Settings, choice, integer, number, text

TRAINED = "embedded"  # the networks that come along, as a `start` and as a `checkpoint`


@dataclass(frozen=True)
class LossShapeSettings(Settings):
    """sure: D(G(z)), the probability at which D is sure that an image is made up."""

    sure: float = number(0.01, low=0.001, high=0.5, step=0.001)


@dataclass(frozen=True)
class TurnedSignSettings(Settings):
    """seed of first weights, noise and batch; turned_steps of D for each sign; turned_rate: Adam's learning rate."""

    seed: int = integer(0, low=0, high=LARGEST_SEED)
    turned_steps: int = integer(30, low=1, high=100)
    turned_rate: float = number(2e-4, low=0.0, high=1.0)


@dataclass(frozen=True)
class NoiseDataSettings(Settings):
    """seed of both runs; noise_steps that each makes."""

    seed: int = integer(0, low=0, high=LARGEST_SEED)
    noise_steps: int = integer(400, low=1, high=2000)


PAIRS = 10


@dataclass(frozen=True)
class DetectiveSettings(Settings):
    """Ten pairs of a real digit and a forged one.

    forger      embedded: the trained networks that come along; run: those of `checkpoint`
    checkpoint  of a run of training, "" for none
    seed        of which test digits, and of the noise that the others are made of
    """

    forger: str = choice("embedded", ("embedded", "run"))
    checkpoint: str = text("", limit=64)
    seed: int = integer(0, low=0, high=LARGEST_SEED)


@dataclass(frozen=True)
class SlowSettings(SlowMotionSettings):
    """Whose step is shown slowly: `networks` trained (those that come along), run (those of `checkpoint`), or new."""

    networks: str = choice("trained", ("trained", "run", "new"))

    def step(self) -> SlowMotionSettings:
        """What to ask for. The trained networks take a step a tenth as long, for they have nearly settled. Raises
        RunError("gan_no_run")."""
        asked = SlowMotionSettings.of(self.as_dict())
        if self.networks == "new":
            return replace(asked, checkpoint="", start="")
        if self.networks == "run":
            if not self.checkpoint:
                raise RunError("gan_no_run")
            return asked
        rates = {name: getattr(self, name) / 10 for name in ("learning_rate_g", "learning_rate_d")}
        return replace(asked, checkpoint=TRAINED, **rates)
