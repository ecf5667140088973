"""When is it decided which digit it becomes? Images drawn with no class asked for, and what a classifier makes of the
model's guess x̂₀ at each step. A person who looks at x_t alone guesses too.

Told a class, the model's first guess is already the mean of that class: there would be nothing to decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from playground import wire
from playground.images.denoiser import Walk, as_images, draw_noise, generators, opened
from playground.images.diffusion_settings import NO_CLASS, DecidingSettings
from playground.images.judge_network import features_and_logits
from playground.inference.control import Control

DRAWN, ROUNDS = 16, 10  # images, and at most so many of them are to be guessed
CLEAR = 0.9  # the judge's least probability of its digit for a finished image that can be argued about


def deciding(settings: DecidingSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame, of the first R ≤ ROUNDS images that the judge is sure of: {"classes" (R), what it says each became;
    "t" (n), the steps' times; "x_t", "x0": wire uint8 (n, R, 28, 28), what the model saw and its guess; "images": wire
    uint8 (R, 28, 28); "p": wire float32 (n, R, 10), its probability of each digit, given x̂₀}. A stopped run tells
    nothing."""
    model = yield from opened()
    nobody, rngs = torch.full((DRAWN,), NO_CLASS), generators(settings.seed, DRAWN)
    walk = Walk(model, "dpmsolver++", settings.steps)
    walk.start(draw_noise(rngs))
    seen, guessed, p = [], [], []
    for _ in control.steps(len(walk.timesteps)):
        moment = yield from walk.evaluate(nobody, 1.0, rngs)
        seen.append(as_images(moment.x_t))
        guessed.append(as_images(moment.x0))
        yield None
        p.append(features_and_logits(guessed[-1])[1].softmax(1))  # (DRAWN, 10)
        yield None
    if not walk.over:
        return
    images = as_images(walk.x_t)
    sure, classes = features_and_logits(images)[1].softmax(1).max(1)
    clear = (sure >= CLEAR).nonzero()[:ROUNDS, 0]  # (R,)
    yield {
        "classes": classes[clear].tolist(),
        "t": walk.timesteps,
        "x_t": wire.encode(torch.stack(seen)[:, clear].numpy()),
        "x0": wire.encode(torch.stack(guessed)[:, clear].numpy()),
        "images": wire.encode(images[clear].numpy()),
        "p": wire.encode(torch.stack(p)[:, clear].numpy()),
    }
