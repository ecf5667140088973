"""Work that is itself a few units, inside a run: done at once, or left undone when the run should end."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from playground.inference.control import Control

Result = TypeVar("Result")


def finished(units: Generator[None, None, Result]) -> Result:
    """What a generator returns, run to its end at once."""
    while True:
        try:
            next(units)
        except StopIteration as end:
            return end.value


def unless_ended(units: Generator[None, None, Result], control: Control) -> Generator[None, None, Result | None]:
    """What `units` returns; None, its units left undone, once the run should end: it has a moment only."""
    while control.reason is None:
        try:
            next(units)
        except StopIteration as end:
            return end.value
        yield
    units.close()
    return None
