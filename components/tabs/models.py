"""The choice of a model, and beside it the button that downloads one which is not on this machine yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import gradio as gr
from gradio.events import Dependency

from components import runs
from components.tabs.controls import Controls, quiet, streaming
from components.words import words
from playground.errors import PlaygroundError
from playground.inference.engine import get_engine


def model_choice(here: Controls, task: str | None = None) -> gr.Button:
    """The dropdown of the models there are for a task (None: of all), and the button, which `fetching` ties to it."""
    cards = get_engine().models.cards(task)
    with gr.Row():
        here.dropdown("model", [(card.title, card.id) for card in cards], allow_custom_value=True)
        return gr.Button(
            words("models.fetch"), elem_id=f"{here.id}-fetch", size="sm", scale=0, min_width=200, visible=False
        )


def fetching(here: Controls, button: gr.Button) -> Dependency:
    """Show the button while the model chosen has to be downloaded, and let it do so. Chain `.then(…)` to go on."""
    here.controls["model"].change(can_fetch, here.controls["model"], button, **quiet())
    return button.click(fetch_model, here.controls["model"], [here.status, button], **streaming())


def can_fetch(model: str) -> Any:
    """Show the button that downloads a model only when there is something to download."""
    try:
        card = get_engine().models.card(model)
        return gr.update(visible=not card.available_offline)
    except PlaygroundError:
        return gr.update(visible=False)


async def fetch_model(model: str) -> AsyncIterator[Any]:
    """Download a model, telling how far it is."""
    try:
        async with aclosing(runs.fetch(model)) as coming:
            async for event in coming:
                yield runs.told(event), gr.skip()
        yield {"state": "done"}, gr.update(visible=False)
    except Exception as error:
        yield {"state": "done", "error": runs.as_sentence(error).as_json()}, gr.skip()
