"""What a branch changes, and from which step on: a draft that the browser keeps (widgets/branching.js)."""

from __future__ import annotations

from components.widgets.base import Widget


class BranchChange(Widget):
    """It is given no values. Event `chosen`: the draft has changed, and `playground.branching.chosen()` says what the
    controls that links carry are to say.
    """
