"""Positions: how the model knows where a word stands, and what changes when the words change places."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.text_values import whole
from components.widgets.positions import Positions
from playground.text.attention_settings import OrderSettings
from playground.text.attention_tasks import WORD_ORDER


def build(tab: Tab) -> None:
    with experiment(tab, "positions", OrderSettings) as here:
        here.seed()
        here.actions()
        view = Positions(None, elem_id="attention-positions-view")
        here.code(
            "playground.text.word_order:words_of",
            "playground.text.word_order:shuffled",
            "playground.text.word_order:moved",
            "playground.text.word_order:encodings",
            "playground.text.word_order:likeness",
        )
    here.listen(view, shuffle)


def shuffle(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """The text in two orders, as values of the widget."""
    return runs.values(*whole(WORD_ORDER, lambda: OrderSettings.of(asked), language), request)
