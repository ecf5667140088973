"""Several runs' texts one below another, each under a heading of its own: lanes (lanes.js) with nothing added."""

from __future__ import annotations

from typing import Any

from components.widgets.base import Widget


class Texts(Widget):
    """Value at first: {"name", "titles", "lanes", "compare"}: the experiment's id, the key whose words
    `titles.LANE` are headings, the lanes in their order, and whether to mark where they part from the first.

    Then {"state", "parts": {lane: [values of a text run]}}, as runs.together gives them.
    """

    def __init__(self, name: str, titles: str, lanes: tuple[str, ...], *, compare: bool = False, **kwargs: Any) -> None:
        shape = {"name": name, "titles": titles, "lanes": list(lanes), "compare": compare}
        super().__init__(shape, elem_id=f"{name}-view", **kwargs)
