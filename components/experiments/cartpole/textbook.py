"""Fix the textbook: ten thousand steps of PPO at its defaults, and done?"""

from __future__ import annotations

from collections.abc import AsyncIterator

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.experiment import Asked, experiment, textbook_card
from components.widgets.cartpole_textbook import CartpoleTextbook
from playground.control.settings import TextbookSettings
from playground.control.tasks import TEXTBOOK_PPO


def build(tab: Tab) -> None:
    with (
        experiment(tab, "textbook", TextbookSettings),
        textbook_card(tab, "defaults", TextbookSettings, stop=True) as card,
    ):
        view = CartpoleTextbook(card.id)
        card.code("playground.control.textbook:DefaultPPO", "playground.control.textbook:textbook_ppo")
    card.listen(view, learn)


def learn(asked: Asked, language: str, request: gr.Request) -> AsyncIterator[str]:
    """Values of the widget. Only the seed is the tab's: its steps and its physics are not what is claimed."""
    return runs.values(TEXTBOOK_PPO, lambda: TextbookSettings(seed=asked["seed"]), runs.told_at_ends(), request)
