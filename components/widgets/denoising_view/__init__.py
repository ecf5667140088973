"""The diffusion tab's picture: every step from noise to digit, what the model guesses, and the noise schedule."""

from __future__ import annotations

from typing import Any

from components.widgets.base import Widget


class DenoisingView(Widget):
    """Values are what components.diffusion_values tells of a run, or {"saved": address} of one made beforehand.

    Event `redrawn`: the Maths panel is to be filled anew.
    """

    def __init__(self, value: dict[str, Any]) -> None:
        super().__init__(value, elem_id="diffusion-view")
