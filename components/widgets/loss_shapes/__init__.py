"""What each loss of G says of one image, and how hard it pushes, over the number that D gives that image."""

from __future__ import annotations

from components.widgets.base import Widget


class LossShapes(Widget):
    """Value at first: {"name"}, the experiment's id; then what playground.images.gan_textbook.loss_shapes tells."""

    def __init__(self, name: str) -> None:
        super().__init__({"name": name}, elem_id=f"{name}-view")
