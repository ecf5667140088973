"""Branches of the run on screen beside the run itself, all on one scrubber."""

from __future__ import annotations

from components.widgets.base import Widget


class DenoisingBranches(Widget):
    """Values are what components.diffusion_values tells of a branch; the browser keeps those before it."""
