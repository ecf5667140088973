"""One training step of a GAN, phase by phase: the batch with D's scores, where D looked, what the step changed."""

from __future__ import annotations

from components.widgets.base import Widget


class GanSlow(Widget):
    """Value at first: None; then a run of playground.images.gan_slow_motion. Walking through it asks nobody.

    Event `wanted` when it first comes into sight with nothing to show.
    """
