"""A watermark: one prompt and one seed with it and without, and its detection in any text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.controls import quiet
from components.tabs.experiment import Experiment, experiment
from components.text_values import whole
from components.widgets.detection import Detection
from components.widgets.watermark import Watermark
from components.words import words
from playground.inference.tasks import Event
from playground.text.settings import DetectSettings, WatermarkSettings
from playground.text.tasks import DETECT, WATERMARK

LANES = {"marked": {}, "plain": {"bias": 0.0}}  # name of the part → what it has instead of the settings
KEY = ("greenlist_ratio", "bias")  # what writing and detection must agree on


def build(tab: Tab) -> None:
    with experiment(tab, "watermark", WatermarkSettings) as here:
        with gr.Row():
            here.slider("greenlist_ratio")
            here.slider("bias")
            here.slider("max_new_tokens")
        here.actions()
        view = Watermark(None, elem_id="text-watermark-view")
        there = Experiment("text.detect", DetectSettings, tab)
        with gr.Column(elem_classes="experiments", elem_id=there.id):  # as one of its own: Ctrl-Enter in it runs it
            takes, found = detection(there)
        here.code(
            "playground.text.watermark:GreenList",
            "playground.text.watermark:GreenCount",
            "playground.text.watermark:choose",
        )
    here.listen(view, side_by_side)
    text = there.controls["text"]
    for lane, take in takes.items():
        written = f"(now) => playground.watermark.written('{lane}') || now"
        take.click(None, text, text, js=written, **quiet())
    there.controls |= {name: here.controls[name] for name in KEY}
    there.listen(found, search)


def detection(there: Experiment) -> tuple[dict[str, gr.Button], Detection]:
    """The second half: a text, buttons that take it from a lane, and what was found in it."""
    gr.Markdown(there.words("intro"), elem_classes="experiment-intro")
    there.textbox("text", lines=4, max_lines=10)
    with gr.Row(elem_classes="actions"):
        takes = {
            lane: gr.Button(
                words(f"text.detect.take.{lane}"), elem_id=f"text-detect-take-{lane}", size="sm", scale=0, min_width=220
            )
            for lane in LANES
        }
    there.actions()
    return takes, Detection(None, elem_id="text-detect-view")


def side_by_side(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """The two texts as values of the widget."""

    def part(instead: dict[str, Any]) -> runs.Part:
        task, ask, tell = whole(WATERMARK, lambda: WatermarkSettings.of(asked | instead), language)
        return task, ask, lambda event, settings: as_sample(tell(event, settings), event)

    return runs.together({lane: part(instead) for lane, instead in LANES.items()}, request)


def as_sample(value: dict[str, Any], event: Event) -> dict[str, Any]:
    """The value in the form of a text run's, which lanes read."""
    if "tokens" not in value:
        return value
    sample = {"sample": 0, "start": value.pop("start"), "tokens": value.pop("tokens"), "finish_reason": event.reason}
    return value | {"samples": [sample]}


def search(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """A detection as values of the widget."""
    return runs.values(*whole(DETECT, lambda: DetectSettings.of(asked), language), request)
