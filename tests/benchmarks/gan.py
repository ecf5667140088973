"""The live GAN against the textbook, and what the live view costs: python -m tests.benchmarks.gan [SECONDS] [PART …]

distance   Both train for 60 s of one core's time: ours as the page runs it (the default preset, with its frames and its
           judge), the script as it stands in textbooks (below). Then each draws 1,000 samples; three seeds, medians.
embedded   10,000 samples of the embedded generator, against as many training images.
view       Steps a second of a run in the engine, watched and packed for a browser, against the bare loop of train_step:
           by turns, by the process's own time, so that other work on the machine counts on neither side.
viewers    Sixty people watch one run, against one: steps a second, and frames a second for each.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from components.runs import packed, told_whole
from playground.images import mnist
from playground.images.gan_players import Players, as_images, fixed_noise
from playground.images.gan_settings import GanSettings
from playground.images.gan_start import checkpoint_of, embedded
from playground.images.gan_tasks import TRAIN_GAN
from playground.images.gan_training import train_gan, train_step
from playground.images.judge import figures, judged
from playground.inference.control import Control
from playground.inference.device import prepare_torch
from playground.inference.engine import Engine

SEEDS, SAMPLES, MANY = (0, 1, 2), 1000, 10_000


def finish(units: Iterator) -> object:
    """What a generator returns."""
    while True:
        try:
            next(units)
        except StopIteration as end:
            return end.value


@torch.no_grad()
def judgement(draw: Callable[[int], Tensor], count: int) -> dict:
    """The judge's, of `count` images: draw(n) gives n of them, (n, 28, 28) uint8."""
    return finish(judged(torch.cat([draw(n * 100) for n in range(count // 100)])))


def ours(seed: int, seconds: float) -> dict:
    settings = GanSettings(seed=seed, steps=20_000)
    control, told, begin = Control(settings), set(), time.process_time()
    for frame in train_gan(settings, control):
        control.step += 1
        if control.reason is None and time.process_time() - begin > seconds:
            control.reason = "stopped"  # its last frame keeps a checkpoint
        told |= {notice["key"] for notice in (frame or {}).get("diagnoses", ())}
        checkpoint, step = (frame or {}).get("checkpoint"), (frame or {}).get("step")
    assert not told, told  # this is the healthy one
    return drawn_from(checkpoint["id"], SAMPLES) | {"steps": step}


def drawn_from(name: str, count: int) -> dict:
    there = checkpoint_of(name)
    players = Players(there.settings, there.state)
    z, y = fixed_noise(there.settings, count, stream=3)
    return judgement(lambda n: as_images(players.shown(z[n : n + 100], y[n : n + 100])), count)


def textbook(seed: int, seconds: float) -> dict:
    """As it is printed: fully connected, LeakyReLU, BCELoss, Adam 2e-4, batches of 64."""
    torch.manual_seed(seed)
    images = mnist.images("train").float().flatten(1) / 127.5 - 1  # (60000, 784)
    g = nn.Sequential(
        *(nn.Linear(100, 256), nn.LeakyReLU(0.2), nn.Linear(256, 512), nn.LeakyReLU(0.2)),
        *(nn.Linear(512, 1024), nn.LeakyReLU(0.2), nn.Linear(1024, 784), nn.Tanh()),
    )
    d = nn.Sequential(
        *(nn.Linear(784, 512), nn.LeakyReLU(0.2), nn.Linear(512, 256), nn.LeakyReLU(0.2)),
        *(nn.Linear(256, 1), nn.Sigmoid()),
    )
    of_g, of_d = (torch.optim.Adam(player.parameters(), 2e-4, (0.5, 0.999)) for player in (g, d))
    loss, real, fake, steps = nn.BCELoss(), torch.ones(64, 1), torch.zeros(64, 1), 0
    begin = time.process_time()
    while time.process_time() - begin < seconds:
        batch, made = images[torch.randint(60_000, (64,))], g(torch.randn(64, 100))
        of_d.zero_grad()
        (loss(d(batch), real) + loss(d(made.detach()), fake)).backward()
        of_d.step()
        of_g.zero_grad()
        loss(d(made), real).backward()
        of_g.step()
        steps += 1
    return judgement(lambda _: as_images(g(torch.randn(100, 100)).view(-1, 1, 28, 28)), SAMPLES) | {"steps": steps}


def distances(seconds: float) -> None:
    names = ("frechet", "entropy", "confidence")
    print(f"{seconds:.0f} s of training{'steps':>16}{'distance':>10}{'entropy':>9}{'confidence':>12}")
    middle = {}
    for who in (ours, textbook):
        runs = [who(seed, seconds) for seed in SEEDS]
        for seed, run in zip(SEEDS, runs, strict=True):
            print(
                f"{who.__name__:<12} seed {seed}{run['steps']:>14}",
                *(f"{run[name]:>9.4g}" for name in names),
                flush=True,
            )
        middle[who] = {name: statistics.median(run[name] for run in runs) for name in names}
        floor = runs[0]["floor"]
    mine, its = middle[ours]["frechet"], middle[textbook]["frechet"]
    print(f"median {mine:.2f} against {its:.1f}: 1/{its / mine:.1f} (at most 1/8),", end=" ")
    print(f"{mine / floor:.1f} x the floor (at most 16)")
    print(f"entropy {middle[ours]['entropy']:.4f} (at least 0.95), confidence {middle[ours]['confidence']:.3f} (0.88)")


def of_embedded() -> None:
    told = drawn_from("embedded", MANY)
    print(f"embedded, {MANY:,} samples: {told['frechet']:.3f}, floor {told['floor']:.3f},", end=" ")
    print(f"{told['frechet'] / told['floor']:.2f} x (at most 4); entropy {told['entropy']:.4f},", end=" ")
    print(f"confidence {told['confidence']:.4f} (test images {figures()['test']['confidence']:.4f})", flush=True)


# ---------------------------------------------------------------- what the view costs


async def watched(engine: Engine, settings: GanSettings, viewers: int) -> tuple[float, float, list[int]]:
    """Process seconds, wall seconds, and each viewer's frames, of a run that so many people watch to its end."""

    async def view(ticket: str) -> int:
        frames = 0
        async for event in engine.watch(ticket):
            frames += event.frame is not None
            packed(told_whole(event, settings))
        return frames

    process, wall = time.process_time(), time.perf_counter()
    tickets = [engine.submit(TRAIN_GAN, settings, owner=str(n)) for n in range(viewers)]
    frames = await asyncio.gather(*map(view, tickets))
    return time.process_time() - process, time.perf_counter() - wall, frames


def bare(settings: GanSettings) -> float:
    """Process seconds of the same steps with nobody looking."""
    players, (images, labels) = Players(settings), mnist.digits("train")
    begin = time.process_time()
    for _ in range(settings.steps):
        finish(train_step(players, settings, images, labels))
    return time.process_time() - begin


def view(turns: int = 5, steps: int = 400) -> None:
    engine, ratios = Engine(prepare=prepare_torch), []
    for turn in range(turns):
        settings = GanSettings(steps=steps, seed=100 + turn)
        alone = bare(settings)
        seen, wall, (frames,) = asyncio.run(watched(engine, settings, 1))
        ratios.append(alone / seen)
        print(f"bare {steps / alone:.1f} steps/s, watched {steps / seen:.1f}, {frames / wall:.1f} frames/s", flush=True)
    print(f"with the view on {statistics.median(ratios):.3f} of the bare loop's steps a second (at least 0.9)")
    engine.close()


def crowd(turns: int = 3, steps: int = 400, viewers: int = 60) -> None:
    engine, ratios = Engine(prepare=prepare_torch), []
    for turn in range(turns):
        walls, work = {}, {}
        for count in (1, viewers):
            settings = GanSettings(steps=steps, seed=200 + 2 * turn + (count > 1))
            work[count], walls[count], frames = asyncio.run(watched(engine, settings, count))
        ratios.append(walls[1] / walls[viewers])
        rate, more = min(frames) / walls[viewers], work[viewers] / work[1]
        print(f"{viewers} viewers: {rate:.1f} frames/s each at least, {ratios[-1]:.2f} of the speed", end=", ")
        print(f"{more:.2f} x the process's work", flush=True)
    print(f"sixty watch at {statistics.median(ratios):.2f} of the speed of one (at least 0.8)")
    engine.close()


PARTS = {"distance": None, "embedded": of_embedded, "view": view, "viewers": crowd}


def main(*asked: str) -> None:
    prepare_torch()
    embedded()
    seconds = next((float(arg) for arg in asked if arg not in PARTS), 60.0)
    for name in [arg for arg in asked if arg in PARTS] or PARTS:
        print(f"\n{name}")
        distances(seconds) if name == "distance" else PARTS[name]()


if __name__ == "__main__":
    main(*sys.argv[1:])
