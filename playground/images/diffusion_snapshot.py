"""Step k of n is not a run of k steps: the same noise after k evaluations of a long run, and at the end of a short one.

A sampler divides the whole way from noise to image into as many strides as it is given steps. After k of n strides it
is still far up the way; with k strides alone, longer ones, it has arrived. What the model would answer if it had to
arrive at once, x̂₀, lies between the two.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import torch
from torch import Tensor

from playground import wire
from playground.images.denoiser import Denoiser, Walk, as_images, draw_noise, evaluations, generators, opened
from playground.images.diffusion_comparing import SnapshotSettings
from playground.images.judge import judged
from playground.inference.control import Control

SHOWN = 10  # images that are told; all are judged
Frames = Iterator[dict[str, Any] | None]


class Run:
    """All images of the settings on their walk from noise, in so many steps."""

    def __init__(self, model: Denoiser, settings: SnapshotSettings, steps: int) -> None:
        self.labels, self.guidance = torch.tensor(settings.classes), settings.guidance
        self.rngs = generators(settings.seed, len(self.labels))  # the same noise, however many steps
        self.walk = Walk(model, settings.sampler, steps, settings.eta)
        self.walk.start(draw_noise(self.rngs))

    def step(self) -> Generator[None, None, Tensor]:
        """One evaluation; x̂₀ (B, 1, 28, 28). Raises FloatingPointError when it is not finite."""
        moment = yield from self.walk.evaluate(self.labels, self.guidance, self.rngs)
        if not moment.x0.isfinite().all():
            raise FloatingPointError
        return moment.x0

    def told(self, x: Tensor) -> Generator[None, None, dict[str, Any]]:
        """x (B, 1, 28, 28) as {"images": wire uint8 (≤ SHOWN, 28, 28), "accuracy", "confidence"}."""
        images = as_images(x)
        told = yield from judged(images, self.labels)
        return {
            "images": wire.encode(images[:SHOWN].numpy()),
            "accuracy": told["conditional_accuracy"],
            "confidence": told["confidence"],
        }


def snapshots(settings: SnapshotSettings, control: Control) -> Frames:
    """Frames: the first with {"opening": {"classes" of the images that are told, "evaluations": n, "timesteps" of the
    long run, "lengths": the k}}; then one of "snapshots" [{"k", "x_t", "x0": each as `told`}] for each k on the long
    run's way, and one of "runs" [{"k", "timesteps", "images": as `told`}] for each short run. Both lists grow."""
    yield from side_by_side((yield from opened()), settings, control)


def side_by_side(model: Denoiser, settings: SnapshotSettings, control: Control) -> Frames:
    n = evaluations(settings.sampler, settings.steps)
    ks = sorted({evaluations(settings.sampler, k) for k in settings.lengths(n)})
    run = Run(model, settings, settings.steps)
    opening = {"classes": list(settings.classes[:SHOWN]), "evaluations": n, "lengths": ks}
    yield {"snapshots": [], "runs": [], "opening": opening | {"timesteps": run.walk.timesteps}}
    for _ in control.steps(n):
        x0 = yield from run.step()
        yield
        if run.walk.done in ks:
            seen = {"x_t": (yield from run.told(run.walk.x_t)), "x0": (yield from run.told(x0))}
            yield {"snapshots": [{"k": run.walk.done} | seen], "runs": []}
    if run.walk.over:
        yield (yield from finished(run))
    for k in ks[:-1]:
        if control.reason is not None:  # to make a sampler takes a while
            return
        short = Run(model, settings, k)
        for _ in control.steps(k):
            yield from short.step()
            yield
        if short.walk.over:
            yield (yield from finished(short))


def finished(run: Run) -> Generator[None, None, dict[str, Any]]:
    images = yield from run.told(run.walk.x_t)
    return {"snapshots": [], "runs": [{"k": run.walk.done, "timesteps": run.walk.timesteps, "images": images}]}
