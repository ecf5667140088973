"""Checkpoints of live training: what a run had learned when it ended, kept for a while under an id, in memory.

    told = CHECKPOINTS.keep("vae", settings, control.log, step, {"model": model.state_dict(), …})   at a run's end
    told == {"id": "vae-3f0c…", "step": 500, "expires": 3600.0}       goes in its last frame
    kept = CHECKPOINTS.get("vae-3f0c…", "vae")       a Checkpoint(id, settings, step, state); ModelError when gone

An id is made of what makes the checkpoint: the settings that its run began with, how it was steered, its step. So
equal runs have one checkpoint, a shared run's viewers all hold the same id, and a run that goes on from an id has
frames that depend on nothing but its own settings. Whoever uses a checkpoint renews its time. Past the limit of bytes
the one that was used longest ago goes first. Any thread may call; `state` is copied on the way in and only read on the
way out: copy what training would write to.
"""

from __future__ import annotations

import copy
import hashlib
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.errors import ModelError
from playground.settings import Settings

SECONDS = 3600.0  # that a checkpoint is kept unused: longer than the finished trace that names it
LIMIT = 128 * 1024 * 1024  # bytes of all of them
MOST = 64 * 1024 * 1024  # bytes of one


@dataclass(frozen=True)
class Checkpoint:
    """A moment of a training run."""

    id: str
    settings: Settings  # of the run that made it, as it ended
    step: int
    state: Mapping[str, Any]  # tensors, numpy arrays and plain values, in any nest; copy before changing


def array_bytes(state: Any) -> int:
    """Bytes of the tensors and numpy arrays in a nest of mappings and sequences."""
    if hasattr(state, "nbytes"):
        return int(state.nbytes)
    if isinstance(state, Mapping):
        return sum(map(array_bytes, state.values()))
    return sum(map(array_bytes, state)) if isinstance(state, (list, tuple)) else 0


class Checkpoints:
    """`clock` in seconds."""

    def __init__(
        self, limit: int = LIMIT, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit, self._seconds, self._clock = limit, seconds, clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Checkpoint, int, float]] = OrderedDict()  # id → (it, bytes, used at)

    def keep(
        self,
        kind: str,
        settings: Settings,
        log: Sequence[Any],
        step: int,
        state: Mapping[str, Any],
        began: Settings | None = None,
    ) -> dict[str, Any] | None:
        """{"id", "step", "expires": seconds from now}, for the run's last frame; None when it is too big to keep.

        kind: whose it is ("gan", "vae" …). log: how the run was steered (control.log); stopping is no part of it.
        settings: as they are now. began: as they were when the run began, where steering has changed them since.
        """
        size = array_bytes(state)
        if size > min(MOST, self._limit):
            return None
        steered = [entry for entry in log if "set" in entry]
        story = json.dumps([(began or settings).fingerprint(), steered, step], sort_keys=True)
        id = f"{kind}-{hashlib.sha256(story.encode()).hexdigest()[:16]}"
        checkpoint = Checkpoint(id, settings, step, copy.deepcopy(state))
        with self._lock:
            self._kept[id] = (checkpoint, size, self._clock())
            self._kept.move_to_end(id)
            self._tidy()
        return {"id": id, "step": step, "expires": self._seconds}

    def get(self, id: str, kind: str) -> Checkpoint:
        """Raises ModelError("checkpoint_gone") for one that has expired, never was, or is of another kind."""
        with self._lock:
            self._tidy()
            if id not in self._kept or not id.startswith(f"{kind}-"):
                raise ModelError("checkpoint_gone", checkpoint=id)
            checkpoint, size, _ = self._kept[id]
            self._kept[id] = (checkpoint, size, self._clock())
            self._kept.move_to_end(id)
            return checkpoint

    def drop(self, id: str) -> None:
        """Let go of one that a run has replaced; of one that is gone already nothing is said."""
        with self._lock:
            self._kept.pop(id, None)

    def _tidy(self) -> None:
        """Drop what has expired, then the longest unused until the rest fits."""
        now, total = self._clock(), sum(size for _, size, _ in self._kept.values())
        for id, (_, size, used) in list(self._kept.items()):
            if now - used <= self._seconds and total <= self._limit:
                return  # in order of use: all that follow are younger
            del self._kept[id]
            total -= size


CHECKPOINTS = Checkpoints()
