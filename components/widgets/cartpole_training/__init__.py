"""An agent as it learns: returns, what the algorithm measures of its updates, and the checkpoints along the way."""

from __future__ import annotations

from typing import Any

from components.widgets.base import Widget


class CartpoleTraining(Widget):
    """Values are what playground.control.training tells of a run, or {"saved": address} of one made beforehand.

    Event `redrawn`: the Maths panel is to be filled anew.
    """

    def __init__(self, value: dict[str, Any]) -> None:
        super().__init__(value, elem_id="cartpole-training")
