"""Milliseconds a token with a key-value cache and without, and the cache's memory as blocks that grow."""

from __future__ import annotations

from components.widgets.base import Widget


class CacheMeter(Widget):
    """Value: None, then {"run", "state", "shape"?, "prompt_tokens"?, "start", "steps": […]} as it streams: new steps,
    the first of them number `start` (playground.text.cache_meter)."""
