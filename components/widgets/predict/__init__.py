"""Predict before you reveal: ten rounds of guessing on one text, scored in bits, and what the class guessed."""

from __future__ import annotations

from components.widgets.base import Widget


class Predict(Widget):
    """Value at first: {"tab"}. Then answers to the events `guessed` and `looked` (components/class_guesses.py).

    A tab's own script says what there is to guess by setting `playground.questions[TAB]` to an object of

    covers      the element ids that give the answer away
    seed()      of the link: what comes next is drawn with it
    begin()     puts the game's text on screen; false when there is none
    alive()     whether it is still there
    question()  null while it is on its way, else {key, after, score(guess), scoreOf(id), candidates(uniform),
                draw(uniform)}: `key` is equal for those who play the same link; scores are {p, bits, atLeast, best,
                bestBits}; candidates {id, text, p}, five of them, are to be put in order; draw gives the word that
                the text goes on with
    next(id)    goes on with it

    and by speaking on the bus topic TAB.question whenever one of them may have changed.
    """

    def __init__(self, tab: str) -> None:
        super().__init__({"tab": tab}, elem_id=f"{tab}-predict")
