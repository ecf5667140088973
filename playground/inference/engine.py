"""Who runs when: one device, many people. This is the engine's front desk; each step below is a file to read.

submit()       a Task and its Settings come in                               tasks.py
  → queue      until memory and places are free                              register.py, admission.py
  → load       models, on the store's own threads                            models.py
  → turns      a slice at a time on the one device thread                    device_thread.py, lanes.py, work.py
  → frames     published by the run, each viewer at a pace of its own        runs.py, mailboxes.py
  → end        the last frame; the trace is kept for who asks next           traces.py
stop(), post() go to the device thread's door, and are heeded between two units of work.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from typing import Any

from playground.errors import RunError
from playground.inference.admission import Limits
from playground.inference.device_thread import DeviceThread
from playground.inference.mailboxes import LoopBell, LoopRinger, ThreadBell
from playground.inference.register import Register
from playground.inference.runs import Run, checked_message
from playground.inference.tasks import Event, Task
from playground.inference.work import Call
from playground.settings import Settings


class Engine:
    """One device and the queue before it. Safe to use from any thread.

    models   the model store: card(id), load(id) → a future with .progress and .total_bytes, hold(id), release(id)
    prepare  called once on the device thread before any work, to set torch up
    clock    seconds, for limits of time
    limits   by their names in admission.Limits
    """

    def __init__(
        self,
        models: Any = None,
        *,
        prepare: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        **limits: Any,
    ) -> None:
        self.models, self.limits, self._clock = models, Limits(**limits), clock
        self._register = Register(self.limits, clock)
        self._device = DeviceThread(self._register, models, prepare, self.limits, clock)
        self._ringers: dict[asyncio.AbstractEventLoop, LoopRinger] = {}

    def submit(self, task: Task, settings: Settings, owner: str = "") -> str:
        """A ticket for a run of `task`: a new run, the same one that others watch already, or one that is finished.

        `owner` says whose it is (a browser's session); "" is the program itself, which has no limit of its own.
        Raises RunError (busy, too_many_runs, run_too_big, engine_closed), or ModelError for a model that is not to be
        had. A ticket that nobody begins to watch within Limits.unwatched_seconds is void.
        """
        run = Run(task, settings, owner, self._register.lock, self._device.end)
        for model in run.models:
            self.models.card(model)
        viewer = self._register.enter(run)
        for admitted in self._register.admit():
            self._device.ask(self._device.load, admitted)
        self._device.start()
        return viewer.ticket

    async def watch(self, ticket: str) -> AsyncIterator[Event]:
        """Events of a run, for an event loop. Closing the iterator means that this viewer has left.

        Raises RunError("unknown_run") for a ticket that is mistyped, void, over, or watched already.
        """
        bell = LoopBell(self._ringer(asyncio.get_running_loop()))
        viewer = self._register.sit_down(ticket, bell)
        try:
            for event in viewer.events(self._clock):
                if isinstance(event, Event):
                    yield event
                else:
                    await bell.wait(event)
        finally:
            self._device.ask(self._device.leave, viewer)

    def _ringer(self, loop: asyncio.AbstractEventLoop) -> LoopRinger:
        with self._register.lock:
            if loop not in self._ringers:
                self._ringers = {old: ringer for old, ringer in self._ringers.items() if not old.is_closed()}
                self._ringers[loop] = LoopRinger(loop)
            return self._ringers[loop]

    def frames(self, ticket: str) -> Iterator[Event]:
        """What watch() gives, blocking, for scripts and tests."""
        bell = ThreadBell()
        viewer = self._register.sit_down(ticket, bell)
        try:
            for event in viewer.events(self._clock):
                if isinstance(event, Event):
                    yield event
                else:
                    bell.wait(event)
        finally:
            self._device.ask(self._device.leave, viewer)

    def stop(self, ticket: str) -> None:
        """End the run, which then gives its last frame. If others watch it, it goes on, and the last frame is so far.

        Returns at once. Raises RunError("unknown_run"). A run that has just ended by itself is left as it is.
        """
        self._device.ask(self._device.stop, self._register.viewer(ticket))

    def post(self, ticket: str, message: dict[str, Any]) -> None:
        """Steer a run: {"set": {name: value}}, {"pause": True}, {"step": units} or {"resume": True}.

        Raises SettingError for any other message or value, RunError("unknown_run"), and RunError("not_your_run")
        unless the ticket is of the run's owner.
        """
        viewer = self._register.viewer(ticket)
        if viewer.owner != viewer.run.owner:
            raise RunError("not_your_run")
        self._device.ask(self._device.deliver, viewer.run, checked_message(viewer.run, message))

    def call(self, fn: Callable[..., Any], *args: Any, owner: str = "") -> Future[Any]:
        """fn(*args) on the device thread, in the interactive lane, as one unit of work. Raises RunError as submit()."""
        call = Call(fn, args, owner)
        self._register.enter_call(call)
        self._device.ask(self._device.add_call, call)
        self._device.start()
        return call.future

    def on_air(self, task: Task | None = None) -> list[tuple[str, Settings, int]]:
        """(task's name, settings, number of viewers) of training runs that one joins by submitting the same."""
        return self._register.on_air(task and task.name)

    def close(self, seconds: float = 5.0) -> None:
        """End every run with RunError("engine_closed"), and the thread, for which this waits `seconds` at most."""
        self._register.close()
        self._device.ask(self._device.shut)
        self._device.join(seconds)


_engine: Engine | None = None
_making = threading.Lock()


def get_engine() -> Engine:
    """The process's one engine, made on first use; its model store is `get_engine().models`."""
    global _engine
    with _making:
        if _engine is None:
            from playground.inference.device import prepare_torch
            from playground.inference.models import ModelStore

            _engine = Engine(ModelStore(), prepare=prepare_torch)
            atexit.register(_engine.close, 1.0)
        return _engine
