"""Break it on purpose: settings that are known to fail, one button each; the hero runs them and says what is wrong."""

from __future__ import annotations

import gradio as gr

from components.tabs.anatomy import Tab
from components.tabs.controls import quiet
from components.tabs.experiment import experiment
from playground.images.gan_settings import PRESETS, GanSettings

BROKEN = ("d_too_strong", "lr_x10", "mode_collapse", "no_nonlinearity")
RUN = "() => { const run = document.getElementById('gan-run'); run.click(); run.scrollIntoView({ block: 'center' }); }"


def build(tab: Tab) -> None:
    with experiment(tab, "breaking", GanSettings) as here, gr.Row(elem_classes="card-row"):
        for name in BROKEN:
            with gr.Column(elem_classes="textbook-card", min_width=260):
                gr.Markdown(here.words(f"{name}.text"))
                button = gr.Button(here.words(f"{name}.button"), elem_id=f"{here.id}-{name}", scale=0)
            tab.preset(button, **PRESETS[name]).then(None, js=RUN, **quiet())
