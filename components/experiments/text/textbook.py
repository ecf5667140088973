"""Fix the textbook: two widely copied sentences about choosing a token, each with its demonstration."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment, textbook_card
from components.text_values import generation
from components.widgets.texts import Texts
from components.widgets.transcript import Transcript
from playground.text.settings import GenerationSettings, TextbookSettings
from playground.text.tasks import TEXTBOOK

LANES = {  # lane → whether it takes the arg max, and how far its seed is from the reader's
    "greedy_1": (True, 0),
    "greedy_2": (True, 1),
    "drawn_1": (False, 0),
    "drawn_2": (False, 1),
}
LENGTH = 40  # tokens
DRAWN_AT = 0.8  # the temperature of what is drawn, when the reader's own is 0


def build(tab: Tab) -> None:
    with experiment(tab, "textbook", GenerationSettings):
        with textbook_card(tab, "argmax", GenerationSettings) as arg_max:
            texts = Texts(arg_max.id, f"{arg_max.name}.lane", tuple(LANES))
        with textbook_card(tab, "generate", TextbookSettings) as generate:
            transcript = Transcript(generate.id)
            generate.code("playground.text.textbook:ask_generate", "playground.text.textbook:answer")
    arg_max.listen(texts, twice_each)
    generate.runs(transcript, TEXTBOOK)


def twice_each(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """The prompt continued by arg max and by drawing, with two seeds each."""

    def part(greedy: bool, further: int) -> runs.Part:
        task, _, tell = generation(asked, language)

        def ask() -> GenerationSettings:
            mine = GenerationSettings.of(asked | {"num_samples": 1, "max_new_tokens": LENGTH})
            temperature = 0.0 if greedy else mine.temperature or DRAWN_AT
            return GenerationSettings.of(mine.as_dict() | {"temperature": temperature, "seed": mine.seed + further})

        return task, ask, tell

    return runs.together({name: part(*which) for name, which in LANES.items()}, request)
