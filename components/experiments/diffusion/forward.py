"""The forward process, watched: an image noised to any t; and what comes back when it is denoised from there."""

from __future__ import annotations

import gradio as gr

from components.diffusion_values import page_value
from components.experiments.diffusion.beginning import becoming, image_source
from components.tabs.anatomy import Tab
from components.tabs.controls import quiet
from components.tabs.experiment import experiment
from components.widgets.attempts import Attempts
from components.widgets.noising import Noising
from playground.images.diffusion_settings import DenoiseFromSettings
from playground.images.diffusion_tasks import DENOISE_FROM

BEGIN = 800  # about where an image can become another digit
CODE = (
    "playground.images.diffusion_editing:noised",
    "playground.images.diffusion_editing:add_noise",
    "playground.images.diffusion_editing:from_image",
)


def build(tab: Tab) -> None:
    with experiment(tab, "forward", DenoiseFromSettings) as here:
        with gr.Row():
            with gr.Column(scale=2, min_width=300):
                image_source(here)
            with gr.Column(scale=5, min_width=340):
                noising = Noising(None, elem_id="diffusion-forward-noising")
        time = here.number("t", label="", visible="hidden", value=BEGIN)  # for links: it is chosen on the picture
        with gr.Row():
            becoming(here, digit=3)
        here.actions()
        view = Attempts(None, elem_id="diffusion-forward-view")
        here.code(*CODE)
    noising.picked(None, None, time, js="() => playground.noising.t()", **quiet())
    here.runs(view, DENOISE_FROM, page_value, adds="playground.noising.asked()")
