"""The same images drawn with two settings varied, in a grid: what a setting does is seen beside what it does not."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import Any

import torch

from playground import wire
from playground.images.denoiser import Denoiser, Walk, as_images, draw_noise, generators, opened
from playground.images.diffusion_settings import GridSettings, SamplingSettings
from playground.images.judge import judged
from playground.inference.control import Control

SHOWN = 10  # images of a cell that are told: one of each digit


def grid(settings: GridSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """Frames: {"start", "cells": [{"x", "y": places in the lists of values, "images": wire uint8 (SHOWN, 28, 28),
    "evaluations", "seconds", "accuracy", "confidence", "frechet" and "floor": None for fewer than 500 images}]}."""
    yield from cells((yield from opened()), settings, control)


def cells(model: Denoiser, settings: GridSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    places = [(i, j) for j in range(len(settings.y_values)) for i in range(len(settings.x_values))]
    yield {"start": 0, "cells": []}
    for n, (i, j) in enumerate(places):
        asked = settings.cell(settings.x_values[i], settings.y_values[j])
        cell = yield from one_cell(model, asked, settings.classes, control)
        if cell is None:  # the run should end
            return
        yield {"start": n, "cells": [{"x": i, "y": j} | cell]}


def one_cell(
    model: Denoiser, asked: SamplingSettings, classes: tuple[int, ...], control: Control
) -> Generator[None, None, dict[str, Any] | None]:
    """What is told of a cell; None when the run should end before it is done."""
    began, labels, rngs = time.perf_counter(), torch.tensor(classes), generators(asked.seed, len(classes))
    walk = Walk(model, asked.sampler, asked.steps, asked.eta)
    walk.start(draw_noise(rngs))
    for _ in control.steps(len(walk.timesteps)):
        yield from walk.evaluate(labels, asked.guidance, rngs)
        yield
    if not walk.over:
        return None
    if not walk.x.isfinite().all():
        raise FloatingPointError
    images = as_images(walk.x_t)
    seconds = time.perf_counter() - began
    told = yield from judged(images, labels)
    return {
        "images": wire.encode(images[:SHOWN].numpy()),
        "evaluations": walk.done,
        "seconds": seconds,
        "accuracy": told["conditional_accuracy"],
        **{name: told[name] for name in ("confidence", "frechet", "floor")},
    }
