"""The Code panel's text: a function's real source, read from the running program."""

from __future__ import annotations

import importlib
import inspect
from functools import cache


@cache
def source(function: str) -> str:
    """The source of "module:name" (or "module:Class.method"), headed by where it stands.

    Its module is imported here, on the first look: a page whose code nobody opens loads none of it.
    """
    module, _, name = function.partition(":")
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    found = inspect.unwrap(found)
    lines, start = inspect.getsourcelines(found)
    return f"# {module.replace('.', '/')}.py, line {start}\n\n{''.join(lines).rstrip()}\n"
