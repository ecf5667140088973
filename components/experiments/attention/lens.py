"""The logit lens: what the model would say if it stopped after each layer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.text_values import whole
from components.widgets.lens import Lens
from playground.text.attention_settings import PassageSettings
from playground.text.attention_tasks import LOGIT_LENS


def build(tab: Tab) -> None:
    with experiment(tab, "lens", PassageSettings) as here:
        here.actions()
        view = Lens(None, elem_id="attention-lens-view")
        here.code("playground.text.logit_lens:Lens", "playground.text.logit_lens:logit_lens")
    here.listen(view, every_layer)


def every_layer(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """What each layer would say, as values of the widget."""
    return runs.values(*whole(LOGIT_LENS, lambda: PassageSettings.of(asked), language), request)
