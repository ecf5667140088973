"""The device every technique computes on: chosen once, here, with its dtype, its threads and its memory.

    configure("auto")     once, at start-up, before the first tensor; "auto" | "cpu" | "cuda" | "mps"
    device(), dtype()     what hub models run on; embedded models always run on EMBEDDED_DEVICE in float32

Importing this module imports no torch. The first call that needs torch imports it and sets the threads.
"""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from playground.errors import ModelError
from playground.inference.spaces import on_zero_gpu

if TYPE_CHECKING:
    import torch

CHOICES = ("auto", "cpu", "cuda", "mps")
# The embedded models are so small that a GPU's launch time would be most of a token's, and on the CPU their numbers
# are the same on every machine.
EMBEDDED_DEVICE = "cpu"

# One thread inside an operation. A token's matrices here are so small that handing half of one to another thread
# costs more than computing it, and far more when the other core is busy. Measured on two cores that other work used
# too (GPT-2 of 6 M parameters and SmolLM2-135M's shape, cached decoding), tokens/s with 1 and with 2 threads:
# GPT-2 156 and 47, 32 streams of it 1643 and 183; SmolLM2 15 and 3, 8 streams of it 42 and 10. A constant also keeps
# runs reproducible: a sum split over threads rounds differently.
THREADS = 1
# One thread between operations: nothing here forks work inside a graph, and 2 measured the same as 1.
INTEROP_THREADS = 1

_lock = threading.RLock()
_choice = "auto"
_chosen: torch.device | None = None


def configure(choice: str = "auto") -> None:
    """Choose the device, before anything has computed.

    Raises ValueError for a word that is not in CHOICES, RuntimeError when a device was already in use. A device that
    this machine has not got is only found out by `device()`, so that torch need not be imported at start-up.
    """
    global _choice
    if choice not in CHOICES:
        raise ValueError(f"device must be one of {', '.join(CHOICES)}; got {choice!r}")
    with _lock:
        if _chosen is not None and choice != _choice:
            raise RuntimeError(f"the device is already {_chosen}: configure it before the first run")
        _choice = choice


def device() -> torch.device:
    """The device of hub models. The first call imports torch and sets its threads.

    On ZeroGPU this is the CPU: a GPU is there only inside `spaces.borrow_gpu`. Raises ModelError("no_such_device")
    when the one that was asked for by name is not there.
    """
    global _chosen
    with _lock:
        if _chosen is None:
            torch = prepare_torch()
            _chosen = torch.device(_choose(torch, _choice))
        return _chosen


def dtype() -> torch.dtype:
    """The floating type hub models are loaded in on `device()`.

    bfloat16 on CUDA devices that compute it natively: it has float32's range, so no model overflows. Otherwise
    float32: float16 overflows in models trained in bfloat16 (SmolLM2 is one), and emulated types are slow.
    """
    import torch

    native = device().type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if native else torch.float32


def placement(embedded: bool) -> tuple[str | torch.device, torch.dtype]:
    """(device, dtype) of a model's weights: embedded models on the CPU in float32, others as chosen."""
    if embedded:
        return EMBEDDED_DEVICE, prepare_torch().float32
    return device(), dtype()


def prepare_torch():
    """Import torch, set its threads, and return the module. Any thread may call it, any number of times."""
    import torch

    with _lock:
        if torch.get_num_threads() != THREADS:
            torch.set_num_threads(THREADS)
        if torch.get_num_interop_threads() != INTEROP_THREADS:
            # torch allows this once, and not after work was forked; a program that embeds us may have been first
            with contextlib.suppress(RuntimeError):
                torch.set_num_interop_threads(INTEROP_THREADS)
    return torch


def _choose(torch, choice: str) -> str:
    there = {"cpu": True, "cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}
    if on_zero_gpu():
        return "cpu"
    if choice == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name] is True or there[name]())
    if there[choice] is not True and not there[choice]():
        raise ModelError("no_such_device", device=choice)
    return choice


def memory_total(kind: str = "cpu") -> int:
    """Bytes of memory this process may use in all: of the GPU for "cuda", else of the machine or its container."""
    if kind == "cuda":
        return prepare_torch().cuda.mem_get_info()[1]
    import psutil

    return min([psutil.virtual_memory().total, *container_limits()])


def container_limits(proc: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")) -> list[int]:
    """Bytes allowed by each control group around this process that has a limit; both cgroup versions."""
    try:
        lines = proc.read_text().splitlines()
    except OSError:
        return []  # not Linux
    found = []
    for line in lines:
        number, controllers, path = line.split(":", 2)
        if number == "0":
            base, limit_file = root, "memory.max"
        elif "memory" in controllers.split(","):
            base, limit_file = root / "memory", "memory.limit_in_bytes"
        else:
            continue
        group = base / path.strip("/")
        for folder in [group, *group.parents]:
            limit = _number(folder / limit_file)
            if limit is not None and limit < 1 << 60:  # version 1 says "no limit" with a huge number
                found.append(limit)
            if folder == base:
                break
    return found


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):  # absent, or "max"
        return None
