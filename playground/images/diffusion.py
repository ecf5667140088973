"""Denoising: digits out of noise, step by step, and runs that change their mind on the way."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import Any

import torch
from torch import Tensor

from playground import wire
from playground.images.denoiser import Denoiser, Known, Moment, Walk, as_images, draw_noise, generators, opened
from playground.images.diffusion_frames import Teller, kept
from playground.images.diffusion_settings import MODEL, NO_CLASS, BranchSettings, DenoiseSettings
from playground.images.judge import judged
from playground.inference.control import Control

Frames = Iterator[dict[str, Any] | None]


class Telling:
    """The frames of a walk: what is told of it first, of each kept step, and last."""

    def __init__(self, walk: Walk, classes: tuple[int, ...]) -> None:
        self.walk, self.classes = walk, classes
        self.first = walk.before + walk.done  # evaluations that nothing is told of
        whole = kept(walk.before + len(walk.timesteps), len(classes))  # of a branch: those of the run that it leaves,
        self.kept = sorted({self.first, *(n for n in whole if n >= self.first)})  # so that the two can be compared
        self.teller, self.told, self.began = Teller(len(classes)), 0, time.perf_counter()

    def opening(self, **more: Any) -> dict[str, Any]:
        opening = {
            "model": MODEL,
            "classes": list(self.classes),  # of each image
            "first": self.first,  # the number of the first evaluation that is told of
            "timesteps": self.walk.timesteps[self.walk.done :],  # of each from there on
            "kept": self.kept,  # by number
            "levels": self.teller.levels,  # to 1.0, of what is told of each step
            "alphas_cumprod": wire.encode(self.walk.denoiser.alphas_cumprod.numpy()),  # (1000,): the noise schedule
            "notices": [],
        }
        return {"start": 0, "steps": [], "opening": opening | more}

    def step(self, moment: Moment) -> dict[str, Any] | None:
        """A frame, when this moment is one of those kept. Raises FloatingPointError when it is not finite."""
        if not (moment.x0.isfinite().all() and moment.noise.isfinite().all()):
            raise FloatingPointError
        if moment.index not in self.kept:
            return None
        images = {"x_t": as_images(moment.x_t).numpy(), "x0": as_images(moment.x0).numpy()}
        exact = {"x0": moment.x0[:, 0].numpy(), "noise": moment.noise[:, 0].numpy()}
        step = self.teller.step(moment.index, moment.t, moment.alpha_cumprod, images, **exact)
        self.told += 1
        return {"start": self.told - 1, "steps": [step]}

    def closing(self, images: Tensor) -> Generator[None, None, dict[str, Any]]:
        """images: (B, 28, 28) uint8. The judge looks only at finished ones."""
        closing: dict[str, Any] = {
            "images": wire.encode(images.numpy()),
            "evaluations": self.walk.before + self.walk.done,
        }
        closing["seconds"] = time.perf_counter() - self.began
        if self.walk.over:
            asked = None if NO_CLASS in self.classes else torch.tensor(self.classes)
            closing["judged"] = yield from judged(images, asked)
        return {"start": self.told, "steps": [], "closing": closing}


def denoise(settings: DenoiseSettings, control: Control) -> Frames:
    """Images of digits from noise."""
    yield from digits_from_noise((yield from opened()), settings, control)


def digits_from_noise(model: Denoiser, settings: DenoiseSettings, control: Control) -> Frames:
    rngs = generators(settings.seed, len(settings.classes))
    walk = Walk(model, settings.sampler, settings.steps, settings.eta)
    walk.start(draw_noise(rngs))
    telling = Telling(walk, settings.classes)
    yield telling.opening()
    yield from go_on(telling, torch.tensor(settings.classes), settings.guidance, rngs, control)
    yield (yield from telling.closing(as_images(walk.x_t)))


def go_on(
    telling: Telling,
    classes: Tensor,
    guidance: float,
    rngs: list[torch.Generator],
    control: Control,
    known: Known | None = None,
) -> Frames:
    """Walk to the end, or until the run should end. A frame for each step that is kept, a unit of work of its own."""
    for _ in control.steps(len(telling.walk.timesteps) - telling.walk.done):
        moment = yield from telling.walk.evaluate(classes, guidance, rngs, known)
        yield
        yield telling.step(moment)


def branch(settings: BranchSettings, control: Control) -> Frames:
    """The same, but from evaluation `at` on with other digits, another guidance or another sampler.

    The steps before are made again: noise from the same seeds leads to the same image, and the sampler's history and
    the generators to the state they were in. So a branch in which nothing changes is the run it branched from.
    """
    yield from changing_its_mind((yield from opened()), settings, control)


def changing_its_mind(model: Denoiser, settings: BranchSettings, control: Control) -> Frames:
    rngs = generators(settings.seed, len(settings.classes))
    walk = Walk(model, settings.sampler, settings.steps, settings.eta)
    walk.start(draw_noise(rngs))
    for _ in control.steps(min(settings.at, len(walk.timesteps) - 1)):
        yield from walk.evaluate(torch.tensor(settings.classes), settings.guidance, rngs)
        yield None
    if settings.then_sampler not in ("", settings.sampler):
        walk = walk.with_sampler(settings.then_sampler, settings.eta)
    telling = Telling(walk, settings.then_classes)
    yield telling.opening()
    guidance = settings.guidance if settings.then_guidance < 0 else settings.then_guidance
    yield from go_on(telling, torch.tensor(settings.then_classes), guidance, rngs, control)
    yield (yield from telling.closing(as_images(walk.x_t)))
