"""A step of DDPM from both sides: the true posterior, which knows the clean image, and the model's, which guesses."""

from __future__ import annotations

from components.widgets.base import Widget


class PosteriorPair(Widget):
    """Value at first: {"name"}, the card's id; then what playground.images.diffusion_textbook.posteriors tells."""

    def __init__(self, name: str) -> None:
        super().__init__({"name": name}, elem_id=f"{name}-view")
