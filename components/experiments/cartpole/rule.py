"""Q-learning's rule on screen: one real step after another, with its numbers."""

from __future__ import annotations

from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.widgets.cartpole_rule import CartpoleRule
from playground.control.settings import RuleSettings
from playground.control.tasks import Q_LEARNING_RULE


def build(tab: Tab) -> None:
    with experiment(tab, "rule", RuleSettings) as here:
        here.slider("before", value=20)
        here.seed()
        here.actions()
        view = CartpoleRule(here.id)
        here.code("playground.control.q_learning:td_error", "playground.control.q_learning:QLearning")
    here.runs(view, Q_LEARNING_RULE)
