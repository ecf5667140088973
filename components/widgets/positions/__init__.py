"""A text in two orders, what the model says of each, which heads moved, and the encodings of positions."""

from __future__ import annotations

from components.widgets.base import Widget


class Positions(Widget):
    """Value: the frame of playground/text/word_order.py, with run and state."""
