"""Fix the textbook: what the learned step of diffusion is, with this model's numbers; and two dates, with sources."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.tabs.anatomy import LATEX, Tab
from components.tabs.experiment import Asked, experiment, textbook_card
from components.widgets.posterior_pair import PosteriorPair
from components.words import words
from playground.images.diffusion_settings import PosteriorSettings
from playground.images.diffusion_tasks import POSTERIORS


def build(tab: Tab) -> None:
    with experiment(tab, "textbook", PosteriorSettings):
        with textbook_card(tab, "posterior", PosteriorSettings) as card:
            with gr.Row():
                card.number("index", scale=0, min_width=280)
            pair = PosteriorPair(card.id)
            with gr.Row(elem_classes="exports"):
                card.python(program, card.controls)
            card.code(
                "playground.images.diffusion_textbook:posterior", "playground.images.diffusion_textbook:scheduler_gap"
            )
        with gr.Column(elem_classes="textbook-card", elem_id="diffusion-textbook-dates"):
            for part, classes in (("claim", "textbook-claim"), ("truth", None)):
                gr.Markdown(words(f"diffusion.textbook.dates.{part}"), latex_delimiters=LATEX, elem_classes=classes)
    card.listen(pair, both_sides, adds="{}")


def program(**settings: Any) -> str:
    """Copy as Python. Raises PlaygroundError where there is no program."""
    from playground.images.diffusion_textbook_as_python import posteriors_as_python  # needs torch

    return posteriors_as_python(PosteriorSettings.of(settings))


def both_sides(asked: Asked, language: str, request: gr.Request) -> AsyncIterator[str]:
    """Both Gaussians of each step, as values of the widget. The tab's own steps and seed are for its hero."""
    return runs.values(POSTERIORS, lambda: PosteriorSettings(index=asked["index"]), runs.told_whole, request)
