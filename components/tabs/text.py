"""The text generation tab."""

from __future__ import annotations

import gradio as gr

from components.tabs import anatomy
from playground.text.settings import GenerationSettings


def build() -> anatomy.Tab:
    with anatomy.tab("text", GenerationSettings) as tab:
        presets = tab.presets("love", "poem", "hot")
        tab.textbox("prompt", lines=3)
        with gr.Row():
            tab.slider("temperature")
            tab.slider("top_k")
            tab.slider("top_p")
        tab.actions()
        with tab.look_inside():
            tab.maths()
            tab.code("playground.text.sampling:apply_temperature", "playground.text.sampling:keep_top_p")
        with tab.lab():
            tab.seed()
    tab.preset(presets["love"], prompt="I love")
    tab.preset(presets["hot"], prompt="I love", temperature=2.0)
    return tab
