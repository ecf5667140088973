"""Q·K, step by step: where one token looks, computed before the reader's eyes; beside it the example of four words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import gradio as gr

from components import runs
from components.experiments.attention.at_token import at_token
from components.tabs.anatomy import Tab
from components.tabs.controls import streaming
from components.tabs.experiment import experiment
from components.widgets.query_key import QueryKey
from components.widgets.toy_attention import ToyAttention
from playground.text.attention_settings import QuerySettings, ToySettings
from playground.text.attention_tasks import QUERY_KEY, TOY


def build(tab: Tab) -> None:
    with experiment(tab, "steps", QuerySettings) as here:
        here.actions()
        view = QueryKey(None, elem_id="attention-steps-view")
        example = ToyAttention(None, elem_id="attention-steps-toy")
        here.code("playground.text.query_key:attend_once", "playground.text.attention:attention_scores")
    at_token(here, view, QUERY_KEY)
    example.ask(toy, None, example, **streaming(trigger_mode="always_last"))


async def toy(request: gr.Request, event: gr.EventData) -> AsyncIterator[str]:
    """The example of four words, with the one that looks."""
    told = event._data if isinstance(event._data, dict) else {}
    ask = lambda: ToySettings.of(told)  # noqa: E731
    async with aclosing(runs.values(TOY, ask, runs.told_whole, request)) as values:
        async for value in values:
            yield value
