"""Finished traces, kept for the next who asks for the same run: the least recently asked for goes first."""

from __future__ import annotations

import dataclasses
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Trace:
    """How a run ended: its last frame, which holds everything."""

    frame: Any
    reason: str
    bytes: int
    expires: float  # by the clock of the Traces that keep it


class Traces:
    """At most `limit` bytes of traces, each for `seconds`. Its user holds the lock."""

    def __init__(self, limit: int, seconds: float, clock: Callable[[], float]) -> None:
        self._limit, self._seconds, self._clock = limit, seconds, clock
        self._kept: OrderedDict[Hashable, Trace] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, key: Hashable, frame: Any, reason: str, size: int) -> None:
        self.drop(key)
        if size <= self._limit:
            self._kept[key] = Trace(frame, reason, size, self._clock() + self._seconds)
            self.bytes += size
        while self.bytes > self._limit:
            self.drop(next(iter(self._kept)))

    def get(self, key: Hashable) -> Trace | None:
        self.expire()
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def drop(self, key: Hashable) -> None:
        if trace := self._kept.pop(key, None):
            self.bytes -= trace.bytes

    def expire(self) -> None:
        now = self._clock()
        for key in [key for key, trace in self._kept.items() if trace.expires <= now]:
            self.drop(key)


def plain_bytes(value: Any) -> int:
    """Roughly the memory that plain data takes: containers and dataclasses with all they hold, arrays by nbytes.

    Of a long list only some four items are looked at, since they are alike and the device waits meanwhile.
    """
    if hasattr(value, "nbytes"):
        return int(value.nbytes)
    size = sys.getsizeof(value)
    if isinstance(value, Mapping):
        return size + sum(plain_bytes(k) + plain_bytes(v) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        some = value[:: max(1, len(value) // 4)]
        return size + sum(map(plain_bytes, some)) * len(value) // max(1, len(some))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return size + sum(plain_bytes(getattr(value, field.name)) for field in dataclasses.fields(value))
    return size
