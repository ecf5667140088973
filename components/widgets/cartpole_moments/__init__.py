"""One start, played by an agent at several moments of its training, in one picture with one scrubber."""

from __future__ import annotations

from components.widgets.base import Widget


class CartpoleMoments(Widget):
    """Values are what playground.control.moments.play_moments tells.

    Event: `wanted` when it first comes into sight with nothing to show.
    """
