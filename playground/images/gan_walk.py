"""What a trained generator makes: images of its noise, and walks from one of them to another.

N images, Z numbers of noise, K images of a walk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from playground import wire
from playground.images.gan_losses import probability
from playground.images.gan_networks import CLASSES, one_hot_classes
from playground.images.gan_players import Players, as_images, fixed_noise
from playground.images.gan_settings import GanSettings, SampleSettings, WalkSettings
from playground.images.gan_start import checkpoint_of
from playground.images.gan_training import SAMPLES, drawn
from playground.images.judge import judged
from playground.inference.aside import optimizers_imported
from playground.inference.control import Control

JUDGED = 1000  # samples that the distance is told of, at least


def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Spherical interpolation (Shoemake 1985; White 2016): a, b (Z,), t (K, 1) from 0 to 1 → (K, Z).

    Nearly all noise of many dimensions lies close to a sphere of radius √Z. The straight line between two points of
    it passes far inside, where G has seen no noise; this way stays as far out as its ends.
    """
    angle = torch.arccos(torch.cosine_similarity(a, b, dim=0).clamp(-1, 1))
    if angle.sin() < 1e-4:  # one direction, or opposite ones: there is no arc to follow
        return torch.lerp(a.expand(len(t), -1), b.expand(len(t), -1), t)
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / angle.sin()


def walk_gan(settings: WalkSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: {"images": wire uint8 (K, 28, 28), "scores": K numbers, what D says, "digits": the two ends' digits or
    None}. The ends are samples `a` and `b` of those that a run with this seed shows; the class goes over in a line."""
    yield from optimizers_imported()
    there, players = trained(settings.checkpoint)
    z, y = fixed_noise(replace(there, seed=settings.seed), SAMPLES)
    t = torch.linspace(0, 1, settings.frames)[:, None]  # (K, 1)
    ends = settings.a, settings.b
    way = slerp(z[settings.a], z[settings.b], t)  # (K, Z)
    classes = None if y is None else torch.lerp(y[settings.a], y[settings.b], t)  # (K, 10)
    images, scores = picture(players, there, way, classes)
    digits = [None if y is None else end % CLASSES for end in ends]
    yield {"images": wire.encode(images.numpy()), "scores": scores.tolist(), "digits": digits}


def sample_gan(settings: SampleSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: {"samples": wire uint8 (n, 28, 28), "digits": n numbers or None, and of the first `judged` samples of
    this noise (1,000, or n if that is more) "frechet", "floor", "confidence", "class_histogram", "entropy"}."""
    yield from optimizers_imported()
    there, players = trained(settings.checkpoint)
    count = max(settings.n, JUDGED)
    z, y = fixed_noise(replace(there, seed=settings.seed), count)
    digits = [None if y is None else i % CLASSES for i in range(settings.n)]
    if settings.digit >= 0 and y is not None:
        y, digits = one_hot_classes(torch.full((count,), settings.digit)), [settings.digit] * settings.n
    images = yield from drawn(players.shown, z, y)
    told = yield from judged(images)
    kept = ("frechet", "floor", "confidence", "class_histogram", "entropy")
    yield {
        "samples": wire.encode(images[: settings.n].numpy()),
        "digits": digits,
        "judged": count,
        **{name: told[name] for name in kept},
    }


def trained(checkpoint: str) -> tuple[GanSettings, Players]:
    """The networks of a checkpoint, "" for the embedded ones, and their settings. Raises ModelError."""
    there = checkpoint_of(checkpoint)
    return there.settings, Players(there.settings, there.state)


@torch.no_grad()
def picture(players: Players, settings: GanSettings, z: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor]:
    """What the shown G makes of z (N, Z): images (N, 28, 28) uint8, and what D says of them (N,)."""
    made = players.shown(z, y)
    players.d.eval()
    return as_images(made), probability(settings.loss, players.d(made, y))
