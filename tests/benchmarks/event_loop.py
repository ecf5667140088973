"""What the page feels of the work beside it: python -m tests.benchmarks.event_loop

Thirty training runs (stand-ins: real torch steps of a small GAN, each run with a viewer of its own) go on while
  the event loop is asked every 5 ms to do nothing: how late it is, is its lag;
  one more run is stopped, again and again: how long until its viewer has its last frame.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass

from playground import wire
from playground.inference.control import Control
from playground.inference.device import prepare_torch
from playground.inference.engine import Engine
from playground.inference.tasks import Lane, Task
from playground.settings import Settings, integer

RUNS = 30
LAG_LIMIT, STOP_LIMIT = 0.1, 0.2  # seconds
FRAME_EVERY = 5  # steps


@dataclass(frozen=True)
class GanSettings(Settings):
    """Enough to tell runs apart."""

    seed: int = integer(0, low=0, high=10**6)


def train(settings: GanSettings, control: Control) -> Iterator[dict | None]:
    """A GAN on noise for data: 28×28 pictures, batches of 64, one step a unit, a sheet of 16 pictures a frame."""
    import torch
    from torch import nn

    generator = torch.Generator().manual_seed(settings.seed)
    maker = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 784), nn.Sigmoid())
    judge = nn.Sequential(nn.Linear(784, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1))
    improve_maker, improve_judge = (torch.optim.Adam(model.parameters(), 2e-4) for model in (maker, judge))
    loss, ones, zeros = nn.functional.binary_cross_entropy_with_logits, torch.ones(64, 1), torch.zeros(64, 1)
    for step in control.steps(10**9):
        real = torch.rand(64, 784, generator=generator)
        fake = maker(torch.randn(64, 64, generator=generator))
        improve_judge.zero_grad()
        (loss(judge(real), ones) + loss(judge(fake.detach()), zeros)).backward()
        improve_judge.step()
        improve_maker.zero_grad()
        loss(judge(fake), ones).backward()
        improve_maker.step()
        sheet = (fake[:16].detach() * 255).to(torch.uint8).numpy().reshape(16, 28, 28)
        yield {"step": step, "images": wire.encode(sheet)} if step % FRAME_EVERY == 0 else None


GAN = Task("stand-in", Lane.TRAINING, run=train)


async def look(engine: Engine, seed: int) -> None:
    """One viewer, for as long as nobody cancels it."""
    async with aclosing(engine.watch(engine.submit(GAN, GanSettings(seed=seed), f"person {seed}"))) as events:
        async for event in events:
            assert event.error is None, event.error


async def lags(seconds: float, every: float = 0.005) -> list[float]:
    """How many seconds late the loop was, each time."""
    loop, late = asyncio.get_running_loop(), []
    until = loop.time() + seconds
    while (start := loop.time()) < until:
        await asyncio.sleep(every)
        late.append(loop.time() - start - every)
    return late


async def stops(engine: Engine, times: int) -> list[float]:
    """Seconds from stop() to the last frame of a run that is well under way."""
    took = []
    for i in range(times):
        ticket = engine.submit(GAN, GanSettings(seed=1000 + i), "who stops")
        async with aclosing(engine.watch(ticket)) as events:
            async for event in events:
                if event.frame is not None and event.state != "done" and len(took) == i:
                    await asyncio.sleep(0.017 * (i % 7))  # at any moment of the others' slices
                    start = time.perf_counter()
                    engine.stop(ticket)
                if event.state == "done":
                    assert event.frame is not None and event.reason == "stopped"
                    took.append(time.perf_counter() - start)
    return took


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98]


async def measure(seconds: float = 10.0, stopped: int = 60) -> tuple[list[float], list[float], list[float]]:
    """(lags of the idle loop, lags beside RUNS runs, times to stop beside RUNS runs), all in seconds."""
    engine = Engine(prepare=prepare_torch, max_training=RUNS + 1)
    engine.call(prepare_torch).result()
    idle = await lags(seconds / 2)
    viewers = [asyncio.create_task(look(engine, seed)) for seed in range(RUNS)]
    await lags(2.0)  # all have begun
    busy = await lags(seconds)
    stopping = await stops(engine, stopped)
    assert not any(viewer.done() for viewer in viewers), "a run broke off"
    for viewer in viewers:
        viewer.cancel()
    await asyncio.gather(*viewers, return_exceptions=True)
    engine.close()
    return idle, busy, stopping


def main() -> None:
    idle, busy, stopping = asyncio.run(measure())
    print("| what | p50 | p99 | longest | at most |")
    print("| --- | --- | --- | --- | --- |")
    for name, values, limit in (
        ("event loop's lag, nothing going on", idle, None),
        (f"event loop's lag, {RUNS} training runs with a viewer each", busy, LAG_LIMIT),
        (f"from Stop to the last frame, beside {RUNS} runs", stopping, STOP_LIMIT),
    ):
        figures = [statistics.median(values), p99(values), max(values)]
        bound = "" if limit is None else f"p99 ≤ {limit * 1000:.0f} ms"
        print(f"| {name} | " + " | ".join(f"{value * 1000:.1f} ms" for value in figures) + f" | {bound} |")


if __name__ == "__main__":
    main()
