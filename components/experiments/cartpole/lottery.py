"""The seed lottery: the same training with many seeds at once, and what one of them alone would have told."""

from __future__ import annotations

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.widgets.cartpole_lottery import CartpoleLottery
from playground.control.settings import LotterySettings
from playground.control.tasks import SEED_LOTTERY


def build(tab: Tab) -> None:
    with experiment(tab, "lottery", LotterySettings) as here:
        with gr.Row():
            here.choice("algorithm")
            here.slider("seeds")
            here.slider("max_steps")
        here.seed()
        here.actions()
        view = CartpoleLottery(here.id)
        here.code("playground.control.lottery:seed_lottery", "playground.control.lottery:band")
    here.runs(view, SEED_LOTTERY, runs.told_whole)
