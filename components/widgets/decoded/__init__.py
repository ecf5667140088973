"""The image decoded at the place that is pointed at on the map, where that lies, and what test digits lie around it."""

from __future__ import annotations

from components.widgets.base import Widget


class Decoded(Widget):
    """No value: it follows widgets/vae.js.

    Event `redrawn`: the Maths panel is to be filled anew (`playground.vae.maths()`).
    """
