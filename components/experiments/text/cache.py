"""The key-value cache: the same tokens with it and without, timed, and its memory as it grows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.text_values import whole
from components.widgets.cache_meter import CacheMeter
from playground.text.settings import CacheMeterSettings
from playground.text.tasks import CACHE_METER


def build(tab: Tab) -> None:
    with experiment(tab, "cache", CacheMeterSettings) as here:
        here.slider("max_new_tokens")
        here.actions()
        view = CacheMeter(None, elem_id="text-cache-view")
        here.code(
            "playground.text.cache_meter:meter_cache",
            "playground.text.cache_meter:timed",
            "playground.text.cache_meter:cache_bytes",
            "playground.inference.kv_cache:Part.attend",
        )
    here.listen(view, meter)


def meter(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """A measurement as values of the widget."""
    return runs.values(*whole(CACHE_METER, lambda: CacheMeterSettings.of(asked), language), request)
