"""What was typed and what came back, one after another: for demonstrations that run a library's own code."""

from __future__ import annotations

from components.widgets.base import Widget


class Transcript(Widget):
    """Value at first: {"name"}, the experiment's id. Then a run's values, each with all that was said so far:
    {"state", "said": [{"code", "replies": [text], "error"?: text}]}."""

    def __init__(self, name: str) -> None:
        super().__init__({"name": name}, elem_id=f"{name}-view")
