"""Be the detective: ten pairs of a real digit and a forged one; the person picks, then sees what D says."""

from __future__ import annotations

import gradio as gr

from components.tabs.anatomy import Tab
from components.tabs.controls import quiet
from components.tabs.experiment import experiment
from components.widgets.gan_detective import GanDetective
from playground.images.gan_lab_settings import DetectiveSettings
from playground.images.gan_lab_tasks import DETECTIVE


def build(tab: Tab) -> None:
    with experiment(tab, "detective", DetectiveSettings) as here:
        with gr.Row():
            here.choice("forger", min_width=260)
            seed = here.seed()
        here.actions()
        view = GanDetective(None, elem_id="gan-detective-view")
        here.code("playground.images.gan_detective:pairs")
    playing = here.runs(view, DETECTIVE)
    playing.to(view.wanted, view.again(None, seed, seed, js="(seed) => (seed + 1) % 1e6", **quiet()).then)
