"""Generated images beside the training images that are nearest to them, to see whether they are copies."""

from __future__ import annotations

from components.widgets.base import Widget


class NearestImages(Widget):
    """Values are what playground.images.neighbours tells. The element's id is that of the experiment with "-view"."""
