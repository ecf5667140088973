"""Several attempts at denoising that began with an image: what it was, every step of all of them, and what the judge
sees in the end. For image to image and for inpainting."""

from __future__ import annotations

from components.widgets.base import Widget


class Attempts(Widget):
    """Value: a run of DENOISE_FROM or INPAINT as components.diffusion_values.page_value tells it."""
