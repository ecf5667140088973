"""Training a VAE live, as a run whose frames a page draws while it goes on.

Frames come at steps that the settings alone decide, so that equal settings give equal frames however busy the machine.
A run that its owner paused and takes step by step gives one after each step.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from playground import wire
from playground.errors import SettingError
from playground.images import mnist
from playground.images.checkpoints import CHECKPOINTS
from playground.images.mnist import Images
from playground.images.vae import VAE, binarised
from playground.images.vae_diagnoses import diagnose
from playground.images.vae_learner import Learner, Terms, finished, held_out_terms
from playground.images.vae_map import decode, encode, prior_places, square
from playground.images.vae_settings import POINTS, SAMPLES, VaeSettings
from playground.inference.control import Control

EVERY = {"mlp": 12, "conv": 8}  # steps between two frames: about a seventh of a second, and a third
FIRST = (1, 2, 4, 7)  # and these: the beginning is the liveliest part
MOST_FRAMES = 400  # of a run, about
MEASURE_EVERY, MEASURED = 100, 1000  # steps between two looks at held-out images, and how many of them
MOMENTS = 60  # of the history, at most
GREYS = 16  # levels of the history's pictures, which are small on screen


class View:
    """What is shown of a model in training: fixed codes decoded, fixed test digits encoded and decoded."""

    def __init__(self, settings: VaeSettings, test: Images) -> None:
        Z = settings.latent_size
        rng = torch.Generator().manual_seed(settings.seed)
        self.z = picture_grid() if Z == 2 else torch.randn(SAMPLES, Z, generator=rng)  # (64, Z)
        first = [int((test.labels == digit).nonzero()[0]) for digit in range(10)]
        self.digits = test.images[first]  # (10, 28, 28)
        self.encoded = test.images[:POINTS]
        self.fixed = {
            "digits": wire.encode((binarised(self.digits)[:, 0] * 255).to(torch.uint8).numpy()),
            "labels": wire.encode(test.labels[:POINTS].to(torch.uint8).numpy()),
        }

    def look(self, model: VAE) -> Generator[None, None, tuple[Tensor, Tensor, Tensor]]:
        """Samples (64, 28, 28) and reconstructions (10, 28, 28), uint8, and the first two μ of POINTS digits."""
        mu, _, _ = encode(model, self.digits)
        samples, reconstructions = decode(model, torch.cat([self.z, mu])).split([SAMPLES, len(mu)])
        yield
        points = []
        for chunk in self.encoded.split(POINTS // 2):
            points.append(places(model, chunk))
            yield
        return samples, reconstructions, torch.cat(points)


def picture_grid(side: int = 8) -> Tensor:
    """(side², 2) codes as a picture shows them, row by row from the top: z₁ grows to the right, z₂ upwards."""
    return square(prior_places(side)).unflatten(0, (side, side)).transpose(0, 1).flip(0).flatten(0, 1)


@torch.no_grad()
def places(model: VAE, images: Tensor) -> Tensor:
    """The first two numbers of μ of images (N, 28, 28) uint8: (N, 2)."""
    return model.encode(binarised(images))[0][:, :2]


class Curve:
    """Means of the terms since the last point."""

    def __init__(self) -> None:
        self.recent: list[Terms] = []
        self.points = 0  # told

    def add(self, terms: Terms) -> None:
        self.recent.append(terms)

    def news(self, step: int) -> dict[str, Any]:
        """{"start", "curve", "kl_per_latent"}: at most one point, of the steps since the last."""
        start, n = self.points, len(self.recent)
        if not n:
            return {"start": start, "curve": {"step": [], "reconstruction": [], "kl": [], "elbo": []}}
        told = {
            name: [sum(getattr(t, name) for t in self.recent) / n] for name in ("reconstruction", "kl", "elbo")
        }
        latents = [sum(column) / n for column in zip(*(t.kl_per_latent for t in self.recent), strict=True)]
        self.recent, self.points = [], start + 1
        return {"start": start, "curve": {"step": [step], **told}, "kl_per_latent": latents}


class History:
    """Moments to look back at: never more than MOMENTS, thinned to every second one when they would be."""

    def __init__(self) -> None:
        self.moments: list[tuple[int, Tensor, Tensor]] = []
        self._turn, self._stride = 0, 1

    def add(self, step: int, samples: Tensor, points: Tensor) -> None:
        if self._turn % self._stride == 0:
            self.moments.append((step, samples, points))
        self._turn += 1
        if len(self.moments) >= MOMENTS:
            self.moments, self._stride = self.moments[::2], 2 * self._stride

    def told(self) -> dict[str, Any]:
        """{"steps": [K], "samples": wire uint8 (K, 64, 28, 28), "points": wire float16 (K, 500, 2)}."""
        steps, samples, points = zip(*self.moments, strict=True)
        coarse = 255 // (GREYS - 1)
        greys = (torch.stack(samples).float() / coarse).round().mul(coarse).to(torch.uint8)
        return {
            "steps": list(steps),
            "samples": wire.encode(greys.numpy(), level=1),
            "points": wire.encode(torch.stack(points).half().numpy(), level=1),
        }


def due(step: int, settings: VaeSettings) -> bool:
    """Whether a frame is due after so many steps."""
    every = max(EVERY[settings.architecture], settings.steps // MOST_FRAMES)
    return step % every == 0 or step in FIRST or step == settings.steps


def begin(settings: VaeSettings, train: Images) -> Learner:
    """A new learner, or one that goes on from settings.start. Raises ModelError, SettingError."""
    learner = Learner(settings, train.images)
    if settings.start:
        kept = CHECKPOINTS.get(settings.start, "vae")
        for name in ("architecture", "latent_size"):
            if getattr(kept.settings, name) != getattr(settings, name):
                raise SettingError("vae_other_shape", field=name, value=getattr(kept.settings, name))
        learner.restore(kept.state)
    return learner


def train_vae(settings: VaeSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """Frames as in vae_tasks.py. Raises FloatingPointError after a last frame when the numbers are no longer finite."""
    train, test = (yield from mnist.opened("train")), (yield from mnist.opened("test"))
    learner = begin(settings, train)
    view, curve, history, now = View(settings, test), Curve(), History(), {"step": learner.steps}
    now |= yield from frame(learner, view, curve, history)
    yield now
    broken = False
    while learner.steps < settings.steps and control.reason is None and not broken:
        for name, value in control.changes():
            learner.set(name, value)
        by_hand = control.paused  # then a whole step is one unit
        terms = finished(learner.step()) if by_hand else (yield from learner.step())
        if broken := not is_finite(terms):
            break
        curve.add(terms)
        yielded = frame(learner, view, curve, history)
        ...
