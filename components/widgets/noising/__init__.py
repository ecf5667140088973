"""The forward process in one picture: x_t for every t, its two parts, and how its pixels are distributed."""

from __future__ import annotations

from components.widgets.base import Widget


class Noising(Widget):
    """Has no value: the image, ε and all ᾱ are in the browser (widgets/first_image.js), so every x_t follows there.

    Event `picked`: another t was chosen, `playground.noising.t()`, which is where denoising is to begin.
    """
