"""Checkpoint × time: the same start, played by one agent at several moments of its training, overlaid."""

from __future__ import annotations

import gradio as gr

from components.experiments.cartpole.agents import choose_agent
from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.widgets.cartpole_moments import CartpoleMoments
from playground.control.tasks import PLAY_MOMENTS
from playground.control.trial_settings import LEARNERS, MomentsSettings

KEPT = "{ kept: playground.cart.agents.own().map((moment) => moment.id).join(' ') }"  # by the run that was just trained


def build(tab: Tab) -> None:
    with experiment(tab, "moments", MomentsSettings) as here:
        with gr.Row():
            whose = choose_agent(here, "whose", LEARNERS, min_width=220)
            most = here.slider("most")
            here.seed()
        here.actions()
        view = CartpoleMoments(None, elem_id="cartpole-moments-view")
        here.code("playground.control.moments:play_moments", "playground.control.episodes:replay_cartpole")
    here.runs(view, PLAY_MOMENTS, adds=KEPT).to(view.wanted, whose.input, most.release)
