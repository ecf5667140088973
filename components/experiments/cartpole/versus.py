"""You against the agent: the same start and the same physics, with the arrow keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.experiments.cartpole.agents import choose_agent
from components.tabs.anatomy import Tab
from components.tabs.controls import quiet
from components.tabs.experiment import Asked, experiment
from components.widgets.cartpole_versus import CartpoleVersus
from playground.control.tasks import REPLAY_CARTPOLE
from playground.control.trial_settings import OPPONENTS, VersusSettings
from playground.inference.tasks import Event
from playground.settings import Settings


def build(tab: Tab) -> None:
    with experiment(tab, "versus", VersusSettings) as here:
        with gr.Row():
            opponent = choose_agent(here, "opponent", OPPONENTS, min_width=220)
            seed = here.seed()
        here.actions()
        view = CartpoleVersus(None, elem_id="cartpole-versus-view")
        here.code("playground.control.cartpole:step", "playground.control.episodes:replay_cartpole")
    again = view.again(None, seed, seed, js="(seed) => (seed + 1) % 1e6", **quiet())
    here.listen(view, play).to(view.wanted, again.then, opponent.input)


def play(asked: Asked, language: str, request: gr.Request) -> AsyncIterator[str]:
    """The episode to beat, as values of the widget: with `opponent`, what a link calls who played it."""

    def tell(event: Event, settings: Settings) -> dict[str, Any]:
        return runs.told_whole(event, settings) | {"opponent": asked["opponent"]}

    return runs.values(REPLAY_CARTPOLE, lambda: VersusSettings.of(asked).episode(), tell, request)
