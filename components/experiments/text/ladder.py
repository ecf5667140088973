"""The ladder: one prompt and one seed in 1-, 2- and 3-gram models, `tales`, and a larger model when one is here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.text_values import generation
from components.widgets.ladder import Ladder
from playground.inference.cards import Card
from playground.inference.engine import get_engine
from playground.inference.sources import WEIGHTS
from playground.text.corpus_settings import NGramSettings
from playground.text.corpus_tasks import NGRAM_TEXT

PROMPT = "Once upon a"
SHARED = ("prompt", "temperature", "max_new_tokens", "seed")  # what all rungs take


def build(tab: Tab) -> None:
    with experiment(tab, "ladder", NGramSettings) as here:
        with gr.Row():
            here.textbox("prompt", value=PROMPT, lines=1, info=None)
        here.actions()
        view = Ladder(measured(), elem_id="text-ladder-view")
        here.code(
            "playground.text.ngrams:NGrams.next",
            "playground.text.ngrams:NGrams.distribution",
            "playground.text.ngrams:NGrams.followers",
            "playground.text.ngrams:NGrams.smoothed",
        )
    here.listen(view, all_rungs, adds="{}")


def measured() -> dict[str, Any]:
    """How surprised each rung is by the same held-out tales, as the recipes measured it."""
    about = json.loads((WEIGHTS / "ngrams" / "counts.json").read_text())
    tales = json.loads((WEIGHTS / "tales" / "curve.json").read_text())["best"]
    return {
        "bits": {str(n): bits for n, bits in enumerate(about["bits_per_token"]["simpler"], 1)},
        "nats": {"tales": tales["validation"]},
        "held_out": about["held_out_tokens"]["simpler"],
        "vocabulary": about["grams"][0],
    }


def larger() -> Card | None:
    """The largest model on this machine that continues English, one that was not made to chat if there is one."""
    here = [
        card
        for card in get_engine().models.cards("text-generation")
        if card.language == "en" and not card.embedded and card.available_offline
    ]
    return max(here, key=lambda card: (not card.chat, card.parameters), default=None)


async def all_rungs(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """The same run on every rung, as values of the widget."""
    shared = {name: asked[name] for name in SHARED if name in asked}
    parts = {str(n): generation(shared | {"n": n}, language, NGRAM_TEXT, NGramSettings) for n in (1, 2, 3)}
    parts["tales"] = generation(shared | {"model": "tales"}, language)
    above = await asyncio.to_thread(larger)  # a hub model's files are looked through: not on everybody's event loop
    if above is not None:
        parts["larger"] = generation(shared | {"model": above.id}, language)
    async with aclosing(runs.together(parts, request)) as values:
        async for value in values:
            yield value
