"""Be the detective: pairs of a real digit and a forged one, and what D makes of either.

The real ones are test images, which neither player has met. D scores the very pixels that the person sees.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import torch
from torch import Tensor

from playground import wire
from playground.checkpoints import Checkpoint
from playground.errors import RunError
from playground.images import mnist
from playground.images.gan_data import real_images
from playground.images.gan_lab_settings import PAIRS, DetectiveSettings
from playground.images.gan_losses import probability
from playground.images.gan_networks import one_hot_classes
from playground.images.gan_players import Players, as_images, as_input
from playground.images.gan_settings import GanSettings
from playground.images.gan_start import EMBEDDED, checkpoint_of
from playground.images.judge_network import features_and_logits
from playground.inference.control import Control

CANDIDATES = 100  # forgeries in which one of each wanted class is looked for, where G cannot be asked for it


def pairs(settings: DetectiveSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame of PAIRS pairs: {"real", "made": wire uint8 (PAIRS, 28, 28), "digits": what pair i shows, "d_real",
    "d_made": what D says of each, 0 (made up) to 1 (real), "step": training steps behind G and D}.

    Raises RunError("gan_no_run") and ModelError("checkpoint_gone").
    """
    trained = forger(settings)
    game = trained.settings
    players = Players(game, trained.state)
    players.d.eval()
    rng = torch.Generator().manual_seed(settings.seed)
    real, digits = yield from shown_as_real(game, rng)  # (P, 28, 28) uint8, (P,)
    made = forged(players, game, digits, rng)
    yield {
        "real": wire.encode(real.numpy()),
        "made": wire.encode(made.numpy()),
        "digits": digits.tolist(),
        "d_real": scores(players, game, real, digits),
        "d_made": scores(players, game, made, digits),
        "step": trained.step,
    }


def forger(settings: DetectiveSettings) -> Checkpoint:
    """The networks that forge and judge here; only to be read."""
    if settings.forger == EMBEDDED:
        return checkpoint_of(EMBEDDED)
    if not settings.checkpoint:
        raise RunError("gan_no_run")
    return checkpoint_of(settings.checkpoint)


def shown_as_real(game: GanSettings, rng: torch.Generator) -> Generator[None, None, tuple[Tensor, Tensor]]:
    """Returns PAIRS images (P, 28, 28) with their classes (P,): of digits those of the test set, else training data."""
    found = (yield from mnist.opened("test")) if game.data == "mnist" else (yield from real_images(game))
    images, labels = found
    chosen = torch.randperm(len(images), generator=rng)[:PAIRS]
    return images[chosen], labels[chosen]


@torch.no_grad()
def forged(players: Players, game: GanSettings, digits: Tensor, rng: torch.Generator) -> Tensor:
    """An image of G of each of `digits` (P,): (P, 28, 28) uint8.

    A class-conditional G is asked for them. Of another's images those are taken that the judge reads as the digit, and
    where it has made none, any.
    """
    if game.labels:
        z = torch.randn(len(digits), game.latent_size, generator=rng)
        return as_images(players.shown(z, one_hot_classes(digits)))
    made = as_images(players.shown(torch.randn(CANDIDATES, game.latent_size, generator=rng)))
    looks_like = features_and_logits(made)[1].argmax(1)  # (CANDIDATES,)
    left, chosen = list(range(CANDIDATES)), []
    for digit in digits.tolist():
        chosen.append(next((i for i in left if looks_like[i] == digit), left[0]))
        left.remove(chosen[-1])
    return made[chosen]


@torch.no_grad()
def scores(players: Players, game: GanSettings, images: Tensor, digits: Tensor) -> list[float]:
    """What D says of images (P, 28, 28) uint8 that are said to show `digits`: 0 to 1 each."""
    said = probability(game.loss, players.d(as_input(images), one_hot_classes(digits) if game.labels else None))
    if not said.isfinite().all():
        raise FloatingPointError
    return said.tolist()
