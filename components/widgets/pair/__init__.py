"""Two texts with the same luck, side by side, marked where they part."""

from __future__ import annotations

from components.widgets.base import Widget


class Pair(Widget):
    """Value: {"state", "parts": {"first" | "second": [values of a text run]}}, as runs.together gives them."""
