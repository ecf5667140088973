"""What it learned: policy and value over a slice of the states, of two agents side by side."""

from __future__ import annotations

import gradio as gr

from components.experiments.cartpole.agents import choose_agent
from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.widgets.cartpole_slice import CartpoleSlice
from playground.control.tasks import POLICY_SLICES
from playground.control.trial_settings import AGENTS, SlicesSettings

OTHERS = ("x", "x_dot", "theta", "theta_dot")


def build(tab: Tab) -> None:
    with experiment(tab, "slice", SlicesSettings) as here:
        with gr.Row():
            choices = [choose_agent(here, name, AGENTS, min_width=180) for name in ("agent", "beside")]
            choices.append(here.choice("plane", min_width=220))
        with gr.Row():
            sliders = [here.slider(name, min_width=160) for name in OTHERS]
        here.actions()
        view = CartpoleSlice(None, elem_id="cartpole-slice-view")
        here.code(
            "playground.control.trials:policy_slice",
            "playground.control.policies:ActorPolicy",
            "playground.control.policies:cells",
        )
    changed = [*(choice.input for choice in choices), *(slider.release for slider in sliders)]
    here.runs(view, POLICY_SLICES).to(view.wanted, *changed)
