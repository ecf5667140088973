"""Many seeds of one training: thin lines with their median and quartiles, each seed small, and what one would tell."""

from __future__ import annotations

from components.widgets.base import Widget


class CartpoleLottery(Widget):
    """Value at first: {"name"}, the experiment's id; then what playground.control.lottery tells of a run."""

    def __init__(self, name: str) -> None:
        super().__init__({"name": name}, elem_id=f"{name}-view")
