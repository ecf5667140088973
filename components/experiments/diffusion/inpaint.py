"""Inpainting: a part of the image is rubbed out, and the model makes it anew so that it fits the rest and the class."""

from __future__ import annotations

import gradio as gr

from components.diffusion_values import page_value
from components.experiments.diffusion.beginning import becoming, image_source
from components.tabs.anatomy import Tab
from components.tabs.controls import quiet
from components.tabs.experiment import experiment
from components.widgets.attempts import Attempts
from components.widgets.rubber import Rubber
from playground.images.diffusion_settings import NO_CLASS, InpaintSettings
from playground.images.diffusion_tasks import INPAINT

ASKED = "{ ...playground.firstImage.asked(), mask: playground.digits.wire(playground.firstImage.hole()) }"


def build(tab: Tab) -> None:
    with experiment(tab, "inpaint", InpaintSettings) as here:
        with gr.Row():
            with gr.Column(min_width=300):
                image_source(here)
            with gr.Column(min_width=300):
                rubber = Rubber(None, elem_id="diffusion-inpaint-rubber")
        with gr.Row():
            becoming(here, digit=NO_CLASS)
        here.actions()
        view = Attempts(None, elem_id="diffusion-inpaint-view")
        here.code("playground.images.diffusion_editing:filled_in", "playground.images.denoiser:Known")
    running = here.runs(view, INPAINT, page_value, adds=ASKED)
    eight = rubber.repair(None, None, here.controls["digit"], js="() => 8", **quiet())
    running.to(eight.then)
