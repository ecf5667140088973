"""The algorithms on the same seeds: a table that fills as they learn, and their curves over steps or seconds."""

from __future__ import annotations

from components.widgets.base import Widget


class CartpoleCompare(Widget):
    """Value at first: {"name"}, the experiment's id; then what playground.control.compare tells of a run."""

    def __init__(self, name: str) -> None:
        super().__init__({"name": name}, elem_id=f"{name}-view")
