"""A picture painted from a text: the latent at every step, the guess of the picture, and what was made of it."""

from __future__ import annotations

from components.widgets.base import Widget


class Painting(Widget):
    """Value: a run of TEXT_TO_IMAGE (playground/images/text_to_image_tasks.py) as told_whole tells it."""
