"""From one digit to another: in a straight line through the codes, and beside it the same mix of the pixels."""

from __future__ import annotations

from components.widgets.base import Widget


class LatentWalk(Widget):
    """Value: a run of VAE_INTERPOLATE with "asked", which comes back (components/tabs/asking.py).

    Event `ask(evt: gr.EventData)`: evt._data is {"a", "b", "image_a", "image_b", "frames", "model", "asked"}.
    """
