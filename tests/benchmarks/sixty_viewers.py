"""A class watches one training run, over HTTP: python -m tests.benchmarks.sixty_viewers

First one client trains the default GAN, then sixty ask for the same settings and seed in one moment, which is one run.
Told are the steps a second of both, from their own frames, and of the sixty when each saw its first frame and how many
it saw a second. The app runs in a process of its own; the clients, which unpack every frame, share the machine with it.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.conftest import running_app

VIEWERS, STEPS = 60, 1200
RATE_LIMIT, FIRST_LIMIT, FRAMES_LIMIT = 0.8, 2.0, 2.0


@dataclass
class Seen:
    """What one client saw: the time of each frame since the click, and its step."""

    times: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    wrong: str = ""

    @property
    def steps_a_second(self) -> float:
        return (self.steps[-1] - self.steps[0]) / (self.times[-1] - self.times[0])

    @property
    def frames_a_second(self) -> float:
        return (len(self.times) - 1) / (self.times[-1] - self.times[0])


async def watch(client: httpx.AsyncClient, app: str, seed: int, steps: int = STEPS) -> Seen:
    seen, began, event = Seen(), time.perf_counter(), ""
    call = await client.post(f"{app}/gradio_api/call/train_gan", json={"data": ["dcgan", steps, seed]})
    url = f"{app}/gradio_api/call/train_gan/{call.json()['event_id']}"
    async with client.stream("GET", url) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: ") and event == "generating":
                value = json.loads(line.removeprefix("data: "))[0]
                if value.get("samples"):
                    seen.times.append(time.perf_counter() - began)
                    seen.steps.append(value["step"])
            elif line.startswith("data: ") and event == "error":
                seen.wrong = line[:200]
    return seen


async def crowd(app: str, viewers: int, seed: int, steps: int = STEPS) -> list[Seen]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(timeout=300, limits=limits) as client:
        return await asyncio.gather(*(watch(client, app, seed, steps) for _ in range(viewers)))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running_app(log=Path(folder) / "app.log") as app:
        asyncio.run(crowd(app, 1, 99, 50))  # torch, the digits and the judge are loaded
        (one,) = asyncio.run(crowd(app, 1, 1))
        many = asyncio.run(crowd(app, VIEWERS, 2))
    wrong = [seen.wrong for seen in many if seen.wrong]
    rate = min(many, key=lambda seen: seen.steps_a_second).steps_a_second / one.steps_a_second
    first = max(seen.times[0] for seen in many)
    frames = min(seen.frames_a_second for seen in many)
    print("| what | measured | peer | target |\n| --- | --- | --- | --- |")
    print(f"| viewers who saw the end | {VIEWERS - len(wrong)} {wrong[:1] or ''} | – | {VIEWERS} |")
    print(
        f"| steps a second with {VIEWERS} viewers | {rate * one.steps_a_second:.1f} | one viewer "
        f"{one.steps_a_second:.1f}: {rate:.2f}× | ≥ {RATE_LIMIT}× |"
    )
    print(f"| last viewer's first frame | {first:.2f} s | – | ≤ {FIRST_LIMIT} s |")
    print(
        f"| frames a second, the viewer with the fewest | {frames:.1f} | one viewer {one.frames_a_second:.1f} | "
        f"≥ {FRAMES_LIMIT} |"
    )


if __name__ == "__main__":
    main()
