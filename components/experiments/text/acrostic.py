"""Acrostic (藏头诗): a poem whose lines begin with the reader's own characters, as a scroll to keep."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.acrostic_values import telling
from components.saved_runs import by_language
from components.tabs.anatomy import Tab
from components.tabs.controls import quiet
from components.tabs.experiment import experiment
from components.widgets.acrostic import Acrostic
from components.words import words
from playground.settings import spec
from playground.text.acrostic_form import AcrosticSettings
from playground.text.tasks import ACROSTIC

EXAMPLES = {"seasons": "春夏秋冬", "moon": "花好月圆", "peace": "平安喜乐", "eight": "清风明月高山流水"}


def build(tab: Tab) -> None:
    with experiment(tab, "acrostic", AcrosticSettings) as here:
        with gr.Row(elem_classes="presets"):
            examples = {
                name: gr.Button(words(f"text.acrostic.examples.{name}"), elem_id=f"text-acrostic-{name}", size="sm")
                for name in EXAMPLES
            }
        with gr.Row():
            characters = here.textbox("characters", lines=1)
            here.control("line_length", gr.Radio, choices=list(spec(AcrosticSettings, "line_length").choices))
        with gr.Row():
            here.slider("temperature")
            here.seed()
        here.actions()
        view = Acrostic(by_language("acrostic"), elem_id="text-acrostic-view")
        here.code("playground.text.acrostic:acrostic", "playground.text.acrostic:Poem.write")
    here.listen(view, write, adds="{}")
    for name, button in examples.items():  # not everybody can type Chinese
        button.click(None, None, characters, js=f"() => '{EXAMPLES[name]}'", **quiet())


def write(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """The poem as values of the widget, in the script of what was typed."""
    return runs.values(ACROSTIC, lambda: AcrosticSettings.of(asked), telling(language), request)
