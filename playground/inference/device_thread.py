"""The one thread on which everything is computed. It owns lanes, hosts, generators and controls: no lock guards those.

Others ask it through its door, a queue of (method, arguments), which it answers between two units of work. The door is
a SimpleQueue because its put() may be called even from a destructor: the iterator of a viewer who vanished is collected
wherever the interpreter pleases, so leaving only ever knocks. Imports no torch before there is work.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Hashable
from typing import Any

from playground.errors import PlaygroundError, RunError
from playground.inference.admission import Limits
from playground.inference.lanes import Lanes
from playground.inference.register import Register
from playground.inference.runs import Run, Viewer, as_run_error, is_out_of_memory
from playground.inference.torch_state import TorchState
from playground.inference.work import Call, Generated, Hosted

log = logging.getLogger(__name__)
SLICE, ROUND = 0.05, 0.8  # seconds: the longest slice, and one round of everybody's slices
HOUSEKEEPING = 0.25  # seconds between two looks at what expires

Work = Generated | Hosted | Call


class DeviceThread:
    """Started by the first who asks. `store` is the model store, `prepare` sets torch up, `clock` is in seconds."""

    def __init__(
        self, register: Register, store: Any, prepare: Callable[[], object], limits: Limits, clock: Callable[[], float]
    ) -> None:
        self._register, self._store, self._prepare = register, store, prepare
        self._limits, self._clock = limits, clock
        self._door: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._over = False
        self._lanes = Lanes()
        self._hosts: dict[Hashable, Hosted] = {}
        self._torch: TorchState | None = None
        self._tidied_at = clock()

    # ---- from any thread -------------------------------------------------------------------------------------------

    def ask(self, method: Callable[..., None], *args: Any) -> None:
        """Have method(*args) done on the device thread, soon: before its next unit of work."""
        self._door.put((method, *args))

    def start(self) -> None:
        with self._register.lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._live, name="device", daemon=True)
                self._thread.start()

    def join(self, seconds: float) -> None:
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(seconds)

    # ---- the life of the thread ------------------------------------------------------------------------------------

    def _live(self) -> None:
        while True:
            self._answer_door()
            if self._over:
                return
            if self._clock() - self._tidied_at >= HOUSEKEEPING:
                self._do(self._tidy)
            if work := self._lanes.next():
                self._do(self._slice, work)

    def _answer_door(self) -> None:
        wait = not self._lanes
        while True:
            try:
                method, *args = self._door.get(block=wait, timeout=HOUSEKEEPING)
            except queue.Empty:
                return
            wait = False
            self._do(method, *args)

    def _do(self, method: Callable[..., None], *args: Any) -> None:
        """What goes wrong with a run is handled where it happens. This is the net below: the thread lives on."""
        try:
            method(*args)
        except Exception:
            log.exception("the engine failed to %s", method.__name__)

    def _slice(self, work: Work) -> None:
        """Advance `work` by some units: fewer when many wait, and no more once somebody is at the door."""
        length, people, more = min(SLICE, ROUND / len(self._lanes)), 1, True
        start = before = self._clock()
        try:
            people = work.weight
            if self._torch is None:
                self._prepare()
                self._torch = TorchState()
                start = before = self._clock()  # importing torch is nobody's time
            while more:
                more = work.unit()
                if leak := self._torch.leaked():
                    raise RunError("run_crashed", kind=f"{leak} left altered")
                now = self._clock()
                if (now - start) + (now - before) > length or not self._door.empty():
                    break  # one more unit like the last would be too long
                before = now
        except BaseException as error:  # whatever it is: it is this work's trouble alone
            more = False
            self._broke_off(work, error)
        self._lanes.charge(work, seconds := self._clock() - start, people)
        if not more:
            self._lanes.remove(work)
        if isinstance(work, Generated):
            self._judge(work, seconds)
        elif isinstance(work, Call):
            self._register.settle_call(work)

    def _judge(self, work: Generated, seconds: float) -> None:
        """A run has had so many more seconds: it may have come to its end, or be over its time."""
        work.seconds += seconds
        if work.seconds > work.run.task.seconds and work.over is None:
            self._wind_up(work.run, "time")
        if work.over is not None or work.out_of_patience:
            self.end(work.run, work.run.control.reason or work.over)

    def _broke_off(self, work: Work, error: BaseException) -> None:
        if isinstance(work, Hosted):
            self._hosts.pop(work.key, None)
        work.fail(error)
        if self._torch is not None:
            self._torch.restore()
            if is_out_of_memory(error):
                self._torch.reclaim()

    # ---- what others ask for: the course of a run ------------------------------------------------------------------

    def load(self, run: Run) -> None:
        """It was let in. The store's own threads load its models; then it begins."""
        if run.state == "done":
            return
        try:
            for model in run.models:
                self._store.hold(model)
                run.held.append(model)
            run.loadings = {model: self._store.load(model) for model in run.models}
            if all(loading.done() for loading in run.loadings.values()):
                self.begin(run)
            else:
                run.turn("loading")
                for loading in run.loadings.values():
                    loading.add_done_callback(lambda _: self.ask(self.begin, run))
        except Exception as error:
            run.fail(error)

    def begin(self, run: Run) -> None:
        """Its first turn will come, unless models are still on their way."""
        if run.state == "done" or run.work is not None or not all(each.done() for each in run.loadings.values()):
            return
        try:
            run.control.models = {model: loading.result() for model, loading in run.loadings.items()}
            run.work = self._host(run) if run.hosted else Generated(run)
            if run.hosted:
                run.work.join(run, self._clock())
            run.turn("paused" if run.paused else "running")
            if run.work.ready:
                self._lanes.add(run.work)
        except Exception as error:
            run.fail(error)

    def _host(self, run: Run) -> Hosted:
        key, make = run.task.host(run.settings)
        hosted, models = self._hosts.get(key), run.control.models
        if hosted is None or any(hosted.models.get(name) is not model for name, model in models.items()):
            # none yet, or its model was evicted and loaded anew since
            hosted = self._hosts[key] = Hosted(key, run.task.lane, models, make(models))
        return hosted

    def add_call(self, call: Call) -> None:
        self._lanes.add(call)

    def deliver(self, run: Run, message: dict[str, Any]) -> None:
        """A message of the owner's, between units of work and logged with the step."""
        if run.control.reason is not None:  # ending
            return
        run.control.deliver(message)
        if "set" in message:
            self._register.unshare(run)  # it is no longer what its settings say
            return
        run.paused = "resume" not in message
        run.allowance = run.allowance + message["step"] if "step" in message else 0
        until = self._clock() + self._limits.paused_seconds if run.paused else None
        if run.work is None:  # it will begin paused
            run.turn(run.state, expires_at=until)
        else:
            run.turn("paused" if run.paused else "running", expires_at=until)
            (self._lanes.add if run.work.ready else self._lanes.remove)(run.work)

    def stop(self, viewer: Viewer) -> None:
        """A viewer pressed Stop: the run's end, or if others watch it only this viewer's."""
        if self._register.let_go(viewer):
            self._wind_up(viewer.run, "stopped")

    def _wind_up(self, run: Run, reason: str) -> None:
        """End a run that is going well. A generator has a moment for its last frame, all else ends now."""
        if run.state == "done" or run.control.reason is not None:
            return
        self._register.unshare(run)
        run.control.deliver({"stop": reason})
        if isinstance(run.work, Generated):
            run.work.last_words()
            self._lanes.hurry(run.work)
        else:
            self.end(run, reason)

    def leave(self, viewer: Viewer) -> None:
        """A viewer is gone. What nobody watches ends without ceremony, and its memory is free."""
        if self._register.leave(viewer):
            self.end(viewer.run, "stopped")

    def end(self, run: Run, reason: str, error: PlaygroundError | None = None) -> None:
        """The one place where runs end, whatever the cause."""
        if run.state == "done":
            return
        run.control.reason = run.control.reason or reason  # a host frees the place of a run that has one
        if isinstance(run.work, Generated):
            self._lanes.remove(run.work)
            run.work.close()
        elif isinstance(run.work, Hosted):
            run.work.runs.discard(run)
        run.work, run.control.models = None, {}  # a viewer who lingers keeps no model in memory
        last = None
        if run.viewers:
            try:
                last = run.concluded(list(run.frames), reason)
            except Exception as crash:
                reason, error = "error", error or as_run_error(crash, run.task.name)
        self._register.settle(run, reason, error, last)
        for model in run.held:
            self._store.release(model)
        for admitted in self._register.admit():
            self.ask(self.load, admitted)

    # ---- what happens by itself ------------------------------------------------------------------------------------

    def _tidy(self) -> None:
        """Tickets never used, event loops that closed, paused runs, hosted runs' time, idle hosts."""
        now = self._tidied_at = self._clock()
        for viewer in self._register.viewers():
            unused = viewer.bell is None and now - viewer.made_at > self._limits.unwatched_seconds
            if unused or (viewer.bell is not None and viewer.bell.gone):
                self.leave(viewer)
            elif viewer.run.overdue(now):
                self._wind_up(viewer.run, "time")
        for key, hosted in list(self._hosts.items()):
            if hosted.idle_for(now) > self._limits.idle_host_seconds:
                del self._hosts[key]

    def shut(self) -> None:
        """The engine closes: tell everyone, and stop."""
        runs, calls = self._register.close()
        for run in runs:
            self.end(run, "error", RunError("engine_closed"))
        for call in calls:
            call.fail(RunError("engine_closed"))
        self._over = True
