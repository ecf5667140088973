"""D trained on one batch, down its loss and up: the loss, V(D, G) and what D believes, side by side."""

from __future__ import annotations

from components.widgets.base import Widget


class TurnedSign(Widget):
    """Value at first: {"name"}, the experiment's id; then what playground.images.gan_textbook.turned_sign tells."""

    def __init__(self, name: str) -> None:
        super().__init__({"name": name}, elem_id=f"{name}-view")
