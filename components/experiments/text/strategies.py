"""Strategies: greedy, sampling and beam search on one prompt, and why greedy repeats itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.controls import quiet
from components.tabs.experiment import experiment
from components.text_values import for_reader, generation
from components.widgets.strategies import Strategies
from playground.inference.tasks import Event
from playground.text.settings import BeamSettings
from playground.text.tasks import BEAM

LONG = 200  # tokens: by then most greedy texts of a small model go in circles
UNBENT = {"repetition_penalty": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0, "banned": "", "forced": ""}
GREEDY = UNBENT | {"temperature": 0.0}  # as the search: nothing but the model's own odds
PENALTY = "text-strategies.penalty"  # the bus topic of the length penalty: one value in two sliders


def build(tab: Tab) -> None:
    with experiment(tab, "strategies", BeamSettings) as here:
        with gr.Row():
            here.slider("num_beams")
            here.slider("max_new_tokens")
            penalty = here.slider("length_penalty")
        here.actions()
        view = Strategies(None, elem_id="text-strategies-view")
        here.code("playground.text.beam:BeamSearch", "playground.text.beam_frames:penalised")
    here.listen(view, three_ways)
    # the widget's own slider, beside the texts that it re-ranks, and this one say the same; neither asks the server
    penalty.change(None, penalty, None, js=f"(value) => playground.emit('{PENALTY}', value)", **quiet())
    view.ranked(None, None, penalty, js=f"() => playground.last('{PENALTY}')", **quiet())


def three_ways(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """The three runs as values of the widget."""
    drawn = asked | {"max_new_tokens": LONG, "num_samples": 1, "stop": ""}

    def tell(event: Event, settings: BeamSettings) -> dict[str, Any]:
        return for_reader(runs.told_whole(event, settings), language)

    parts = {
        "greedy": generation(drawn | GREEDY, language),
        "sampling": generation(drawn, language),
        "beam": (BEAM, lambda: BeamSettings.of(asked), tell),
    }
    return runs.together(parts, request)
