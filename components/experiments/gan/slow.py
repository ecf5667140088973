"""Slow motion: one whole step of D and one of G, a phase at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.experiment import Asked, experiment
from components.widgets.gan_slow import GanSlow
from playground.images.gan_lab_settings import SlowSettings
from playground.images.gan_tasks import SLOW_MOTION


def build(tab: Tab) -> None:
    with experiment(tab, "slow", SlowSettings) as here:
        with gr.Row():
            here.choice("networks", min_width=260)
            here.slider("examples")
        here.actions()
        view = GanSlow(None, elem_id="gan-slow-view")
        here.code("playground.images.gan_players:d_step", "playground.images.gan_players:g_step")
    here.listen(view, take_a_step).to(view.wanted)


def take_a_step(asked: Asked, language: str, request: gr.Request) -> AsyncIterator[str]:
    """The phases of one step, as values of the widget."""
    return runs.values(SLOW_MOTION, lambda: SlowSettings.of(asked).step(), runs.told_whole, request)
