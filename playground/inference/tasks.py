"""What a technique tells the engine about itself (Task, Host) and what the engine tells those who watch (Event).

A technique declares one Task, once, beside its generator of frames. Everything in and out is plain data: Settings in,
frames (small dataclasses or dicts, no tensors) out. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, Protocol

from playground.errors import PlaygroundError
from playground.inference.control import Control
from playground.inference.importing import imported
from playground.settings import Settings

Frame = Any  # a small dataclass or dict of plain data
Models = Mapping[str, Any]  # model id -> LoadedModel, as the model store gives it
State = Literal["queued", "loading", "running", "paused", "done"]


class Lane(Enum):
    """Interactive work (a token, a denoising step) goes ahead of training, which keeps a quarter of the time."""

    INTERACTIVE = "interactive"
    TRAINING = "training"


class HostedRun(Protocol):
    """A run as its host sees it."""

    settings: Settings
    control: Control  # control.reason is not None once the run was stopped or its viewers left: free what it uses

    def publish(self, frame: Frame) -> None: ...
    def finish(self, reason: str) -> None: ...
    def fail(self, error: BaseException) -> None: ...


class Host(Protocol):
    """Work that many runs share, such as the decode batch of a model. Lives on the device thread, called only there."""

    busy: bool  # there is something to advance
    weight: int  # number of distinct owners carried: a host of ten people gets ten people's share

    def join(self, run: HostedRun) -> None:
        """Take a run in. What it raises ends that run alone."""

    def advance(self) -> None:
        """One unit of work, tens of milliseconds at most. What it raises ends every run of this host."""

    def fail(self, error: BaseException) -> None:
        """Called after advance() raised, before the host is dropped: its runs have been told already."""


def nothing(settings: Settings) -> tuple[str, ...]:
    """No models."""
    return ()


def no_bytes(settings: Settings) -> int:
    """No memory worth counting."""
    return 0


def every_unit(frame: Frame | None) -> bool:
    """Each unit of work is a step."""
    return True


def later(function: str) -> Callable[[Settings, Control], Iterator[Frame | None]]:
    """A Task.run that is `function`, "module:name", imported when it first runs: what computes needs torch, what asks
    does not."""
    module, _, name = function.partition(":")

    def run(settings: Settings, control: Control) -> Iterator[Frame | None]:
        return (yield from getattr(imported(module), name)(settings, control))

    run.__name__ = function
    return run


@dataclass(frozen=True)
class Task:
    """A technique, as the engine must know it. Exactly one of `run` and `host` is given."""

    name: str
    lane: Lane
    # A generator of frames. Each next() is one small unit of work (≤ 50 ms); it may yield None: no frame yet.
    # It may return its reason ("length", "eos", …); without one the reason is control.reason, or "length".
    run: Callable[[Settings, Control], Iterator[Frame | None]] | None = None
    # (key, make): runs with equal keys share one Host, which is make(models) when the first of them starts.
    host: Callable[[Settings], tuple[Hashable, Callable[[Models], Host]]] | None = None
    models: Callable[[Settings], tuple[str, ...]] = nothing  # loaded before it starts, then in control.models
    peak_bytes: Callable[[Settings], int] = no_bytes  # cache, trace, checkpoints: what admission counts
    # Frames since a reader's cursor, as one frame: nothing is missed. None: each viewer gets only the latest.
    merge: Callable[[list[Frame]], Frame] | None = None
    # (settings, all frames, reason) -> the last frame, the whole trace; frames may be empty, and it may be called for
    # one viewer who stops watching while the run goes on. None: the run's own last frame (all of them, merged).
    conclude: Callable[[Settings, list[Frame], str], Frame] | None = None
    seconds: float = 600.0  # of its own time on the device; for a hosted run, since it joined its host
    shared: bool = True  # equal settings are the same run, and its finished trace is kept for the next who asks
    kept: bool = True  # its finished trace; False for what is true of its moment alone, such as a time
    unsliced: bool = False  # its units are long (a step of a large pipeline): one such run at a time
    small: bool = False  # its units are a few ms long and it needs little memory: many such runs train at once
    steerable: tuple[str, ...] = ()  # settings that its owner may change while it runs
    is_step: Callable[[Frame | None], bool] = every_unit  # what a unit gave -> whether "step once" is then over

    def __post_init__(self) -> None:
        if (self.run is None) == (self.host is None):
            raise TypeError(f"task {self.name} needs exactly one of run and host")


@dataclass(frozen=True)
class Event:
    """What one viewer hears. The last event's state is "done"; one without news (frame None) is a sign of life."""

    run: str  # the viewer's ticket
    state: State
    frame: Frame | None = None
    position: int | None = None  # queued: place in the queue, from 1
    wait: float | None = None  # queued: seconds until its turn comes, as far as can be told by now
    progress: float | None = None  # loading: 0…1
    bytes: int | None = None  # loading: size of all that is being loaded
    expires: float | None = None  # paused: seconds until the run is ended for good
    reason: str | None = None  # done: length | stop | eos | stopped | time | error
    error: PlaygroundError | None = None  # done: what went wrong
    log: tuple[dict[str, Any], ...] = ()  # done: how it was steered; settings + this log reproduce the run
