"""Greedy, sampling and beam search on one prompt: the search's tree, three texts, and why greedy repeats."""

from __future__ import annotations

from components.widgets.base import Widget


class Strategies(Widget):
    """Value: {"state", "parts": {"greedy" | "sampling": [values of a text run], "beam": [values of a beam search]}}."""
