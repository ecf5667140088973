"""Draw 1,000: one next word drawn again and again, the counts beside the distribution they come from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.text_values import whole
from components.widgets.draws import Draws
from playground.text.settings import DrawSettings
from playground.text.tasks import DRAW

HERE = "{ prefix_ids: playground.text.path() }"  # at the place that the reader looks at, as the bars do


def build(tab: Tab) -> None:
    with experiment(tab, "draw", DrawSettings) as here:
        here.slider("draws")
        here.actions()
        view = Draws(None, elem_id="text-draw-view")
        here.code(
            "playground.text.draws:draw_many",
            "playground.text.draws:total_variation",
            "playground.text.draws:cells",
            "playground.text.draws:chi_squared",
            "playground.text.draws:at_least",
        )
    here.listen(view, draw, adds=HERE)


def draw(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """An experiment as values of the widget."""
    return runs.values(*whole(DRAW, lambda: DrawSettings.of(asked), language), request)
