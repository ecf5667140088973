"""Predict before you reveal, on CartPole: a pole has just been shoved, for how many more steps will it stand?"""

from __future__ import annotations

from components.widgets.base import Widget


class CartpoleGuess(Widget):
    """Value at first: {"tab"}; then episodes, answers to `wanted(evt)`, evt._data is what REPLAY_CARTPOLE is asked with
    "asked" (components/tabs/asking.py), and answers to `guessed` and `looked` (components/class_guesses.py).
    """

    def __init__(self, tab: str) -> None:
        super().__init__({"tab": tab}, elem_id=f"{tab}-predict")
