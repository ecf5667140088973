"""Two small models learning one text, with the causal mask and without: losses, what each writes, where each looks."""

from __future__ import annotations

from components.widgets.base import Widget


class UnmaskedTraining(Widget):
    """Value at first: {"name"}, the experiment's id; then what playground.text.unmasked_training.train_twice tells."""

    def __init__(self, name: str) -> None:
        super().__init__({"name": name}, elem_id=f"{name}-view")
