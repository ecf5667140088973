"""Steering a run: what its generator asks, and the log that reproduces it. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from playground.inference.aside import waits
from playground.settings import Settings

Message = dict[str, Any]  # {"set": {name: value, …}} | {"pause": True} | {"step": n} | {"resume": True}


class Control:
    """Given to a technique beside its settings.

    Messages arrive only between units of work and are logged with the number of units done by then, so settings and
    log together say exactly what happened: `replay(task, settings, log)` gives the same frames again.
    """

    def __init__(self, settings: Settings, models: Mapping[str, Any] | None = None) -> None:
        self.settings = settings  # as the run began; later changes come through changes()
        self.models: Mapping[str, Any] = models or {}  # model id -> LoadedModel, those that Task.models named
        self.reason: str | None = None  # why the run should end now: "stopped" or "time"; None while it goes on
        self.step = 0  # units of work done; to wait for a file is none
        self.log: list[Message] = []
        self._unread: list[tuple[str, Any]] = []

    @property
    def steered(self) -> bool:
        """A setting was changed, so the settings it began with no longer say what it is."""
        return any("set" in entry for entry in self.log)

    @property
    def paused(self) -> bool:
        """Its owner has it go on a unit at a time, if at all."""
        turns = ("pause" in entry for entry in reversed(self.log) if "pause" in entry or "resume" in entry)
        return next(turns, False)

    def steps(self, n: int) -> Iterator[int]:
        """0 … n-1, ending early once the run is stopped or out of time."""
        for i in range(n):
            if self.reason is not None:
                return
            yield i

    def changes(self) -> list[tuple[str, Any]]:
        """(name, value) of each setting changed since this was last asked, oldest first."""
        unread, self._unread = self._unread, []
        return unread

    def deliver(self, message: Message) -> None:
        """Log a message under the current step, and take its part in the run (the engine does the pausing).

        A step is a pause that lets some units pass: in the log it is a pause.
        """
        logged = {"pause": True} if "step" in message else message
        self.log.append({"step": self.step, **logged})
        self._unread += message.get("set", {}).items()
        if "stop" in message:
            self.reason = message["stop"]


def replay(run: Any, settings: Settings, log: list[Message], models: Mapping[str, Any] | None = None) -> Iterator[Any]:
    """The frames of `run` (a Task.run) under a log, with no engine: changes and the end come at the same steps."""
    control = Control(settings, models)
    ahead = sorted(log, key=lambda entry: entry["step"])  # stable: keeps the order within a step
    units = run(settings, control)
    while True:
        while ahead and ahead[0]["step"] <= control.step:
            control.deliver({name: value for name, value in ahead.pop(0).items() if name != "step"})
        try:
            frame = next(units)
        except StopIteration:
            return
        control.step += not waits(units)
        if frame is not None:
            yield frame
