"""Work that cannot be sliced and needs no device, such as opening a file: done beside the run, on its own thread."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeVar

Loaded = TypeVar("Loaded")
PATIENCE = 0.02  # seconds


def aside(load: Callable[[], Loaded]) -> Generator[None, None, Loaded]:
    """Returns load(), called on a thread of its own, yielding meanwhile: reading a file can take several slices.

    How often depends on the disk, and on what was read before: not at all within PATIENCE. So these yields are no units
    of a run's work (`waits`): its steering log counts the others, and means the same when the run is made again.
    """
    readers = ThreadPoolExecutor(1)
    reading = readers.submit(load)
    readers.shutdown(wait=False)
    while not wait([reading], PATIENCE).done:
        yield
    return reading.result()


def waits(units: Iterator[Any]) -> bool:
    """Whether a run, suspended, does nothing but wait in `aside`, however deep in what it yields from."""
    while (inner := getattr(units, "gi_yieldfrom", None)) is not None:
        units = inner
    return getattr(units, "gi_code", None) is aside.__code__


def optimizers_imported() -> Generator[None, None, None]:
    """Before a run makes its optimizer: with the first one torch imports its compiler, which takes seconds."""
    yield from aside(lambda: importlib.import_module("torch._dynamo"))
