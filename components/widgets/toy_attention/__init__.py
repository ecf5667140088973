"""The example of four words with one-hot keys, and why the weights that a tutorial prints for it are none."""

from __future__ import annotations

from components.widgets.base import Widget


class ToyAttention(Widget):
    """Value: None, or {"name"}, the id of the card it stands in; then what playground.text.query_key.toy tells.

    Event `ask` with {"query"}, at first (but in a card) and for another word that looks.
    """
