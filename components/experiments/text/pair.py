"""Same seed, two settings: two runs with common random numbers, marked where they first differ."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.text_values import generation
from components.widgets.pair import Pair
from playground.text.settings import PairSettings

PARTS = {"first": False, "second": True}  # name of the part → whether it has the second settings


def build(tab: Tab) -> None:
    with experiment(tab, "pair", PairSettings) as here:
        with gr.Row():
            here.slider("second_temperature")
            here.slider("second_top_k")
            here.slider("second_top_p")
        here.actions()
        view = Pair(None, elem_id="text-pair-view")
        here.code("playground.text.sampling:gumbel", "playground.text.sampling:draw")
    here.listen(view, both)


def both(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """The two runs as values of the widget."""

    def part(second: bool) -> runs.Part:
        task, _, tell = generation(asked, language)
        return task, lambda: PairSettings.of(asked).run(second), tell

    return runs.together({name: part(second) for name, second in PARTS.items()}, request)
