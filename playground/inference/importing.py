"""One import at a time. transformers and diffusers make their modules when their names are first asked for: a second
thread that asks meanwhile finds one half made, and is told that the name does not exist. Imports no torch.
"""

from __future__ import annotations

import importlib
import threading
from types import ModuleType

IMPORTING = threading.RLock()  # held while a part of them is imported for the first time


def imported(module: str) -> ModuleType:
    """`importlib.import_module`, when no other thread is at it."""
    with IMPORTING:
        return importlib.import_module(module)
