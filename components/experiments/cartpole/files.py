"""Policies as files: one of Stable-Baselines3's, replayed here; the agent on stage, taken to Stable-Baselines3."""

from __future__ import annotations

from components.tabs.anatomy import Tab
from components.tabs.asking import asking
from components.tabs.experiment import experiment
from components.widgets.cartpole_file import CartpoleFile
from playground.control.settings import ImportSettings, PolicySettings, ReplaySettings
from playground.control.tasks import EXPORT_POLICY, IMPORT_POLICY, REPLAY_CARTPOLE


def build(tab: Tab) -> None:
    with experiment(tab, "files", PolicySettings) as here:
        view = CartpoleFile(here.id)
        here.code(
            "playground.control.sb3:entry", "playground.control.sb3:tensors_of", "playground.control.exports:to_sb3"
        )
    asking(view, view.opened, IMPORT_POLICY, ImportSettings)
    asking(view, view.replayed, REPLAY_CARTPOLE, ReplaySettings)
    asking(view, view.saved, EXPORT_POLICY, PolicySettings)
