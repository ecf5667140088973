"""Predict before you reveal: the person guesses, then sees, and is scored in bits. Kept in their own browser."""

from __future__ import annotations

from components.widgets.base import Widget


class Predict(Widget):
    """Value: the tab's name. Shows nothing until the tab has told what there is to guess.

    A tab's own script says so by setting `playground.questions[TAB] = {covers, ask, next}`: `covers` the element ids
    that give the answer away, `ask()` → null or {after, score(guess) → {bits, p, atLeast, best, bestBits}}, `next()`
    moves on to another question.
    """

    def __init__(self, tab: str) -> None:
        super().__init__(tab, elem_id=f"{tab}-predict")
