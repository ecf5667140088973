"""Attention as a text is written: a scrubber over the tokens, one head as bars, all heads as rows that grow."""

from __future__ import annotations

from components.widgets.base import Widget


class OverGeneration(Widget):
    """Value: None, then what playground.text.attention_maps.attention tells with its `settings`."""
