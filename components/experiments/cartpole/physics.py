"""Physics: trained at one pole length and one gravity, tested over a grid of both."""

from __future__ import annotations

from collections.abc import AsyncIterator

import gradio as gr

from components import runs
from components.experiments.cartpole.agents import choose_agent
from components.tabs.anatomy import Tab
from components.tabs.asking import asking
from components.tabs.experiment import Asked, experiment
from components.widgets.cartpole_physics import CartpolePhysics
from playground.control.settings import ReplaySettings
from playground.control.tasks import PHYSICS_GRID, REPLAY_CARTPOLE
from playground.control.trial_settings import AGENTS, TransferSettings


def build(tab: Tab) -> None:
    with experiment(tab, "physics", TransferSettings) as here:
        with gr.Row():
            agent = choose_agent(here, "agent", AGENTS, min_width=220)
            here.seed()
        here.actions()
        view = CartpolePhysics(None, elem_id="cartpole-physics-view")
        here.code("playground.control.trials:physics_grid", "playground.control.evaluation:returns")
    here.listen(view, test).to(view.wanted, agent.input)
    asking(view, view.picked, REPLAY_CARTPOLE, ReplaySettings)


def test(asked: Asked, language: str, request: gr.Request) -> AsyncIterator[str]:
    """The grid, row by row, as values of the widget."""
    return runs.values(PHYSICS_GRID, lambda: TransferSettings.of(asked).grid(), runs.told_whole, request)
