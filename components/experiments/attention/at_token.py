"""What experiments about one token share: Run asks about the token that is looked at, the widget about another one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import gradio as gr

from components import runs
from components.tabs.controls import streaming
from components.tabs.experiment import Asked, Experiment
from components.text_values import whole
from components.widgets.base import Widget
from playground.inference.tasks import Task
from playground.text.attention_settings import QuerySettings


def at_token(here: Experiment, view: Widget, task: Task) -> None:
    """Run runs `task`, QuerySettings in and dicts out, whose frames become values of `view`.

    So does the event `ask` of `view` with {"settings", "query", "language"}: the run on screen, at another token.
    """

    def answer(asked: Asked, language: str, request: gr.Request) -> AsyncIterator[str]:
        return runs.values(*whole(task, lambda: QuerySettings.of(asked | one_head(asked)), language), request)

    async def ask(request: gr.Request, event: gr.EventData) -> AsyncIterator[str]:
        told = event._data if isinstance(event._data, dict) else {}
        settings = told.get("settings")
        asked = (settings if isinstance(settings, dict) else {}) | {"query": told.get("query")}
        async with aclosing(answer(asked, told.get("language"), request)) as values:
            async for value in values:
                yield value

    here.listen(view, answer, adds="{ query: playground.lookedAt() }")
    view.ask(ask, None, view, **streaming(trigger_mode="always_last"))


def one_head(asked: Asked) -> dict[str, Any]:
    """The first of the heads or layers that the page shows the mean of: a mean has no numbers of its own to follow."""
    return {name: 0 for name in ("layer", "head") if asked.get(name) == -1}
