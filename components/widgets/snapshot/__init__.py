"""Step k of a long run beside a run of k steps, with a slider over k, and where on the way from noise each stands."""

from __future__ import annotations

from components.widgets.base import Widget


class Snapshot(Widget):
    """Values are what playground.images.diffusion_snapshot tells."""
