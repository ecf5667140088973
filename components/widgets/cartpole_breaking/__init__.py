"""A broken run and a healthy one with the same seed: returns, the figure that gives the break away, the verdicts."""

from __future__ import annotations

from components.widgets.base import Widget


class CartpoleBreaking(Widget):
    """Value at first: {"name"}, the experiment's id; then two parts as runs.together has them, "broken" and "healthy",
    of what playground.control.training tells."""

    def __init__(self, name: str) -> None:
        super().__init__({"name": name}, elem_id=f"{name}-view")
