"""Two carts from the same start, each an episode of an agent: played, scrubbed and shoved in the browser."""

from __future__ import annotations

from typing import Any

from components.widgets.base import Widget


class CartStage(Widget):
    """Values: {"saved": address} of two episodes to begin with, then what REPLAY_CARTPOLE answers, one at a time.

    Event `wanted` asks for an episode: {"asked", "checkpoint", "seed", and the physics} (widgets/asking.js).
    Event `redrawn`: the Maths panel is to be filled anew.
    """

    def __init__(self, value: dict[str, Any]) -> None:
        super().__init__(value, elem_id="cartpole-stage")
