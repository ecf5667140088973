"""Every algorithm on the same terms: the same seeds, the same question every 2,048 steps, steps and seconds counted."""

from __future__ import annotations

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.widgets.cartpole_compare import CartpoleCompare
from playground.control.settings import CompareSettings
from playground.control.tasks import COMPARE_ALGORITHMS


def build(tab: Tab) -> None:
    with experiment(tab, "compare", CompareSettings) as here:
        with gr.Row():
            here.slider("seeds", value=3)
            here.slider("max_steps")
        here.actions()
        view = CartpoleCompare(here.id)
        here.code("playground.control.training:Training", "playground.control.compare:table")
    here.runs(view, COMPARE_ALGORITHMS, runs.told_whole)
