"""Arithmetic with codes: the code of one digit, minus that of another, plus that of a third, decoded."""

from __future__ import annotations

from components.widgets.base import Widget


class LatentSum(Widget):
    """Value: a run of VAE_ARITHMETIC with "asked", which comes back (components/tabs/asking.py).

    Event `ask(evt: gr.EventData)`: evt._data is {"a", "b", "c", "model", "asked"}.
    """
