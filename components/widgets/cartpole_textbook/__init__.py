"""How good PPO at its default settings is after ten thousand steps, seed by seed, and how it goes on."""

from __future__ import annotations

from components.widgets.base import Widget


class CartpoleTextbook(Widget):
    """Value at first: {"name"}, the experiment's id; then what playground.control.textbook tells of a run."""

    def __init__(self, name: str) -> None:
        super().__init__({"name": name}, elem_id=f"{name}-view")
