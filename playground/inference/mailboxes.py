"""How a waiting viewer is woken by the device thread: a bell, on an event loop or in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import Protocol


class Bell(Protocol):
    gone: bool  # nobody can hear it any more

    def ring(self) -> None:
        """Wake who waits. From any thread, never blocks. A ring too many is harmless: the woken look for news."""


class ThreadBell:
    """For scripts and tests: the waiting thread blocks."""

    gone = False

    def __init__(self) -> None:
        self._rung = threading.Event()

    def ring(self) -> None:
        self._rung.set()

    def wait(self, seconds: float) -> None:
        self._rung.wait(seconds)
        self._rung.clear()


class LoopRinger:
    """All bells of one event loop. Sixty viewers rung in a row wake the loop once, not sixty times."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._rung: deque[LoopBell] = deque()
        self._scheduled = False

    def ring(self, bell: LoopBell) -> None:
        # Append first, then look at the flag; _wake clears the flag first, then empties the deque. So in every
        # interleaving a bell appended is either seen by the wake-up already scheduled or schedules another.
        self._rung.append(bell)
        if not self._scheduled:
            self._scheduled = True
            try:
                self.loop.call_soon_threadsafe(self._wake)
            except RuntimeError:  # the loop has closed; LoopBell.gone tells the engine
                self._rung.clear()

    def _wake(self) -> None:
        self._scheduled = False
        while self._rung:
            self._rung.popleft().wake()


class LoopBell:
    """For Gradio's handlers: a future on the event loop, no task and no thread a viewer."""

    def __init__(self, ringer: LoopRinger) -> None:
        self._ringer = ringer
        self._waiter: asyncio.Future[None] | None = None
        self._rung = False

    @property
    def gone(self) -> bool:
        return self._ringer.loop.is_closed()

    def ring(self) -> None:
        self._ringer.ring(self)

    def wake(self) -> None:
        """On the loop's own thread."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        else:
            self._rung = True

    async def wait(self, seconds: float) -> None:
        if not self._rung:
            self._waiter = self._ringer.loop.create_future()
            timer = self._ringer.loop.call_later(seconds, self.wake)
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
        self._rung = False
