"""Small techniques for the engine's tests: they count, and are stepped by the tests instead of by time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from playground.inference.engine import Engine
from playground.inference.tasks import Event, Lane, Task
from playground.settings import Settings, integer, number

PATIENCE = 20.0  # seconds after which a test that waits gives up


@dataclass(frozen=True)
class Count(Settings):
    """Counts to `n`; `gain` may be changed on the way; `seed` tells runs apart."""

    n: int = integer(5, low=0, high=10**9)
    seed: int = integer(0, low=0, high=10**6)
    gain: float = number(1.0, low=0.0, high=10.0)


class FakeClock:
    """Time that passes only when somebody works."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def work(self, seconds: float) -> None:
        self.now += seconds


def count(settings: Count, control) -> Iterator[int]:
    yield from control.steps(settings.n)


def text(run=count, **kind) -> Task:
    """A technique whose readers get every frame, as lists."""
    kind = {"lane": Lane.INTERACTIVE, "merge": list, "conclude": lambda settings, frames, reason: list(frames)} | kind
    return Task(kind.pop("name", "text"), run=run, **kind)


def pictures(run=count, **kind) -> Task:
    """A technique whose viewers get the latest frame."""
    return Task(kind.pop("name", "pictures"), run=run, **({"lane": Lane.TRAINING} | kind))


def last(engine: Engine, ticket: str) -> Event:
    """The last event of a run, waited for."""
    return list(engine.frames(ticket))[-1]


def until(events: Iterator[Event], state: str) -> Event:
    """The next event in that state."""
    return next(event for event in events if event.state == state)


@contextlib.contextmanager
def held_up(engine: Engine) -> Iterator[None]:
    """Nothing happens on the device meanwhile: what is asked in the block is all there when the next work begins."""
    there, go = threading.Event(), threading.Event()

    def block() -> None:
        there.set()
        assert go.wait(PATIENCE)

    held = engine.call(block)
    assert there.wait(PATIENCE)
    try:
        yield
    finally:
        go.set()
        held.result(PATIENCE)


def settled(engine: Engine) -> None:
    """Everything asked of the device so far has been done."""
    engine.call(lambda: None).result(PATIENCE)


class Forever:
    """A technique that goes on until it is ended; says when it began and when it was cleaned up."""

    def __init__(self) -> None:
        self.began, self.cleaned = threading.Event(), threading.Event()
        self.starts = 0

    def __call__(self, settings: Settings, control) -> Iterator[int]:
        self.starts += 1
        self.began.set()
        try:
            yield from control.steps(10**12)
        finally:
            self.cleaned.set()
