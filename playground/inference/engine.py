"""Who runs when: one device, many people.

    submit ──> queue ──> memory and places free? ──> models load (their own threads) ──> begin
    begin  ──> turns on the device thread, a slice at a time (lanes.py) ──> frames to viewers (runs.py) ──> end

One thread, the device thread, does all the work and owns nearly all the state: lanes, hosts, generators, controls.
Others ask it through its door, a queue of (function, arguments), and it answers between units of work; `_asked`
methods run there. What submitters and viewers must read at once (runs, tickets, the queue, memory promised, kept
traces) is guarded by one lock, held only for bookkeeping, never while a technique's code or the model store runs.
The door is a SimpleQueue because its put() may be called from a destructor: a viewer's iterator may be collected
anywhere, even on a thread that holds the lock, so leaving only ever knocks. Imports no torch; the device thread does.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import queue
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from concurrent.futures import Future
from typing import Any

from playground.errors import RunError
from playground.inference.admission import Admission, Limits
from playground.inference.lanes import Lanes, Work
from playground.inference.mailboxes import LoopBell, LoopRinger, ThreadBell
from playground.inference.runs import Run, Viewer, as_run_error, checked_message
from playground.inference.tasks import Event, Task
from playground.inference.torch_state import TorchState
from playground.inference.traces import Traces, plain_bytes
from playground.inference.work import Call, Generated, Hosted
from playground.settings import Settings

log = logging.getLogger(__name__)
SLICE, ROUND = 0.05, 0.8  # seconds: the longest slice, and a round of everyone's slices
HOUSEKEEPING = 0.25  # seconds between looks at what expires


class Engine:
    """The device and the queue before it. Limits are those of admission.Limits, by name; `clock` is in seconds.

    `models` is the model store: load(id) -> a Loading (a future with .progress, .total_bytes), hold(id), release(id).
    `prepare` is called once on the device thread before any work, to set torch up.
    """

    def __init__(
        self,
        models: Any = None,
        *,
        prepare: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        **limits: Any,
    ) -> None:
        self.models, self._prepare, self._clock, self.limits = models, prepare, clock, Limits(**limits)
        self._lock = threading.RLock()
        # under the lock
        self._admission = Admission(self.limits)
        self._viewers: dict[str, Viewer] = {}  # by ticket
        self._shared: dict[Hashable, Run] = {}  # going, by key
        self._traces = Traces(self.limits.trace_bytes, self.limits.kept_seconds, clock)
        self._ringers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, LoopRinger] = weakref.WeakKeyDictionary()
        self._calls: dict[Call, None] = {}
        self._closed = False
        self._thread: threading.Thread | None = None
        # the device thread's own
        self._lanes = Lanes()
        self._hosts: dict[Hashable, Hosted] = {}
        self._torch: TorchState | None = None
        self._tidied_at = clock()
        self._door: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()

    # ---- for everyone, from any thread -----------------------------------------------------------------------------

    def submit(self, task: Task, settings: Settings, owner: str = "") -> str:
        """A ticket for a run of `task`: a new run, the same one that others watch already, or one that is finished.

        `owner` says whose it is (a browser session). Raises RunError (busy, too_many_runs, run_too_big, engine_closed)
        or what the task's own functions raise.
        """
        new = Run(task, settings, owner, self._lock, self._end)
        with self._lock:
            self._open()
            trace = self._traces.get(new.key) if new.key else None
            run = self._shared.get(new.key, new) if new.key else new
            if trace is not None:
                run.state, run.last, run.reason = "done", trace.frame, trace.reason
            else:
                self._admission.check_owner(self._going(owner))
            if run is new and trace is None:
                self._admission.enter(run)
                if run.key:
                    self._shared[run.key] = run
            viewer = Viewer(run, owner, self._lock, self._clock())
            self._viewers[viewer.ticket] = run.viewers[viewer.ticket] = viewer
            self._admit()
        return viewer.ticket

    async def watch(self, ticket: str) -> AsyncIterator[Event]:
        """Events of a run, for an event loop. Closing the iterator means that this viewer has left.

        Raises RunError("unknown_run") for a ticket that is unknown, over, or watched already.
        """
        loop = asyncio.get_running_loop()
        with self._lock:
            bell = LoopBell(self._ringers.setdefault(loop, LoopRinger(loop)))
            viewer = self._sit_down(ticket, bell)
        try:
            for event in viewer.events(self._clock):
                if isinstance(event, Event):
                    yield event
                else:
                    await bell.wait(event)
        finally:
            self._door.put((self._asked_to_leave, viewer))

    def frames(self, ticket: str) -> Iterator[Event]:
        """The same as watch(), blocking, for scripts and tests."""
        bell = ThreadBell()
        viewer = self._sit_down(ticket, bell)
        try:
            for event in viewer.events(self._clock):
                if isinstance(event, Event):
                    yield event
                else:
                    bell.wait(event)
        finally:
            self._door.put((self._asked_to_leave, viewer))

    def stop(self, ticket: str) -> None:
        """End the run, which then gives its last frame; if others watch it, only this viewer's watching ends."""
        viewer = self._viewer(ticket)
        self._knock(self._asked_to_stop, viewer)

    def post(self, ticket: str, message: dict[str, Any]) -> None:
        """Steer a run: {"set": {name: value}}, {"pause": True}, {"step": n} or {"resume": True}.

        Raises SettingError for any other message, RunError("not_your_run") unless the ticket is of the run's owner.
        """
        viewer = self._viewer(ticket)
        if viewer.owner != viewer.run.owner:
            raise RunError("not_your_run")
        message = checked_message(viewer.run.task, viewer.run.settings, message)
        self._knock(self._asked_to_deliver, viewer.run, message)

    def call(self, fn: Callable[..., Any], *args: Any, owner: str = "") -> Future[Any]:
        """fn(*args) on the device thread in the interactive lane, as one unit. Raises RunError as submit does."""
        call = Call(fn, args, owner)
        with self._lock:
            self._open()
            self._admission.check_owner(self._going(owner))
            self._admission.check_queue(len(self._calls))
            self._calls[call] = None
        self._knock(self._lanes.add, call)
        return call.future

    def on_air(self, task: Task | None = None) -> list[tuple[str, Settings, int]]:
        """(task name, settings, viewers) of shared runs that go on: submitting the same settings joins them."""
        with self._lock:
            runs = [run for run in self._shared.values() if task is None or run.task.name == task.name]
            return [(run.task.name, run.settings, len(run.viewers)) for run in runs]

    def close(self, seconds: float = 5.0) -> None:
        """End every run with RunError("engine_closed") and the thread with them."""
        with self._lock:
            self._closed, thread = True, self._thread
        if thread is not None and thread is not threading.current_thread():
            self._door.put((self._asked_to_close,))
            thread.join(seconds)

    # ---- helpers of the above --------------------------------------------------------------------------------------

    def _open(self) -> None:
        if self._closed:
            raise RunError("engine_closed")

    def _going(self, owner: str) -> int:
        runs = sum(viewer.owner == owner and viewer.run.state != "done" for viewer in self._viewers.values())
        return runs + sum(call.owner == owner for call in self._calls)

    def _viewer(self, ticket: Any) -> Viewer:
        with self._lock:
            viewer = self._viewers.get(ticket) if isinstance(ticket, str) else None
        if viewer is None:
            raise RunError("unknown_run")
        return viewer

    def _sit_down(self, ticket: str, bell: LoopBell | ThreadBell) -> Viewer:
        with self._lock:
            viewer = self._viewer(ticket)
            if viewer.bell is not None:
                raise RunError("unknown_run")
            viewer.bell = bell
        return viewer

    def _knock(self, function: Callable[..., Any], *args: Any) -> None:
        """Ask the device thread to do function(*args) between units of work."""
        self._door.put((function, *args))
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._live, name="device", daemon=True)
                self._thread.start()

    def _admit(self) -> None:
        """Let in from the queue whoever fits. Under the lock."""
        for run in self._admission.admit():
            run.turn("loading" if run.models else "running", position=None)
            self._knock(self._asked_to_load, run)

    # ---- the device thread -----------------------------------------------------------------------------------------

    def _live(self) -> None:
        while not (self._closed and not self._viewers and not self._calls):
            self._answer_door()
            if self._clock() - self._tidied_at >= HOUSEKEEPING:
                self._tidy()
            if work := self._lanes.next():
                self._slice(work)

    def _answer_door(self) -> None:
        idle = not self._lanes
        while True:
            try:
                function, *args = self._door.get(block=idle, timeout=HOUSEKEEPING if idle else None)
            except queue.Empty:
                return
            idle = False
            try:
                function(*args)
            except Exception:
                log.exception("the engine failed at %s", function)

    def _slice(self, work: Work) -> None:
        """Advance `work` for one slice: shorter when many are waiting, and cut short when somebody knocks."""
        if self._torch is None:
            self._prepare()
            self._torch = TorchState()
        length = min(SLICE, ROUND / len(self._lanes))
        start = before = self._clock()
        try:
            while more := work.unit():
                now = self._clock()
                if now - start + (now - before) > length or not self._door.empty():
                    break  # another unit like the last would be too much
                before = now
        except BaseException as error:  # whatever it is, it is the trouble of this work alone
            more = False
            self._broke_off(work, error)
        if leak := self._torch.leaked():
            more = False
            work.fail(RunError("run_crashed", kind=f"{leak} left altered"))
            self._torch.restore()
        seconds = self._clock() - start
        self._lanes.charge(work, seconds)
        work.charged(seconds)
        if not more:
            self._lanes.remove(work)
        if isinstance(work, Call):
            with self._lock:
                self._calls.pop(work, None)
        elif isinstance(work, Hosted) and not more:
            work.idle_since = self._clock()

    def _broke_off(self, work: Work, error: BaseException) -> None:
        if isinstance(work, Hosted):
            self._hosts.pop(work.key, None)
        work.fail(error)
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
            self._torch.reclaim()

    def _asked_to_load(self, run: Run) -> None:
        """Admitted: have its models loaded by the store's threads, then begin."""
        if run.state == "done":
            return
        try:
            for model in run.models:
                self.models.hold(model)
                loading = self.models.load(model)
                with self._lock:
                    run.loadings[model] = loading
                loading.add_done_callback(lambda _: self._door.put((self._asked_to_begin, run)))
        except Exception as error:
            run.fail(error)
        if not run.models:
            self._asked_to_begin(run)

    def _asked_to_begin(self, run: Run) -> None:
        if run.state == "done" or run.work is not None or not all(each.done() for each in run.loadings.values()):
            return
        if len(run.loadings) < len(run.models):
            return
        try:
            run.control.models = {model: loading.result() for model, loading in run.loadings.items()}
            run.work = self._host_of(run) if run.hosted else Generated(run)
            run.turn("running")
            if run.hosted:
                run.joined_at = self._clock()
                run.work.runs.add(run)
                run.work.host.join(run)
                run.work.idle_since = None
            if run.work.ready:
                self._lanes.add(run.work)
        except Exception as error:
            run.fail(error)

    def _host_of(self, run: Run) -> Hosted:
        key, make = run.task.host(run.settings)
        hosted, models = self._hosts.get(key), run.control.models
        fresh = hosted is not None and all(hosted.models.get(name) is model for name, model in models.items())
        if not fresh:  # none yet, or its model was evicted and loaded anew since
            hosted = self._hosts[key] = Hosted(key, run.task.lane, models, make(models))
        return hosted

    def _asked_to_deliver(self, run: Run, message: dict[str, Any]) -> None:
        """A message of the owner's, taken in between units of work and logged with the step."""
        if run.state == "done":
            return
        run.control.deliver(message)
        if "set" in message and run.key:
            with self._lock:  # no longer what its settings say: others who ask for those get a run of their own
                self._shared.pop(run.key, None)
                run.key = None
        work = run.work
        if not isinstance(work, Generated):
            return
        if "set" not in message:
            work.paused = "resume" not in message
            work.allowance = message.get("step", 0)
            until = self._clock() + self.limits.paused_seconds
            run.turn("paused" if work.paused else "running", expires_at=until if work.paused else None)
        (self._lanes.add if work.ready else self._lanes.remove)(work)

    def _asked_to_stop(self, viewer: Viewer) -> None:
        run = viewer.run
        with self._lock:
            others = len(run.viewers) > 1
            if others:
                viewer.stopped = True
                viewer.ring(urgent=True)
        if not others:
            self._wind_up(run, "stopped")

    def _wind_up(self, run: Run, reason: str) -> None:
        """End a run that is going well. A generator is given time for its last words, anything else ends now."""
        if run.state == "done" or run.control.reason is not None:
            return
        run.control.deliver({"stop": reason})
        if isinstance(run.work, Generated):
            self._lanes.hurry(run.work)
        else:
            self._end(run, reason, None)

    def _asked_to_leave(self, viewer: Viewer) -> None:
        """This viewer is gone. A run that nobody watches is ended without ceremony, and its memory is free."""
        run = viewer.run
        with self._lock:
            self._viewers.pop(viewer.ticket, None)
            run.viewers.pop(viewer.ticket, None)
            abandoned = not run.viewers and run.state != "done"
        if abandoned:
            run.control.reason = run.control.reason or "stopped"
            self._end(run, run.control.reason, None)

    def _end(self, run: Run, reason: str, error: Any) -> None:
        """The one place where runs end, whatever the cause."""
        if run.state == "done":
            return
        run.control.reason = run.control.reason or reason  # a host frees the rows of runs that have a reason
        if isinstance(run.work, Generated):
            self._lanes.remove(run.work)
            run.work.close()
        elif isinstance(run.work, Hosted):
            run.work.runs.discard(run)
        last = None
        if run.viewers:
            try:
                last = run.concluded(reason)
            except Exception as crash:
                reason, error = "error", error or as_run_error(crash, run.task.name)
        with self._lock:
            if self._shared.get(run.key) is run:
                del self._shared[run.key]
                if reason not in ("stopped", "time", "error"):
                    self._traces.keep(run.key, last, reason, plain_bytes(last))
            self._admission.leave(run)
            loadings, run.loadings = run.loadings, {}
            run.turn("done", reason=reason, error=error, last=last)
            run.frames = []
            self._admit()
        for model in loadings:
            self.models.release(model)

    def _tidy(self) -> None:
        """What ends by itself: tickets never used, loops that closed, paused runs, hosted runs' time, idle hosts."""
        now = self._tidied_at = self._clock()
        with self._lock:
            self._traces.expire()
            viewers = list(self._viewers.values())
        for viewer in viewers:
            unused = viewer.bell is None and now - viewer.made_at > self.limits.unwatched_seconds
            if unused or (viewer.bell is not None and viewer.bell.gone):
                self._asked_to_leave(viewer)
        for run in {viewer.run for viewer in viewers}:
            paused_too_long = run.expires_at is not None and now > run.expires_at
            hosted_too_long = run.joined_at is not None and now - run.joined_at > run.task.seconds
            if paused_too_long or hosted_too_long:
                self._wind_up(run, "time")
        for key, hosted in list(self._hosts.items()):
            if hosted.idle_since is not None and now - hosted.idle_since > self.limits.idle_host_seconds:
                del self._hosts[key]

    def _asked_to_close(self) -> None:
        with self._lock:
            runs, calls = {viewer.run for viewer in self._viewers.values()}, list(self._calls)
            self._viewers, self._calls = {}, {}
        for run in runs:
            self._end(run, "error", RunError("engine_closed"))
        for call in calls:
            call.fail(RunError("engine_closed"))


_engine: Engine | None = None
_making = threading.Lock()


def get_engine() -> Engine:
    """The process's one engine, made on first use."""
    global _engine
    with _making:
        if _engine is None:
            from playground.inference.device import prepare_torch
            from playground.inference.models import ModelStore

            _engine = Engine(ModelStore(), prepare=prepare_torch)
            atexit.register(_engine.close, 1.0)
        return _engine
