"""The first rows of a head as numbers: the first token has nothing but itself to look at."""

from __future__ import annotations

from components.widgets.base import Widget


class FirstToken(Widget):
    """Value at first: {"name"}, the experiment's id; then what playground.text.attention_maps.attention tells."""

    def __init__(self, name: str) -> None:
        super().__init__({"name": name}, elem_id=f"{name}-view")
