"""A rubber: the part of an image that the model is to make anew."""

from __future__ import annotations

from components.widgets.base import Widget


class Rubber(Widget):
    """Has no value: image and hole are kept in the browser (widgets/first_image.js).

    Event `repair`: the preset of that name (bus: diffusion.begin) has laid a drawn 8 with a hole in it.
    """
