"""Push: all agents balance side by side and are shoved alike; and the largest impulse that each survives, measured."""

from __future__ import annotations

from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.widgets.cartpole_push import CartpolePush
from playground.control.tasks import PUSH_CONTEST
from playground.control.trial_settings import ContestSettings


def build(tab: Tab) -> None:
    with experiment(tab, "push", ContestSettings) as here:
        here.seed()
        here.actions()
        view = CartpolePush(None, elem_id="cartpole-push-view")
        here.code("playground.control.trials:push_score", "playground.control.cartpole:accelerations")
    here.runs(view, PUSH_CONTEST).to(view.wanted)
