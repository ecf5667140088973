"""Diffusion: what it draws, how fast, and how large its trace is: python -m tests.benchmarks.diffusion [NAME …]

accuracy    1,000 images at guidance 1.5: the part that the judge takes for the digit that was asked for
distance    Fréchet distance of 10,000 images, 20 steps, over that of as many training images
time        ten digits, 20 steps, guidance: through the engine to the last frame, over the same loop written with
            diffusers' scheduler and model alone; by turns, the median of each turn's ratio
bytes       ten images of 50 steps, x_t and x̂₀: all that the page gets for them, over the same as PNG files
classifier  1,000 test digits by 20 noised copies each: the part that is right
"""

from __future__ import annotations

import io
import json
import statistics
import sys
import time
from collections.abc import Callable

import torch
from diffusers import DDPMScheduler, DPMSolverMultistepScheduler, UNet2DModel
from PIL import Image
from torch import Tensor

from components.diffusion_values import page_value
from components.runs import packed
from playground.images import mnist
from playground.images.denoiser import FOLDER, as_images, as_model_input, load
from playground.images.diffusion_classifier import class_losses, draws
from playground.images.diffusion_settings import DenoiseSettings
from playground.images.diffusion_tasks import DENOISE
from playground.images.judge import floor
from playground.inference.device import prepare_torch
from playground.inference.engine import Engine
from playground.recipes.mnist_ddpm_card import measure

TURNS = 7
COPIES = 20  # noised copies of each digit that is classified


def row(what: str, figure: str, target: str) -> None:
    print(f"{what:<60}{figure:>12}{target:>12}", flush=True)


def accuracy() -> None:
    for sampler, steps, target in (("dpmsolver++", 12, "≥ 99.5 %"), ("ddim", 50, "≥ 99 %")):
        row(f"{sampler}, {steps} steps", f"{measure(load(), sampler, steps, 1.5, 1_000)['accuracy']:.1%}", target)


def distance() -> None:
    for guidance in (1.0, 1.5):
        ratio = measure(load(), "dpmsolver++", 20, guidance, 10_000)["frechet"] / floor(10_000)
        row(f"Fréchet distance over the floor, guidance {guidance}", f"{ratio:.2f}", "≤ 4")


class Timed:
    """The same ten digits, through the engine and without it."""

    def __init__(self) -> None:
        self.engine = Engine(prepare=prepare_torch)
        self.network = UNet2DModel.from_pretrained(FOLDER).float().eval()
        self.schedule = DDPMScheduler.from_pretrained(FOLDER)

    def ours(self, seed: int) -> Tensor:
        ticket = self.engine.submit(DENOISE, DenoiseSettings(seed=seed))
        *_, last = (packed(page_value(event, DenoiseSettings())) for event in self.engine.frames(ticket))
        return json.loads(last)

    @torch.no_grad()
    def theirs(self, seed: int) -> Tensor:
        scheduler = DPMSolverMultistepScheduler.from_config(self.schedule.config, timestep_spacing="trailing")
        scheduler.set_timesteps(20)
        labels = torch.tensor([*range(10), *[10] * 10])
        rngs = [torch.Generator().manual_seed(seed + j) for j in range(10)]
        x = torch.cat([torch.randn(1, 1, 28, 28, generator=rng) for rng in rngs])
        for t in scheduler.timesteps:
            given, nothing = self.network(torch.cat([x, x]), t, class_labels=labels).sample.chunk(2)
            x = scheduler.step(nothing + 1.5 * (given - nothing), t, x).prev_sample
        return as_images(x)


def timed() -> None:
    both = Timed()
    pairs = [(_seconds(both.ours, seed), _seconds(both.theirs, seed)) for seed in range(TURNS + 1)][1:]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    both.engine.close()
    ratio = statistics.median(one / other for one, other in pairs)
    row(f"ten digits, {ours:.2f} s; the plain loop {theirs:.2f} s", f"{ratio:.3f}", "≤ 1.15")


def _seconds(run: Callable[[int], object], seed: int) -> float:
    start = time.perf_counter()
    run(seed)
    return time.perf_counter() - start


def size() -> None:
    engine, settings = Engine(prepare=prepare_torch), DenoiseSettings(steps=50)
    *_, last = engine.frames(engine.submit(DENOISE, settings))
    engine.close()
    told = len(packed(page_value(last, settings)).encode())
    files = sum(png(image) for step in last.frame["steps"] for images in (step.x_t, step.x0) for image in images)
    row(f"ten images of 50 steps, {told:,} bytes; as PNG {files:,}", f"{told / files:.2f}", "≤ 0.9")


def png(image: Tensor) -> int:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.tell()


def classifier(count: int = 1_000) -> None:
    model, right = load(), 0
    images, labels = mnist.digits("test")
    for index in range(count):
        x0, losses = as_model_input(images[index, None]), torch.zeros(10)
        for t, epsilon in draws(COPIES, seed=index):
            losses += _result(class_losses(model, x0, t, epsilon))
        right += int(losses.argmin()) == int(labels[index])
    row(f"{count:,} test digits, {COPIES} noised copies each", f"{right / count:.1%}", "≥ 98 %")


def _result(generator) -> Tensor:
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


FIGURES = {"accuracy": accuracy, "distance": distance, "time": timed, "bytes": size, "classifier": classifier}


def main(names: list[str]) -> None:
    prepare_torch()  # one thread, as the playground has it
    for name in names or FIGURES:
        FIGURES[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
