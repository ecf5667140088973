"""Who is here: runs, tickets, the queue, kept traces. All that submitters, viewers and the device thread share.

Everything here is done under one lock, which is held only for bookkeeping: no code of a technique, of the model store
or of a viewer runs inside. (Re-entrant, because a destructor may come in between on the same thread.)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

from playground.errors import RunError
from playground.inference.admission import Admission, Limits
from playground.inference.mailboxes import Bell
from playground.inference.runs import Run, Viewer
from playground.inference.tasks import Lane
from playground.inference.traces import Traces, plain_bytes
from playground.inference.work import Call
from playground.settings import Settings

NOT_KEPT = ("stopped", "time", "error")  # ends that depend on more than the settings


class Register:
    """`clock` is the engine's, in seconds."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self._limits, self._clock = limits, clock
        self._admission = Admission(limits)
        self._viewers: dict[str, Viewer] = {}  # by ticket
        self._shared: dict[Hashable, Run] = {}  # those going that a newcomer may join, by key
        self._traces = Traces(limits.trace_bytes, limits.kept_seconds, clock)
        self._calls: set[Call] = set()
        self._closed = False

    def enter(self, run: Run) -> Viewer:
        """A viewer for the owner of `run`: of the like run already going or finished, or of this one, now queued."""
        with self.lock:
            self._open()
            if trace := self._traces.get(run.key):
                run.turn("done", last=trace.frame, reason=trace.reason)
                return self._seat(run, run.owner)
            self._check_owner(run.owner)
            going = self._shared.get(run.key)
            if going and not going.held_up:
                return self._seat(going, run.owner)
            self._admission.enter(run)
            if run.key:
                self._shared[run.key] = run
            return self._seat(run, run.owner)

    def enter_call(self, call: Call) -> None:
        with self.lock:
            self._open()
            self._check_owner(call.owner)
            self._admission.check_queue(len(self._calls))
            self._calls.add(call)

    def admit(self) -> list[Run]:
        """Runs that were let in from the queue just now: have them loaded."""
        with self.lock:
            admitted = self._admission.admit(self._clock())
            for run in admitted:
                run.turn("running", position=None)
            return admitted

    def viewer(self, ticket: Any) -> Viewer:
        """Raises RunError("unknown_run") for anything that is not the ticket of somebody here."""
        with self.lock:
            if not isinstance(ticket, str) or ticket not in self._viewers:
                raise RunError("unknown_run")
            return self._viewers[ticket]

    def sit_down(self, ticket: Any, bell: Bell) -> Viewer:
        """The viewer begins to watch. A ticket is one person's: raises as viewer() does when it is watched already."""
        with self.lock:
            viewer = self.viewer(ticket)
            if viewer.bell is not None:
                raise RunError("unknown_run")
            viewer.bell = bell
            return viewer

    def viewers(self) -> list[Viewer]:
        with self.lock:
            self._traces.expire()
            return list(self._viewers.values())

    def on_air(self, name: str | None) -> list[tuple[str, Settings, int]]:
        with self.lock:
            training = [run for run in self._shared.values() if run.task.lane is Lane.TRAINING and not run.held_up]
            runs = [run for run in training if name is None or run.task.name == name]
            return [(run.task.name, run.settings, len(run.viewers)) for run in runs]

    # A run that is about to end stops being joinable in the same breath in which that is decided, so nobody can come
    # in between and be ended with it.

    def let_go(self, viewer: Viewer) -> bool:
        """This viewer stops watching. True when nobody else does, so that the run itself must end."""
        run = viewer.run
        with self.lock:
            if any(not other.stopped for other in run.viewers.values() if other is not viewer):
                viewer.stopped = True
                viewer.ring(urgent=True)
                return False
            self.unshare(run)
            return True

    def leave(self, viewer: Viewer) -> bool:
        """This viewer is gone. True when the run goes on with nobody watching, so that it must end."""
        run = viewer.run
        with self.lock:
            self._viewers.pop(viewer.ticket, None)
            run.viewers.pop(viewer.ticket, None)
            if run.viewers or run.state == "done":
                return False
            self.unshare(run)
            return True

    def unshare(self, run: Run) -> None:
        """Whoever asks for the same settings from now on gets a run of their own."""
        with self.lock:
            if self._shared.get(run.key) is run:
                del self._shared[run.key]

    def settle(self, run: Run, reason: str, error: Any, last: Any) -> None:
        """The run is done: free its place and tell those who watch."""
        keep = run.key is not None and run.task.kept and not run.control.steered and reason not in NOT_KEPT
        size = plain_bytes(last) if keep else 0
        with self.lock:
            self.unshare(run)
            if keep:
                self._traces.keep(run.key, last, reason, size)
            self._admission.leave(run)
            run.turn("done", reason=reason, error=error, last=last)
            run.frames = []

    def settle_call(self, call: Call) -> None:
        with self.lock:
            self._calls.discard(call)

    def close(self) -> tuple[set[Run], set[Call]]:
        """Nobody comes in any more. What there is to end, then."""
        with self.lock:
            self._closed = True
            return {viewer.run for viewer in self._viewers.values()}, set(self._calls)

    def _open(self) -> None:
        if self._closed:
            raise RunError("engine_closed")

    def _check_owner(self, owner: str) -> None:
        if owner:  # "" is the program itself
            runs = sum(viewer.owner == owner and viewer.run.state != "done" for viewer in self._viewers.values())
            self._admission.check_owner(runs + sum(call.owner == owner for call in self._calls))

    def _seat(self, run: Run, owner: str) -> Viewer:
        viewer = Viewer(run, owner, self.lock, self._clock(), crowd=lambda: len(self._viewers))
        self._viewers[viewer.ticket] = run.viewers[viewer.ticket] = viewer
        return viewer
