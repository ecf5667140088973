"""Q-learning's rule with this step's numbers, the cart that it saw, and the table that it writes into."""

from __future__ import annotations

from components.widgets.base import Widget


class CartpoleRule(Widget):
    """Value at first: {"name"}, the experiment's id; then what playground.control.rule tells. Scrubbing asks nobody."""

    def __init__(self, name: str) -> None:
        super().__init__({"name": name}, elem_id=f"{name}-view")
