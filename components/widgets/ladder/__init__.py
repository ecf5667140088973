"""One prompt on every rung of a ladder of models, with the counts behind each choice of the lower ones."""

from __future__ import annotations

from components.widgets.base import Widget


class Ladder(Widget):
    """Value at first: {"bits" and "nats": {rung: a token of held-out text}, "held_out": tokens, "vocabulary": tokens}.

    Then {"state", "parts": {"1" | "2" | "3" | "tales" | "larger": [values of a text run]}}, as runs.together gives
    them; a token of a numbered rung has "counted", see playground.text.ladder.counted.
    """
