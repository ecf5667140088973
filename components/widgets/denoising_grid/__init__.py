"""The same images with two settings varied, one along each side: of each cell its images and the judge's figures."""

from __future__ import annotations

from components.widgets.base import Widget


class DenoisingGrid(Widget):
    """Values are what playground.images.diffusion_grid tells, with "sides": {"x_values", "y_values"}, the names that
    stand at the columns and rows.
    """
