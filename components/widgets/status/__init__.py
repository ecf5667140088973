"""The line under Run: where a run stands, and what went wrong, in the reader's words. Its place is always kept."""

from __future__ import annotations

from typing import Any

from components.widgets.base import Widget


class Status(Widget):
    """Shows the latest on the bus topic `TAB.status`, or its value when the server sets one.

    Either is {"state": "queued" | "loading" | "running" | "paused" | "done", "position"?, "wait"? (seconds),
    "progress"? (0 to 1), "bytes"?, "reason"?, "notices"?: [{"key", "values", "sentence"}],
    "error"?: {"key", "values", "sentence"}}.
    """

    def __init__(self, tab: str, **kwargs: Any) -> None:
        super().__init__({"tab": tab}, elem_id=f"{tab}-status", **kwargs)  # Gradio makes a skipped one anew
