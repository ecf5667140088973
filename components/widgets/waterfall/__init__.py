"""The sampling waterfall: one distribution after each stage, side by side; sliders redraw it without a request."""

from __future__ import annotations

from components.widgets.base import Widget


class Waterfall(Widget):
    """Takes no value and has no events: it shows the position that the next-word bars hold (bus topic text.next), at
    the settings on the bus (text.settings)."""
