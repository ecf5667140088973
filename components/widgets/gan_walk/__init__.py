"""A walk through the generator's noise: the images on the way, with a scrubber, and D's score of each."""

from __future__ import annotations

from components.widgets.base import Widget


class GanWalk(Widget):
    """Values are what playground.images.gan_walk tells: {"images": wire (K, 28, 28), "scores"}."""
