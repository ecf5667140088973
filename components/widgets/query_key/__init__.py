"""Where one token looks, a step at a time: q, k and v, their dot products, the scale, the mask, softmax, the mix."""

from __future__ import annotations

from components.widgets.base import Widget


class QueryKey(Widget):
    """Value: None, then a run of playground.text.query_key.query_key: {"run", "state", "settings", "tokens", …}.

    Stepping and looking at a key make no request. Event `ask` with {"settings", "query", "language"}: the same at
    another token.
    """
