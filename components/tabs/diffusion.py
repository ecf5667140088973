"""The diffusion tab: from noise to digits, and a slider through every step between.

The picture (widgets/denoising_view) holds a whole run in the browser: scrubbing it asks nobody. The server is asked for
runs, which stream, so that the first steps can be looked at while the last are made.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.diffusion_values import page_value
from components.experiments.diffusion import LAB, LOOK
from components.saved_runs import fetched
from components.tabs import anatomy
from components.tabs.controls import quiet
from components.tabs.experiment import experiments
from components.tabs.listening import listen
from components.widgets.denoising_view import DenoisingView
from playground.images.diffusion_as_python import diffusion_as_python
from playground.images.diffusion_settings import DenoiseSettings
from playground.images.diffusion_tasks import DENOISE

ADDS = "playground.denoising.asked()"
PRESETS: dict[str, dict[str, Any]] = {"ten": {}, "repair": {}, "change": {"digits": [3], "num_images": 10}}
CODE = (
    "playground.images.denoiser:Walk",
    "playground.images.denoiser:predict",
    "playground.images.denoiser:split",
    "playground.images.diffusion:digits_from_noise",
)


def build() -> anatomy.Tab:
    with anatomy.tab("diffusion", DenoiseSettings, adds=ADDS) as tab:
        presets = tab.presets(*PRESETS)
        with gr.Row(elem_classes="diffusion-controls"):
            tab.control(
                "digits", gr.CheckboxGroup, choices=list(range(10)), value=list(range(10)), elem_classes="chips"
            )
            tab.choice("sampler")
            tab.number("steps")
            tab.slider("guidance")
        with tab.lab(), gr.Row():
            tab.slider("num_images")
            tab.slider("eta")
            tab.seed()
        tab.actions()
        view = DenoisingView(fetched("diffusion"))
        tab.exports(script=program)
        with tab.look_inside():
            maths = tab.maths()
            tab.code(*CODE)
            experiments(tab, "look", LOOK)
        with tab.lab():
            experiments(tab, "lab", LAB)
    running = listen(tab, tab, view, denoise, adds="{}")
    for name, values in PRESETS.items():
        chosen = tab.preset(presets[name], **values)
        if name != "repair":  # which begins with a drawing
            chosen = running.to(chosen.then)
        if name != "ten":
            chosen.then(None, js=f"() => playground.denoising.begin('{name}')", **quiet())
    view.redrawn(None, None, maths, js="() => playground.denoising.maths()", **quiet())
    tab.finish()
    return tab


def denoise(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """A run of denoising, as values of the picture."""
    return runs.values(DENOISE, lambda: DenoiseSettings.of(asked), page_value, request)


def program(**settings: Any) -> str:
    """Copy as Python. Raises PlaygroundError where there is no program."""
    return diffusion_as_python(DenoiseSettings.of(settings))
