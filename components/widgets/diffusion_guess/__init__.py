"""A guessing game on denoising: an image gets clearer step by step; which digit will it be, and how sure is one?"""

from __future__ import annotations

from components.widgets.base import Widget


class DiffusionGuess(Widget):
    """Value: what playground.images.diffusion_deciding tells. Event: `again`, for images of another seed."""
