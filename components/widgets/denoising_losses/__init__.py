"""A diffusion model as a classifier: the ten denoising losses as bars, and what a network trained to classify says."""

from __future__ import annotations

from components.widgets.base import Widget


class DenoisingLosses(Widget):
    """Value: a run of CLASSIFY (playground/images/diffusion_tasks.py) as told_whole tells it."""
