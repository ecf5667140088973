"""The hero of Play: the most probable next words as bars to tap, redrawn by every slider without a request."""

from __future__ import annotations

from components.widgets.base import Widget


class NextWord(Widget):
    """Value: the logits of one position, or None; {"state", …} while they are computed, {"error"} when they are not.

    {"logits": wire (V,), "shift"?: to be added to them, "seen": ids in the context, "counts"?: {id: how often it was
    made since the prompt}, "banned"?: ids that may not stand here, "allowed"?: ids that alone may, "texts": {id: text},
    "shown"?: {id: text in the reader's script}}

    Bus: hears text.settings (temperature, top_k, top_p, min_p and the three penalties, all or some of them);
    says text.next, which the waterfall draws, and text.choose (an id) when a bar is chosen. Another choice is taken
    once a value has come, or 8 seconds later.
    """
