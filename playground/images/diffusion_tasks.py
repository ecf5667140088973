"""Diffusion as the engine runs it. Imports no torch: what computes is imported when it first runs."""

from __future__ import annotations

from typing import Any

from playground.frames import append
from playground.images.diffusion_frames import kept
from playground.images.diffusion_settings import DenoiseSettings, EditSettings
from playground.inference.tasks import Lane, Task, later

ACTIVATIONS = 32_000_000  # bytes of a forward pass of sixteen rows, and of the judge's
BYTES_PER_PICTURE = 2 * 784 + 2 * 1_100  # x_t and x̂₀ of one image at one step, and both as they are told
BYTES_PER_IMAGE = 6 * 784 * 4 + 4 * 128  # x, v̂, x̂₀, ε̂ and a sampler's history, and the judge's features
FLOW_BYTES = 8_000_000  # a small network, its optimiser, and every frame of its training
SECONDS = 300  # a thousand steps of sixty-four images with guidance take that and more: what was done is kept


def _bytes(settings: DenoiseSettings | EditSettings) -> int:
    images = len(settings.classes)
    return ACTIVATIONS + images * (BYTES_PER_IMAGE + len(kept(settings.steps, images)) * BYTES_PER_PICTURE)


def _walk(name: str, run: str) -> Task:
    """A task whose frames are those of a walk from noise to images."""
    run = later(f"playground.images.{run}")
    return Task(name, Lane.INTERACTIVE, run=run, peak_bytes=_bytes, merge=append, seconds=SECONDS)


def _single(name: str, run: str, **more: Any) -> Task:
    run = later(f"playground.images.{run}")
    return Task(name, Lane.INTERACTIVE, run=run, peak_bytes=lambda settings: ACTIVATIONS, seconds=60, **more)


DENOISE = _walk("denoise", "diffusion:denoise")
BRANCH = _walk("branch", "diffusion:branch")
DENOISE_FROM = _walk("denoise_from", "diffusion_editing:denoise_from")
INPAINT = _walk("inpaint", "diffusion_editing:inpaint")
GRID = Task(
    "denoising_grid",
    Lane.TRAINING,  # it takes its time: who waits for one image goes first
    run=later("playground.images.diffusion_grid:grid"),
    peak_bytes=lambda settings: ACTIVATIONS + settings.images * BYTES_PER_IMAGE,
    merge=append,
    seconds=900,
)
SNAPSHOT = Task(
    "snapshot",
    Lane.INTERACTIVE,
    run=later("playground.images.diffusion_snapshot:snapshots"),
    peak_bytes=lambda settings: ACTIVATIONS + 2 * len(settings.classes) * BYTES_PER_IMAGE,
    merge=append,
    seconds=SECONDS,
)
ADD_NOISE = _single("add_noise", "diffusion_editing:add_noise")
CLASSIFY = _single("classify_by_denoising", "diffusion_classifier:classify")
POSTERIORS = _single("posteriors", "diffusion_textbook:posteriors")
DECIDING = _single("deciding", "diffusion_deciding:deciding")
TRAIN_FLOW = Task(
    "train_flow",
    Lane.TRAINING,
    run=later("playground.images.point_flows:train"),
    peak_bytes=lambda settings: FLOW_BYTES,
    merge=append,
    seconds=120,
    small=True,
)
