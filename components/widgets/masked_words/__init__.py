"""Hidden words: what an encoder guesses, what the guess needs, and where attention led, side by side."""

from __future__ import annotations

from components.widgets.base import Widget


class MaskedWords(Widget):
    """Value: None, then what playground.text.masked_words.fill_mask tells with its `settings`.

    Event `hide`: other tokens are to be hidden. Which, `playground.masked.hide()` says.
    """
