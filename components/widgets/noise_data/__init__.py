"""Two GANs that are shown different things as real, static and digits: what each G makes, side by side."""

from __future__ import annotations

from components.widgets.base import Widget


class NoiseData(Widget):
    """Value at first: {"name"}, the experiment's id; then three parts as runs.together has them: "shown"
    (playground.images.gan_textbook.shown_as_real), "noise" and "mnist" (playground.images.gan_training).
    """

    def __init__(self, name: str) -> None:
        super().__init__({"name": name}, elem_id=f"{name}-view")
