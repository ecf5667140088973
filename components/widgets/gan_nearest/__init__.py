"""Samples beside the training images that are nearest to them, to see whether they are copies."""

from __future__ import annotations

from components.widgets.base import Widget


class GanNearest(Widget):
    """Values are what playground.images.neighbours tells."""
