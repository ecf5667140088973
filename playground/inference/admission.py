"""Who may come in: the queue, the memory promised to runs, and the limits that keep one person or run from hogging."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field

from playground.errors import RunError
from playground.inference.device import memory_total
from playground.inference.runs import Run
from playground.inference.tasks import Lane

MB = 1024 * 1024


def quarter_of_memory() -> int:
    """Bytes that all runs together may promise: a quarter of what this process may use."""
    return memory_total() // 4


@dataclass(frozen=True)
class Limits:
    """What an engine allows. Seconds are by the engine's clock."""

    memory_limit: int = field(default_factory=quarter_of_memory)  # bytes, of all admitted runs' peak_bytes together
    trace_bytes: int = 64 * MB  # finished traces kept for the next who asks
    max_queue: int = 200  # runs waiting to be let in; also calls waiting
    max_running: int = 128  # interactive runs at once
    max_training: int = 4 * (os.cpu_count() or 1)  # training runs at once on this host
    max_small: int = 32 * (os.cpu_count() or 1)  # of those besides whose units are short: a class trains at once
    max_per_owner: int = 8  # runs and calls going, of one owner
    paused_seconds: float = 600.0  # a paused run ends after this
    kept_seconds: float = 1800.0  # a finished trace is forgotten after this
    unwatched_seconds: float = 10.0  # a ticket that nobody begins to watch
    idle_host_seconds: float = 2.0  # a host without runs: its cache is freed, and its model if evicted meanwhile


class Admission:
    """The queue and what has been promised to those let in. Its user holds the lock."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._queue: list[Run] = []
        self._inside: set[Run] = set()
        self._rushes: dict[str, Rush] = {}  # line -> the rush it has, while somebody waits

    @property
    def bytes(self) -> int:
        """Memory promised."""
        return sum(run.peak_bytes for run in self._inside)

    def check_owner(self, going: int) -> None:
        if going >= self._limits.max_per_owner:
            raise RunError("too_many_runs", limit=self._limits.max_per_owner)

    def check_queue(self, waiting: int) -> None:
        if waiting >= self._limits.max_queue:
            raise RunError("busy", limit=self._limits.max_queue)

    def enter(self, run: Run) -> None:
        """Join the queue. Raises RunError (busy, run_too_big)."""
        if run.peak_bytes > self._limits.memory_limit:
            need, limit = -(-run.peak_bytes // MB), self._limits.memory_limit // MB
            raise RunError("run_too_big", need_mb=need, limit_mb=limit)
        self.check_queue(len(self._queue))
        self._queue.append(run)

    def leave(self, run: Run) -> None:
        if run in self._inside:
            self._inside.remove(run)
            if rush := self._rushes.get(line_of(run)):
                rush.freed += 1
        if run in self._queue:
            self._queue.remove(run)

    def admit(self, now: float) -> list[Run]:
        """Runs that may begin now, in order. Those that stay get their `position`, counted within their line, and the
        time at which their turn should come.

        Nobody overtakes within a line, so a big run is not passed by small ones for ever. Training or unsliced runs
        that wait hold up no interactive one; an interactive run that waits holds up everybody.
        """
        admitted: list[Run] = []
        waiting: Counter[str] = Counter()
        for run in list(self._queue):
            line = line_of(run)
            if not waiting[line] and not waiting[Lane.INTERACTIVE.value] and self._fits(run, line):
                self._queue.remove(run)
                self._inside.add(run)
                admitted.append(run)
            else:
                waiting[line] += 1
                run.position = waiting[line]
        self._rushes = {line: self._rushes.get(line) or Rush(now) for line in waiting}
        for run in self._queue:
            run.turn_at = self._rushes[line_of(run)].turn_at(run.position, now)
        return admitted

    def _fits(self, run: Run, line: str) -> bool:
        limits = self._limits
        most = {
            "unsliced": 1,
            "small": limits.max_small,
            "interactive": limits.max_running,
            "training": limits.max_training,
        }[line]
        alike = sum(line_of(other) == line for other in self._inside)
        return alike < most and self.bytes + run.peak_bytes <= self._limits.memory_limit


@dataclass
class Rush:
    """A time during which runs wait in a line, by the engine's clock."""

    began: float
    freed: int = 0  # places since

    def turn_at(self, position: int, now: float) -> float | None:
        """When the run at `position` should begin, if places become free as they did so far; None: none did yet."""
        return now + position * (now - self.began) / self.freed if self.freed else None


def line_of(run: Run) -> str:
    """The line in which a run queues: its lane's, or that of the runs whose units are short, or cannot be cut."""
    return "unsliced" if run.task.unsliced else "small" if run.task.small else run.task.lane.value
