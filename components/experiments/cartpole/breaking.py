"""Break it: four things left out or overdone, each beside the healthy run with the same seed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.controls import quiet
from components.tabs.experiment import Asked, experiment
from components.widgets.cartpole_breaking import CartpoleBreaking
from playground.control.settings import BreakSettings
from playground.control.tasks import TRAIN_CARTPOLE
from playground.settings import spec

FAULTS = spec(BreakSettings, "fault").choices
RULES = ("no_future", "raw_advantages", "inflated_q", "hasty")  # what finds each of them out


def build(tab: Tab) -> None:
    with experiment(tab, "breaking", BreakSettings) as here:
        buttons = {}
        with gr.Row(elem_classes="card-row"):
            for fault in FAULTS:
                with gr.Column(elem_classes="textbook-card", min_width=230):
                    gr.Markdown(here.words(f"faults.{fault}.text"))
                    buttons[fault] = gr.Button(
                        here.words(f"faults.{fault}.button"), elem_id=f"{here.id}-{fault}", scale=0
                    )
        here.choice("fault")
        here.seed()
        here.actions()
        view = CartpoleBreaking(here.id)
        here.code(*(f"playground.control.diagnoses:{rule}" for rule in RULES))
    running = here.listen(view, train_both, adds="{}")
    for fault, button in buttons.items():
        chosen = button.click(None, None, here.controls["fault"], js=f"() => '{fault}'", **quiet())
        running.to(chosen.then)


def train_both(asked: Asked, language: str, request: gr.Request) -> AsyncIterator[str]:
    """The broken run and the healthy one, as values of the widget."""
    parts = {
        "broken": (TRAIN_CARTPOLE, lambda: BreakSettings.of(asked).broken, runs.told_at_ends()),
        "healthy": (TRAIN_CARTPOLE, lambda: BreakSettings.of(asked).healthy, runs.told_at_ends()),
    }
    return runs.together(parts, request)
