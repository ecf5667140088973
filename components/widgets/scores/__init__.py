"""How likely two texts are: their tokens by surprise, the chain of probabilities, and what was expected instead."""

from __future__ import annotations

from components.widgets.base import Widget


class Scores(Widget):
    """Value: {"state", "parts": {"text" | "other": [values of a run of SCORE]}}, as runs.together gives them."""
