"""A code of many numbers, moved one at a time: a slider and a strip of images for each."""

from __future__ import annotations

from components.widgets.base import Widget


class Traversal(Widget):
    """Value: a run of VAE_TRAVERSE or DECODE_LATENT with "asked" and "what" (components/tabs/asking.py).

    Events `strips(evt)` and `moved(evt)`: evt._data is {"z", "model", "asked"}; the first asks for every strip around
    a code, the second for the image of it alone.
    """
