"""Two GANs that are shown different things as real, static and digits: what each G makes, side by side."""

from __future__ import annotations

from components.widgets.base import Widget


class NoiseData(Widget):
    """Value at first: {"name"}, the experiment's id; then the parts "shown" (playground.images.gan_textbook.shown_as_real)
    and "noise" and "mnist" (playground.images.gan_training), as runs.together has them.
    """

    def __init__(self, name: str) -> None:
        super().__init__({"name": name}, elem_id=f"{name}-view")
