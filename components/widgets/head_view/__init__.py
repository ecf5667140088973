"""The open head of the attention tab: a matrix of its weights, or links between the tokens."""

from __future__ import annotations

from components.widgets.base import Widget


class HeadView(Widget):
    """Has no value: it draws the run that widgets/attention.js holds.

    Event `redrawn`: another weight is looked at; the Maths panel is filled anew.
    """
