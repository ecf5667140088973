"""Hugging Face ZeroGPU, known to this one file.

On ZeroGPU a GPU is lent for the length of one decorated call, which runs in a forked process: what the call changes in
memory does not come back, what it yields must pickle, and no CUDA tensor may leave it. So embedded models and the
engine stay on the CPU there, and only a whole hub pipeline goes through `borrow_gpu`. Decorate at start-up (at module
level): the package counts the decorated functions when the Space comes up.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from typing import TypeVar

F = TypeVar("F", bound=Callable)


def on_zero_gpu() -> bool:
    """Whether this process runs on a ZeroGPU Space (which sets SPACES_ZERO_GPU)."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "true", "t")


def borrow_gpu(function: F | None = None, *, seconds: int | Callable[..., int] = 60) -> F:
    """Lend `function` a GPU for at most `seconds` a call; elsewhere than on ZeroGPU, `function` itself.

    `seconds` may be a function of the same arguments (short askers are served first). Works bare or with arguments.
    Raises TypeError for an async function, which ZeroGPU cannot run.
    """
    if function is None:
        return lambda decorated: borrow_gpu(decorated, seconds=seconds)
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(f"borrow_gpu takes a plain function or generator; {function.__name__} is async")
    if not on_zero_gpu():
        return function
    import spaces  # the package, which patches torch.cuda: nothing may touch CUDA before this line

    return spaces.GPU(duration=seconds)(function)
