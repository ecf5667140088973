"""The thread-wide state of torch that no run may leave altered for the next one's slice.

`with torch.inference_mode():` around a `yield` stays on in whatever runs next on the thread (the decorator form does
not), and the others become wrong without a word. So the engine looks after each slice.
"""

from __future__ import annotations

from typing import Any

NEVER_LEFT: list[Any] = []  # kept for good: a guard's destructor changes the thread on which it happens to be collected


class TorchState:
    """Made on the device thread, which it imports torch for; remembers the state as it should be."""

    def __init__(self) -> None:
        import torch

        self._torch: Any = torch
        self._right = self._now()

    def _now(self) -> dict[str, Any]:
        torch = self._torch
        return {
            "inference_mode": torch.is_inference_mode_enabled(),
            "grad_mode": torch.is_grad_enabled(),
            "autocast (cpu)": torch.is_autocast_enabled("cpu"),
            "autocast (cuda)": torch.is_autocast_enabled("cuda"),
            "number of threads": torch.get_num_threads(),
        }

    def leaked(self) -> str | None:
        """The name of what is not as it should be, or None. About a microsecond: cheap enough after every unit."""
        now = self._now()
        if now == self._right:
            return None
        return next(name for name, value in self._right.items() if now[name] != value)

    def restore(self) -> None:
        """Put everything back. Closing the generator that leaked has mostly done so already."""
        torch, now = self._torch, self._now()
        if now["inference_mode"] != self._right["inference_mode"]:
            # torch has no setter; a guard that is entered and never left is one
            guard = torch.inference_mode(self._right["inference_mode"])
            guard.__enter__()
            NEVER_LEFT.append(guard)
        torch.set_grad_enabled(self._right["grad_mode"])
        for kind in ("cpu", "cuda"):
            torch.set_autocast_enabled(kind, self._right[f"autocast ({kind})"])
        if now["number of threads"] != self._right["number of threads"]:
            torch.set_num_threads(self._right["number of threads"])

    def reclaim(self) -> None:
        """After running out of memory: give back what the allocator keeps for later."""
        if self._torch.cuda.is_available():
            self._torch.cuda.empty_cache()
