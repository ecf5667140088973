"""Copied or invented? Which lines of a poem, which runs of words of a tale, stand in what the model learned from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.text_values import convert
from components.widgets.copied import Copied
from playground.inference.tasks import Event
from playground.text.corpus_settings import CopiedSettings
from playground.text.corpus_tasks import COPIED

ON_SCREEN = "{ on_screen: playground.text.written() }"


def build(tab: Tab) -> None:
    with experiment(tab, "copied", CopiedSettings) as here:
        here.textbox("text", lines=3, max_lines=8)
        here.actions()
        view = Copied(None, elem_id="text-copied-view")
        here.code(
            "playground.text.copied:copied_runs",
            "playground.text.copied:poem_lines",
            "playground.text.copied:Fingerprints.holds",
            "playground.text.copied:hashed",
        )
    here.listen(view, check, adds=ON_SCREEN)


def check(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """The text that was pasted or, where none was, the story on screen, checked: values of the widget."""
    pasted = asked.get("text")
    text = pasted if pasted else asked.get("on_screen", "")

    def tell(event: Event, settings: CopiedSettings) -> dict[str, Any]:
        value = runs.told_whole(event, settings)
        if "pieces" in value and not pasted and language == "zh-CN":
            value["pieces"] = [piece | {"shown": convert(piece["text"])} for piece in value["pieces"]]
        return value

    return runs.values(COPIED, lambda: CopiedSettings(text=text), tell, request)
