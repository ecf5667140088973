"""The GAN tab's picture: the samples of the same noise as training goes on, the two losses, and the judge's opinion."""

from __future__ import annotations

from typing import Any

from components.widgets.base import Widget


class GanLive(Widget):
    """Values are what playground.images.gan_training tells of a run, or {"saved": address} of one made beforehand.

    Event `redrawn`: the Maths panel is to be filled anew.
    """

    def __init__(self, value: dict[str, Any]) -> None:
        super().__init__(value, elem_id="gan-view")
