"""Work that cannot be sliced and needs no device, such as opening a file: done beside the run, on its own thread."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

Loaded = TypeVar("Loaded")
PATIENCE = 0.02  # seconds


def aside(load: Callable[[], Loaded]) -> Generator[None, None, Loaded]:
    """Returns load(), called on a thread of its own, yielding meanwhile: reading a file can take several slices.

    What is done within PATIENCE, as what was read before is, costs no yield: a run's later units keep their numbers.
    """
    readers = ThreadPoolExecutor(1)
    reading = readers.submit(load)
    readers.shutdown(wait=False)
    while not wait([reading], PATIENCE).done:
        yield
    return reading.result()


def optimizers_imported() -> Generator[None, None, None]:
    """Before a run makes its optimizer: with the first one torch imports its compiler, which takes seconds."""
    yield from aside(lambda: importlib.import_module("torch._dynamo"))
