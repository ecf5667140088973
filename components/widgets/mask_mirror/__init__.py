"""One head of a decoder under the causal mask and under its mirror image, as two matrices."""

from __future__ import annotations

from components.widgets.base import Widget


class MaskMirror(Widget):
    """Value at first: {"name"}, the experiment's id; then what playground.text.two_masks.two_masks tells."""

    def __init__(self, name: str) -> None:
        super().__init__({"name": name}, elem_id=f"{name}-view")
