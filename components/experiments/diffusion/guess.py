"""Which digit will it be? Predict before you reveal: images get clear step by step, and a guess is scored in bits."""

from __future__ import annotations

from collections.abc import AsyncIterator

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.controls import quiet
from components.tabs.experiment import Asked, experiment
from components.widgets.diffusion_guess import DiffusionGuess
from playground.images.diffusion_settings import DecidingSettings
from playground.images.diffusion_tasks import DECIDING


def build(tab: Tab) -> None:
    with experiment(tab, "guess", DecidingSettings) as here:
        seed = here.seed()
        here.actions()
        view = DiffusionGuess(None, elem_id="diffusion-guess-view")
        here.code("playground.images.diffusion_deciding:deciding")
    playing = here.listen(view, draw, adds="{}")
    playing.to(view.again(None, seed, seed, js="(seed) => (seed + 1) % 1e6", **quiet()).then)


def draw(asked: Asked, language: str, request: gr.Request) -> AsyncIterator[str]:
    """The images to be guessed, as values of the widget. The tab's own steps are for its hero."""
    return runs.values(DECIDING, lambda: DecidingSettings(seed=asked["seed"]), runs.told_whole, request)
