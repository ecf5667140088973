"""The same prompt and luck with a watermark and without: green words, and the score as it grows."""

from __future__ import annotations

from components.widgets.base import Widget


class Watermark(Widget):
    """Value: {"state", "parts": {"marked" | "plain": [values of a text run whose tokens have "green", "scored" and
    "z"]}}, as runs.together gives them. `playground.watermark.written(lane)` is what a lane says."""
