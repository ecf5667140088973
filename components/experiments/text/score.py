"""Perplexity: how likely a text is to the model, token by token, and two texts compared."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.saved_runs import by_language
from components.score_values import telling
from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.widgets.scores import Scores
from components.words import words
from playground.text.settings import CompareSettings
from playground.text.tasks import SCORE


def build(tab: Tab) -> None:
    with experiment(tab, "score", CompareSettings) as here:
        with gr.Row():
            here.textbox("text", lines=3, max_lines=8, value=words("text.score.text.value"))
            here.textbox("other", lines=3, max_lines=8, value=words("text.score.other.value"))
        here.actions()
        view = Scores(by_language("score"), elem_id="text-score-view")
        here.code(
            "playground.text.scoring:score",
            "playground.text.scoring:windows",
            "playground.text.scoring:forward",
            "playground.text.scoring:surprise",
            "playground.text.scores:sums",
        )
    here.listen(view, both, adds="{}")


def both(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """Both texts' scores as values of the widget; of one text alone, if there is no other."""

    def part(name: str) -> runs.Part:
        return SCORE, lambda: CompareSettings.of(asked).score(name), telling(language)

    names = ("text", "other") if str(asked.get("other") or "").strip() else ("text",)
    return runs.together({name: part(name) for name in names}, request)
