"""Over generation: the model writes on, and every head's row is there for every token that it wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.experiment import Asked, experiment
from components.text_values import whole
from components.widgets.over_generation import OverGeneration
from playground.text.attention_settings import AttentionSettings
from playground.text.attention_tasks import ATTENTION

NEW_TOKENS = 24


def build(tab: Tab) -> None:
    with experiment(tab, "generation", AttentionSettings) as here:
        here.slider("new_tokens", value=NEW_TOKENS)
        here.actions()
        view = OverGeneration(None, elem_id="attention-generation-view")
        here.code("playground.text.attention_maps:attention", "playground.text.attention:attend")
    here.listen(view, written)


def written(asked: Asked, language: str, request: gr.Request) -> AsyncIterator[str]:
    """The text with what the model adds to it, and all heads, as values of the widget."""
    return runs.values(*whole(ATTENTION, lambda: AttentionSettings.of(asked), language), request)
