"""Training a VAE live, as a run whose frames a page draws while it goes on.

Frames come at steps that the settings alone decide, so that equal settings give equal frames however busy the machine.
A run that its owner paused and takes step by step gives one after each step.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from playground import wire
from playground.checkpoints import CHECKPOINTS
from playground.errors import SettingError
from playground.images import mnist
from playground.images.mnist import Images
from playground.images.vae import VAE, binarised
from playground.images.vae_diagnoses import EARLY, diagnose
from playground.images.vae_learner import Learner, Terms, held_out_terms, ink_certainty
from playground.images.vae_map import decode, encode, prior_places, square
from playground.images.vae_settings import POINTS, SAMPLES, VaeSettings
from playground.inference.aside import optimizers_imported
from playground.inference.control import Control
from playground.inference.units import finished, unless_ended

EVERY = {"mlp": 20, "conv": 14}  # steps between two frames: about a sixth of a second, and half of one
FIRST = (1, 2, 4, 7)  # and these: the beginning is the liveliest part
MOST_FRAMES = 400  # of a run, about
MEASURE_EVERY, MEASURED = 100, 1000  # steps between two looks at held-out images, and how many of them
JUDGED = 128  # of those, whose reconstructions are looked at for blur
MOMENTS = 60  # of the history, at most
LOG = 100  # changes that are told, the newest
COARSE = 17  # the history's pictures, small on screen, have the greys 0, 17, … 255


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
        told = {name: [sum(getattr(t, name) for t in self.recent) / n] for name in ("reconstruction", "kl", "elbo")}
        latents = [sum(column) / n for column in zip(*(t.kl_per_latent for t in self.recent), strict=True)]
        self.recent, self.points = [], start + 1
        return {"start": start, "curve": {"step": [step], **told}, "kl_per_latent": latents}


class History:
    """Moments to look back at: never more than MOMENTS, thinned to every second one when they would be."""

    def __init__(self) -> None:
        self._moments: list[tuple[int, Tensor, Tensor]] = []
        self._turn, self._stride = 0, 1

    def add(self, step: int, samples: Tensor, points: Tensor) -> None:
        if self._turn % self._stride == 0:
            greys = (samples.float() / COARSE).round().mul(COARSE).to(torch.uint8)
            self._moments.append((step, greys, points.half()))
        self._turn += 1
        if len(self._moments) >= MOMENTS:
            self._moments, self._stride = self._moments[::2], 2 * self._stride

    def told(self) -> dict[str, Any]:
        """{"steps": [K], "samples": wire uint8 (K, 64, 28, 28), "points": wire float16 (K, 500, 2)}."""
        steps, samples, points = zip(*self._moments, strict=True)
        return {
            "steps": list(steps),
            "samples": wire.encode(torch.stack(samples).numpy(), level=1),
            "points": wire.encode(torch.stack(points).numpy(), level=1),
        }


def due(step: int, settings: VaeSettings) -> bool:
    """Whether a frame is due after so many steps."""
    every = max(EVERY[settings.architecture], settings.steps // MOST_FRAMES)
    return step % every == 0 or step in FIRST or step == settings.steps


def begin(settings: VaeSettings, images: Tensor) -> Learner:
    """A new learner, or one that goes on from settings.start. Raises ModelError, SettingError."""
    learner = Learner(settings, images)
    if settings.start:
        kept = CHECKPOINTS.get(settings.start, "vae")
        for name in ("architecture", "latent_size"):
            if (had := getattr(kept.settings, name)) != getattr(settings, name):
                raise SettingError("vae_other_shape", field=name, value=had)
        learner.restore(kept.state)
    return learner


def train_vae(settings: VaeSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """Frames as vae_tasks.py says. Raises ModelError and SettingError at the start, and FloatingPointError after the
    last frame when numbers became infinite or undefined."""
    train = yield from mnist.opened("train", settings.data)
    test = yield from mnist.opened("test", settings.data)
    if settings.start:
        yield from optimizers_imported()  # its state is part of the checkpoint
    run, finite = Training(settings, begin(settings, train.images), test), True
    yield (yield from run.measured_frame() if control.reason is None else run.frame())
    yield from optimizers_imported()
    while run.going and control.reason is None:
        run.steer(control.changes())
        units = run.learner.step()
        terms = finished(units) if control.paused else (yield from unless_ended(units, control))
        if terms is None:
            break
        step, measuring = run.learner.steps, run.learner.steps % MEASURE_EVERY == 0 or not run.going
        showing = control.paused or measuring or due(step, settings)
        if not (finite := math.isfinite(terms.elbo) and not (showing and not run.learner.finite)):
            break
        run.curve.add(terms)
        if control.paused:  # by hand, a unit is a whole step with its frame
            yield finished(run.frame())
        elif showing:
            yield (yield from unless_ended(run.measured_frame() if measuring else run.frame(), control))
    yield run.last_frame(finite and run.learner.finite)
    if not finite:
        raise FloatingPointError


class Training:
    """A learner, and what is told of it."""

    def __init__(self, settings: VaeSettings, learner: Learner, test: Images) -> None:
        self.began = self.settings = settings
        self.learner, self.test = learner, test
        self.view, self.curve, self.history = View(settings, test), Curve(), History()
        self.until = learner.steps + settings.steps
        self.log: list[dict[str, Any]] = []  # settings that were changed, with the step
        self.diagnoses: list[dict[str, Any]] = []
        self.diagnosed: int | None = None  # the step as of which

    @property
    def going(self) -> bool:
        return self.learner.steps < self.until

    def steer(self, changes: Sequence[tuple[str, Any]]) -> None:
        for name, value in changes:
            setattr(self.learner, name, value)
            self.settings = dataclasses.replace(self.settings, **{name: value})
            self.log.append({"step": self.learner.steps, "set": {name: value}})

    def frame(self, held_out: Terms | None = None) -> Generator[None, None, dict[str, Any]]:
        """What is new, with `held_out` if that was just measured. Until its last unit it changes nothing."""
        step, told = self.learner.steps, {}
        samples, reconstructions, points = yield from self.view.look(self.learner.model)
        if held_out is not None:
            certainty = ink_certainty(self.learner.model, self.view.encoded[:JUDGED])
            yield
            self.diagnoses = diagnose(step, held_out.kl_per_latent, certainty)
            self.diagnosed = step if step >= EARLY else None
            told = measured(step, held_out) | {"ink_certainty": certainty}
        self.history.add(step, samples, points)
        told |= self.view.fixed | {
            "samples": wire.encode(samples.numpy()),
            "reconstructions": wire.encode(reconstructions.numpy()),
            "points": wire.encode(points.numpy()),
            "drawn": step,
        }
        return told | self.news()

    def measured_frame(self) -> Generator[None, None, dict[str, Any]]:
        """A frame with the terms on held-out images."""
        return (yield from self.frame((yield from held_out_terms(self.learner.model, self.test.images[:MEASURED]))))

    def news(self) -> dict[str, Any]:
        """All of a frame but its pictures."""
        step = self.learner.steps
        changes = [{"step": entry["step"], **entry["set"]} for entry in self.log[-LOG:]]
        return self.curve.news(step) | {
            "step": step,
            "diagnoses": self.diagnoses,
            "diagnosed": self.diagnosed,
            "log": changes,
        }

    def last_frame(self, finite: bool) -> dict[str, Any]:
        """The history, and a checkpoint of what is sound. The pictures are the latest that were told."""
        told = self.news() | {"history": self.history.told()}
        if finite:
            state = self.learner.state()
            told["checkpoint"] = CHECKPOINTS.keep("vae", self.settings, self.log, self.learner.steps, state, self.began)
        return told


def measured(step: int, terms: Terms) -> dict[str, Any]:
    """The terms on held-out images as a frame has them: the latest, and one more point of their curve."""
    point = {"step": step, "reconstruction": terms.reconstruction, "kl": terms.kl, "elbo": terms.elbo}
    curve = {name: [value] for name, value in point.items()}
    return {"held_out": point, "held_out_curve": curve, "kl_per_latent": terms.kl_per_latent}
