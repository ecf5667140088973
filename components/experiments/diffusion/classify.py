"""Diffusion as a classifier: the class under which the model denoises an image best is the class of the image."""

from __future__ import annotations

import gradio as gr

from components.experiments.diffusion.beginning import image_source
from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.widgets.denoising_losses import DenoisingLosses
from playground.images.diffusion_settings import ClassifySettings
from playground.images.diffusion_tasks import CLASSIFY


def build(tab: Tab) -> None:
    with experiment(tab, "classify", ClassifySettings) as here:
        here.slider("samples")
        here.actions()
        with gr.Row():
            with gr.Column(scale=2, min_width=300):
                image_source(here)
            with gr.Column(scale=5, min_width=340):
                view = DenoisingLosses(None, elem_id="diffusion-classify-view")
        here.code(*(f"playground.images.diffusion_classifier:{name}" for name in ("draws", "class_losses", "told")))
    here.runs(view, CLASSIFY, adds="playground.firstImage.asked()")
