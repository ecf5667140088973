"""Fix the textbook: four widely copied mistakes about attention, each with its demonstration."""

from __future__ import annotations

from collections.abc import AsyncIterator

import gradio as gr

from components import runs
from components.experiments.attention.steps import toy as ask_toy
from components.tabs.anatomy import Tab
from components.tabs.controls import streaming
from components.tabs.experiment import Asked, Experiment, experiment, textbook_card
from components.text_values import whole
from components.widgets.base import Widget
from components.widgets.first_token import FirstToken
from components.widgets.mask_mirror import MaskMirror
from components.widgets.toy_attention import ToyAttention
from components.widgets.unmasked_training import UnmaskedTraining
from components.words import words
from playground.inference.tasks import Task
from playground.text.attention_settings import AttentionSettings, HeadSettings, ToySettings, UnmaskedTrainingSettings
from playground.text.attention_tasks import ATTENTION, TOY, TWO_MASKS, UNMASKED_TRAINING


def build(tab: Tab) -> None:
    with experiment(tab, "textbook", HeadSettings):
        with textbook_card(tab, "mirror", HeadSettings) as mirror:
            mirrored = MaskMirror(mirror.id)
            mirror.code("playground.text.two_masks:two_masks")
        with textbook_card(tab, "toy", ToySettings) as toy:
            example = ToyAttention({"name": toy.id}, elem_id=f"{toy.id}-view")
        with textbook_card(tab, "unmasked", UnmaskedTrainingSettings, stop=True) as unmasked:
            unmasked.textbox("text", lines=3, max_lines=8, value=words("attention.textbook.unmasked.text.value"))
            twice = UnmaskedTraining(unmasked.id)
            unmasked.code("playground.text.unmasked_training:OneBlock", "playground.text.unmasked_training:Learner")
        with textbook_card(tab, "first", AttentionSettings) as first:
            rows = FirstToken(first.id)
    show(mirror, mirrored, TWO_MASKS)
    toy.runs(example, TOY, adds="{ query: 1 }")
    example.ask(ask_toy, None, example, **streaming(trigger_mode="always_last"))
    show(unmasked, twice, UNMASKED_TRAINING)
    show(first, rows, ATTENTION)


def show(card: Experiment, view: Widget, task: Task) -> None:
    """The card's button runs `task` with the card's settings, as values of `view` in the reader's script."""

    def answer(asked: Asked, language: str, request: gr.Request) -> AsyncIterator[str]:
        return runs.values(*whole(task, lambda: card.settings.of(asked), language), request)

    card.listen(view, answer)
