"""The three kinds of work that take turns on the device thread: a run's generator, a host, a single call."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

from playground.inference.aside import waits
from playground.inference.runs import Run, as_run_error
from playground.inference.tasks import Host, Lane, Models

GRACE = 0.15  # seconds of its own time that a run's generator has for its last frame, once it should end


class Generated:
    """A run that is a generator: one next() is one unit."""

    def __init__(self, run: Run) -> None:
        self.run, self.lane, self.owner = run, run.task.lane, run.owner
        self.seconds = 0.0  # had so far
        self.ends_at: float | None = None  # once it should end: the value of `seconds` by which it must have
        self.over: str | None = None  # the generator has come to its end, and says why
        self._units = run.task.run(run.settings, run.control)

    @property
    def weight(self) -> int:
        return len({viewer.owner for viewer in list(self.run.viewers.values())})

    @property
    def ready(self) -> bool:
        return not self.run.paused or self.run.allowance > 0 or self.run.control.reason is not None

    def unit(self) -> bool:
        try:
            frame = next(self._units)
        except StopIteration as end:
            self.over = end.value if isinstance(end.value, str) else "length"
            return False
        if waits(self._units):
            return self.ready
        self.run.control.step += 1
        if self.run.task.is_step(frame):
            self.run.allowance = max(0, self.run.allowance - 1)
        if frame is not None:
            self.run.publish(frame)
        return self.ready

    def last_words(self) -> None:
        """It should end: from now on it has a moment of its own time for that."""
        self.ends_at = self.seconds + GRACE

    @property
    def out_of_patience(self) -> bool:
        return self.ends_at is not None and self.seconds > self.ends_at

    def close(self) -> None:
        """Run the generator's `finally`s. What they raise matters to nobody by now."""
        with contextlib.suppress(BaseException):
            self._units.close()

    def fail(self, error: BaseException) -> None:
        self.close()
        self.run.fail(error)


class Hosted:
    """A host and the runs it carries: one advance() is one unit."""

    def __init__(self, key: Hashable, lane: Lane, models: Models, host: Host) -> None:
        self.key, self.lane, self.owner, self.models, self.host = key, lane, f"host {key}", models, host
        self.runs: set[Run] = set()
        self._idle_since: float | None = None

    @property
    def weight(self) -> int:
        return max(1, self.host.weight)

    @property
    def ready(self) -> bool:
        return bool(self.host.busy)

    def unit(self) -> bool:
        self.host.advance()
        return self.ready

    def join(self, run: Run, now: float) -> None:
        run.joined_at = now
        self.runs.add(run)
        self.host.join(run)

    def idle_for(self, now: float) -> float:
        """Seconds without a run, as far as noticed by asking this now and then."""
        if self.runs or self.ready:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = now
        return 0.0 if self._idle_since is None else now - self._idle_since

    def fail(self, error: BaseException) -> None:
        told = as_run_error(error, self.owner)  # once, so that the log has one stack
        for run in list(self.runs):
            run.fail(told)
        with contextlib.suppress(Exception):
            self.host.fail(error)


class Call:
    """A single small request, answered through a future."""

    lane, weight, ready = Lane.INTERACTIVE, 1, True

    def __init__(self, fn: Callable[..., Any], args: tuple[Any, ...], owner: str) -> None:
        self.owner, self.future = owner, Future()
        self._fn, self._args = fn, args

    def unit(self) -> bool:
        if self.future.set_running_or_notify_cancel():
            self.future.set_result(self._fn(*self._args))
        return False

    def fail(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_exception(as_run_error(error, "a call"))
