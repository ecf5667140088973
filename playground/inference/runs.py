"""A run and the people who watch it. One run may have many viewers, each with a ticket, a place and a pace of its own.

The device thread writes (publish, finish, fail); viewers read from their own threads or event loops. Everything that
both touch is guarded by the engine's one lock and marked below.
"""

from __future__ import annotations

import logging
import secrets
import time
import traceback
from collections.abc import Callable, Iterator
from threading import RLock
from typing import Any

from playground.errors import PlaygroundError, RunError, SettingError
from playground.inference.control import Control, Message
from playground.inference.mailboxes import Bell
from playground.inference.tasks import Event, Frame, Lane, State, Task
from playground.settings import Settings, spec

log = logging.getLogger(__name__)
SIGN_OF_LIFE = 0.5  # seconds; a vanished browser is noticed when something is sent to it
TEXT_PAUSE, PICTURE_PAUSE = 1 / 20, 1 / 10  # least seconds between two frames to one viewer
FRAMES_A_SECOND = 200  # to all viewers together: what an event loop can pass on with time to spare for other requests
LOADING_PAUSE = 1 / 5  # seconds between two looks at a model's progress


class Run:
    """One run, from submit to done."""

    def __init__(self, task: Task, settings: Settings, owner: str, lock: RLock, end: Callable[..., None]) -> None:
        self.task, self.settings, self.owner, self._lock, self._end = task, settings, owner, lock, end
        self.key = (task.name, settings.fingerprint()) if task.shared else None
        self.models = tuple(task.models(settings))
        self.peak_bytes = int(task.peak_bytes(settings))
        # under the lock
        self.state: State = "queued"
        self.position: int | None = None
        self.turn_at: float | None = None  # while queued, by the engine's clock: an estimate
        self.viewers: dict[str, Viewer] = {}
        self.frames: list[Frame] = []  # all of them, or only the latest when nobody needs the others
        self.published = 0
        self.loadings: dict[str, Any] = {}  # model id -> the store's Loading, whose progress viewers see
        self.expires_at: float | None = None  # while paused, by the engine's clock
        self.reason: str | None = None
        self.error: PlaygroundError | None = None
        self.last: Frame | None = None
        # the device thread's own
        self.control = Control(settings)
        self.work: Any = None  # its turn-taker (work.py), once it has begun
        self.held: list[str] = []  # models that the store must not evict meanwhile
        self.paused = False
        self.allowance = 0  # units that it may do all the same ("step once")
        self.joined_at: float | None = None  # a hosted run's time is counted from here

    @property
    def hosted(self) -> bool:
        return self.task.host is not None

    @property
    def held_up(self) -> bool:
        """Paused by its owner: nobody else is made to wait for that, so who asks for the same gets another run."""
        return self.expires_at is not None

    def overdue(self, now: float) -> bool:
        """Paused for too long, or a hosted run out of time. (A generator's time is counted as it uses it.)"""
        paused_too_long = self.expires_at is not None and now > self.expires_at
        return paused_too_long or (self.joined_at is not None and now - self.joined_at > self.task.seconds)

    def publish(self, frame: Frame) -> None:
        """A new frame, for everyone who watches. Frames after the end are dropped."""
        with self._lock:
            if self.state == "done":
                return
            if self.task.merge is None and self.task.conclude is None:
                self.frames.clear()
            self.frames.append(frame)
            self.published += 1
            if self.hosted:
                self.control.step = self.published
            self.ring()

    def finish(self, reason: str) -> None:
        """The run has come to its end. Only the first end counts."""
        self._end(self, reason, None)

    def fail(self, error: BaseException) -> None:
        """The run broke off. What it made so far is kept; nobody else's run is touched."""
        self._end(self, "error", as_run_error(error, self.task.name))

    def concluded(self, frames: list[Frame], reason: str) -> Frame | None:
        """The last frame of a run that made `frames`. Any thread, without the lock: this is the technique's code."""
        if self.task.conclude is not None:
            return self.task.conclude(self.settings, frames, reason)
        if self.task.merge is not None and frames:
            return self.task.merge(frames)
        return frames[-1] if frames else None

    def ring(self, urgent: bool = False) -> None:
        """Wake the viewers that wait for news (all of them, if urgent). Under the lock."""
        for viewer in self.viewers.values():
            viewer.ring(urgent)

    def turn(self, state: State, **changes: Any) -> None:
        """Enter another state, and tell the viewers."""
        with self._lock:
            self.state = state
            for name, value in changes.items():
                setattr(self, name, value)
            self.ring(urgent=state == "done")


