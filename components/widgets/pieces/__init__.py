"""One text as every tokenizer cuts it: pieces, counts, and what a character of English and of Chinese costs."""

from __future__ import annotations

from components.widgets.base import Widget


class Pieces(Widget):
    """Value: what playground.text.pieces.tokenize gives, or {"error"}; after a fetch with "fetched": true, and with
    "failed", an error, when it was in vain.

    Hears text.pieces.typed, the text as it is typed. Event `typed` with {"text"}: the typing paused. Event `fetch` with
    {"model", "text"}: someone wants the tokenizer of a model that is not on this machine.
    """
