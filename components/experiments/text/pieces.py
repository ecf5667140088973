"""Tokenizers: the same text through every model's, and why one trained on English is poor at Chinese."""

from __future__ import annotations

import asyncio
from typing import Any

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.controls import quiet, streaming
from components.tabs.experiment import experiment
from components.widgets.pieces import Pieces
from components.words import words
from playground.inference.engine import get_engine
from playground.text.pieces import tokenize
from playground.text.settings import PiecesSettings

SHOWN = 1000  # pieces of each model that go to the page


def build(tab: Tab) -> None:
    with experiment(tab, "pieces", PiecesSettings) as here:
        text = here.textbox("text", lines=3, max_lines=8, value=words("text.pieces.text.value"))
        view = Pieces(None, elem_id="text-pieces-view")
        here.code("playground.text.pieces:tokenize", "playground.text.pieces:row", "playground.text.pieces:spent")
    # the widget waits for a pause in the typing, then asks
    text.change(None, text, None, js="(text) => { playground.emit('text.pieces.typed', text); }", **quiet())
    view.typed(typed, None, view, **streaming(trigger_mode="always_last"))
    view.fetch(fetch, None, view, **streaming())


async def typed(event: gr.EventData) -> str:
    """The text as every tokenizer cuts it, as a value of the widget."""
    return runs.packed(await cut(asked(event).get("text")))


async def fetch(event: gr.EventData) -> str:
    """The same, once a tokenizer that was not on this machine has been fetched: a person has asked for it."""
    model, outcome = asked(event).get("model"), {"fetched": True}
    try:
        await asyncio.to_thread(get_engine().models.fetch_tokenizer, model)
    except Exception as error:
        outcome |= {"failed": runs.as_sentence(error).as_json()}
    return runs.packed(await cut(asked(event).get("text")) | outcome)


async def cut(text: Any) -> dict[str, Any]:
    """On a thread, for a tokenizer's file may have to be read; an error is a value too."""
    try:
        settings = PiecesSettings(text=text)
        return await asyncio.to_thread(tokenize, settings, get_engine().models, SHOWN)
    except Exception as error:
        return {"error": runs.as_sentence(error).as_json()}


def asked(event: gr.EventData) -> dict[str, Any]:
    """What the widget's event carries. Whoever posts one by hand may have put anything there, or nothing."""
    return event._data if isinstance(event._data, dict) else {}
