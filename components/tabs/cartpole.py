"""The CartPole tab: an agent learns to balance a pole, and whoever watches shoves it.

The stage (widgets/cart_stage) holds two episodes with the agents that played them, so playing, scrubbing, shoving and
changing the physics ask nobody; another agent or another seed is one small request.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from components.experiments.cartpole import LAB, LOOK
from components.saved_runs import fetched
from components.tabs import anatomy
from components.tabs.asking import asking
from components.tabs.controls import quiet
from components.tabs.experiment import experiments
from components.widgets.cart_stage import CartStage
from playground.control.settings import ReplaySettings, TrainSettings
from playground.control.tasks import REPLAY_CARTPOLE

ADDS = "playground.cart.asked()"  # experiments ask of the agent on stage
MOON = 1.62  # m/s²
PRESETS: dict[str, dict[str, Any]] = {"before": {}, "shove": {}, "moon": {"gravity": MOON}}
CODE = (
    "playground.control.cartpole:accelerations",
    "playground.control.cartpole:step",
    "playground.control.ppo:PPO",
    "playground.control.ppo:gae",
    "playground.control.ppo:clipped_objective",
)


def build() -> anatomy.Tab:
    with anatomy.tab("cartpole", TrainSettings, adds=ADDS) as tab:
        presets = tab.presets(*PRESETS)
        stage = CartStage(fetched("cartpole"))
        asking(stage, stage.wanted, REPLAY_CARTPOLE, ReplaySettings)
        with gr.Row():
            tab.slider("gravity")
            tab.slider("length")
            tab.seed()
        tab.exports()
        with tab.look_inside():
            tab.code(*CODE)
            if LOOK:
                experiments(tab, "look", LOOK)
        with tab.lab():
            if LAB:
                experiments(tab, "lab", LAB)
    for name, values in PRESETS.items():
        chosen = tab.preset(presets[name], **values)
        chosen.then(None, js=f"() => playground.cart.begin('{name}')", **quiet())
    tab.finish()
    return tab
