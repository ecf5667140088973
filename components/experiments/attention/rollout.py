"""Rollout: attention followed from layer to layer, beside the plain mean of the same layers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.attention_values import rollout_for_page
from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.text_values import whole
from components.widgets.rollout import Rollout
from playground.text.attention_settings import PassageSettings
from playground.text.attention_tasks import ROLLOUT


def build(tab: Tab) -> None:
    with experiment(tab, "rollout", PassageSettings) as here:
        here.actions()
        view = Rollout(None, elem_id="attention-rollout-view")
        here.code("playground.text.rollout:rollout", "playground.text.rollout:Means")
    here.listen(view, both)


def both(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """Rollout and mean after each layer, as values of the widget."""
    task, ask, tell = whole(ROLLOUT, lambda: PassageSettings.of(asked), language)
    return runs.values(task, ask, lambda event, settings: rollout_for_page(tell(event, settings)), request)
