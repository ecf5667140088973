"""Masked words: an encoder guesses what is hidden, and what each guess leans on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.experiment import Asked, experiment
from components.tabs.models import fetching, model_choice
from components.text_values import whole
from components.widgets.masked_words import MaskedWords
from playground.text.attention_settings import MaskSettings
from playground.text.attention_tasks import FILL_MASK

TEXT = "The wolf ran into the wood, and the little [MASK] was afraid."  # tales-bert reads English
HIDDEN = "{ hide: playground.masked?.hide() ?? [] }"
OWN = {"copies": 1, "second": ""}  # the text is this experiment's own, not the tab's


def build(tab: Tab) -> None:
    with experiment(tab, "masked", MaskSettings) as here:
        here.textbox("text", lines=2, max_lines=6, value=TEXT)
        fetch = model_choice(here, "fill-mask")
        here.actions()
        view = MaskedWords(None, elem_id="attention-masked-view")
        here.code("playground.text.masked_words:leaned_on", "playground.text.rollout:rollout")
    here.listen(view, guessed, adds=HIDDEN).to(view.hide)
    fetching(here, fetch)


def guessed(asked: Asked, language: str, request: gr.Request) -> AsyncIterator[str]:
    """The guesses for every hidden word as values of the widget."""
    return runs.values(*whole(FILL_MASK, lambda: MaskSettings.of(asked | OWN), language), request)
