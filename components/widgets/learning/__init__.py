"""One text at every moment of a model's training: a scrubber over checkpoints, and the loss curve they lie on."""

from __future__ import annotations

from components.widgets.base import Widget


class Learning(Widget):
    """Value at first: {"curve": [{"step", "loss"}], "moments": [{"id", "step", "tokens", "validation"}]}, by step.

    Then {"state", "parts": {id of a moment: [values of a text run]}}, as runs.together gives them.
    """
