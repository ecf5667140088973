"""Watch it learn to write: one prompt and one seed at four moments of the training of `tales`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.text_values import generation
from components.widgets.learning import Learning
from playground.errors import ModelError
from playground.inference.cards import Card, moments
from playground.inference.engine import get_engine
from playground.inference.sources import WEIGHTS
from playground.text.settings import GenerationSettings

MODEL = "tales"
PROMPT = "Once upon a time there was a"


def build(tab: Tab) -> None:
    with experiment(tab, "learning", GenerationSettings) as here:
        with gr.Row():
            here.textbox("prompt", value=PROMPT, lines=1, info=None)
        here.actions()
        view = Learning(story(), elem_id="text-learning-view")
        here.code("playground.inference.checkpoints:load_checkpoint", "playground.inference.checkpoints:dequantise")
    here.listen(view, at_every_moment, adds="{}")


def story() -> dict[str, Any]:
    """The training as its files tell it: the curve, and what is known of each moment."""
    curve = json.loads((WEIGHTS / MODEL / "curve.json").read_text())["curve"]
    known = [
        {
            "id": card.id,
            "step": card.checkpoint.step,
            "tokens": card.checkpoint.tokens,
            "validation": card.checkpoint.validation,
        }
        for card in known_moments()
    ]
    return {"curve": [{"step": point["step"], "loss": point["validation"]} for point in curve], "moments": known}


def known_moments() -> list[Card]:
    """The moments that are there; none when a file of theirs is damaged, which a run then tells in a sentence."""
    try:
        return moments(get_engine().models.card(MODEL))
    except ModelError:
        return []


def at_every_moment(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """The same run by each moment's model, as values of the widget."""
    cards = moments(get_engine().models.card(MODEL))
    parts = {card.id: generation(asked | {"model": card.id, "num_samples": 1}, language) for card in cards}
    return runs.together(parts, request)