class Viewer:
    """One person's hold on a run. `ticket` is all that its holder knows of it, and cannot be guessed."""

    def __init__(self, run: Run, owner: str, lock: RLock, now: float, crowd: Callable[[], int] = lambda: 1) -> None:
        self.run, self.owner, self._lock, self._crowd = run, owner, lock, crowd
        self.ticket = secrets.token_urlsafe(16)
        self.made_at = now  # by the engine's clock; one that is never watched is let go
        # under the lock
        self.bell: Bell | None = None  # there once someone watches
        self.stopped = False  # let go from a run that others go on watching
        self._listening = False  # asleep until there is news
        self._seen = 0  # frames published when this viewer last looked
        self._told: tuple[Any, ...] = ()  # state and place when this viewer last looked

    def ring(self, urgent: bool = False) -> None:
        if self.bell is not None and (self._listening or urgent):
            self._listening = False
            self.bell.ring()

    def events(self, clock: Callable[[], float]) -> Iterator[Event | float]:
        """Events to pass on, and between them numbers: seconds to wait at the bell, or less if it rings.

        Written without waiting itself, so that a thread and an event loop can follow the same rules. Frames come no
        faster than the pause; an end comes at once; with no news a sign of life comes twice a second. `clock` is the
        engine's, for expiry; pace is real time.
        """
        while True:
            event = self._look(clock)
            yield event
            if event.state == "done":
                return
            now = time.monotonic()
            due = now if event.frame is None else now + self._pause()
            alive = now + (LOADING_PAUSE if event.state == "loading" else SIGN_OF_LIFE)
            while (seconds := self._patience(due, alive)) > 0:
                yield seconds

    def _pause(self) -> float:
        """Seconds to leave between two frames: longer in a crowd, but never so long that nothing seems to move."""
        task = self.run.task
        is_text = task.merge is not None and task.lane is Lane.INTERACTIVE  # what trains is watched in pictures
        least = TEXT_PAUSE if is_text else PICTURE_PAUSE
        return max(least, min(self._crowd() / FRAMES_A_SECOND, SIGN_OF_LIFE))

    def _patience(self, due: float, alive: float) -> float:
        """Seconds this viewer should still wait; 0 or less when it should look now."""
        run = self.run
        with self._lock:
            if self.stopped or run.state == "done":
                return 0.0
            news = self._seen < run.published or self._told != (run.state, run.position)
            self._listening = not news  # with news it waits only for its own pace, which no bell should cut short
            return (due if news else alive) - time.monotonic()

    def _look(self, clock: Callable[[], float]) -> Event:
        run = self.run
        with self._lock:
            state, so_far = run.state, list(run.frames) if self.stopped else None
            self._told = (state, run.position)
            merge = run.task.merge
            fresh = run.frames[self._seen :] if merge else run.frames[-1:] if self._seen < run.published else []
            self._seen = run.published
            loadings, expires = list(run.loadings.values()), run.expires_at
            position, turn_at = run.position, run.turn_at
        if state == "done":
            return Event(self.ticket, "done", run.last, reason=run.reason, error=run.error, log=tuple(run.control.log))
        if so_far is not None:
            return Event(self.ticket, "done", run.concluded(so_far, "stopped"), reason="stopped")
        frame = (merge(fresh) if merge else fresh[-1]) if fresh else None
        if state == "queued":
            wait = max(0.0, turn_at - clock()) if turn_at is not None else None
            return Event(self.ticket, state, frame, position=position, wait=wait)
        if state == "loading":
            progress, size = loading_progress(loadings)
            return Event(self.ticket, state, frame, progress=progress, bytes=size)
        left = max(0.0, expires - clock()) if state == "paused" and expires is not None else None
        return Event(self.ticket, state, frame, expires=left)


def loading_progress(loadings: list[Any]) -> tuple[float, int]:
    """(fraction done, bytes in all) of several Loadings, each counted by its size."""
    sizes = [max(1, int(loading.total_bytes or 0)) for loading in loadings]
    done = sum(size * float(loading.progress or 0.0) for size, loading in zip(sizes, loadings, strict=True))
    return (min(1.0, done / sum(sizes)) if sizes else 0.0), sum(sizes)


def as_run_error(error: BaseException, what: str) -> PlaygroundError:
    """Any exception as a sentence for the run's owner; what is not expected goes to the log with its stack."""
    if isinstance(error, PlaygroundError):
        # let go of the stack: its frames hold tensors
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)
    if is_out_of_memory(error):
        log.warning("%s ran out of memory: %s", what, error)
        sentence = RunError("out_of_memory")
    elif isinstance(error, FloatingPointError):
        sentence = RunError("not_finite")
    else:
        log.error("%s broke off", what, exc_info=error)
        sentence = RunError("run_crashed", kind=type(error).__name__)
    traceback.clear_frames(error.__traceback__)
    return sentence


def is_out_of_memory(error: BaseException) -> bool:
    """Python's MemoryError, or torch's: a RuntimeError that says so in words that depend on the device."""
    words = ("out of memory", "can't allocate memory")
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(word in str(error) for word in words)
    )


def checked_message(run: Run, message: Any) -> Message:
    """What may be posted to `run`, with every value checked by its setting. Raises SettingError."""
    task = run.task
    kinds = ("set",) if task.host is not None else ("set", "pause", "step", "resume")
    if not isinstance(message, dict) or len(message) != 1 or next(iter(message)) not in kinds:
        raise SettingError("not_one_of", field="message", choices=kinds, value=message)
    (kind, value) = next(iter(message.items()))
    if kind == "step":
        if type(value) is not int:
            raise SettingError("not_an_integer", field="step", value=value)
        if not 1 <= value <= 1000:
            raise SettingError("out_of_range", field="step", low=1, high=1000, value=value)
    if kind != "set":
        return {kind: value if kind == "step" else True}
    if not isinstance(value, dict) or not value or any(name not in task.steerable for name in value):
        raise SettingError("not_one_of", field="set", choices=task.steerable, value=value)
    return {"set": {name: spec(type(run.settings), name).check(name, item) for name, item in value.items()}}
