"""The top of every tab: its one sentence, the three depths, the lesson."""

from __future__ import annotations

from components.widgets.base import Widget


class TabHead(Widget):
    """`value` is the tab's name. Changing the depth makes no request."""

    def __init__(self, tab: str) -> None:
        super().__init__(tab, elem_id=f"{tab}-head")
