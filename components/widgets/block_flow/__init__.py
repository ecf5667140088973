"""One block as a picture of its flow: what a token's vector is at every stop, and what each head adds to it."""

from __future__ import annotations

from components.widgets.base import Widget


class BlockFlow(Widget):
    """Value: None, then a run of playground.text.block_stops.one_block: {"run", "state", "settings", "stops", …}.

    Event `ask` with {"settings", "query", "language"}: the same at another token.
    """
