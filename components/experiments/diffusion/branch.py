"""Branches: the hero's run made again up to a step, and from there on with other digits, guidance or sampler.

What changes is chosen on a card of its own (widgets/branch_change); the controls that links carry are unseen.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import gradio as gr

from components import runs
from components.diffusion_values import page_value
from components.tabs.anatomy import Tab
from components.tabs.controls import quiet
from components.tabs.experiment import Asked, experiment
from components.widgets.branch_change import BranchChange
from components.widgets.denoising_branches import DenoisingBranches
from playground.errors import SettingError
from playground.images.diffusion_settings import BranchSettings
from playground.images.diffusion_tasks import BRANCH

CHOSEN = ("at", "then_digits", "then_sampler", "then_guidance")


def build(tab: Tab) -> None:
    with experiment(tab, "branch", BranchSettings) as here:
        here.unseen(*CHOSEN)
        change = BranchChange(None, elem_id="diffusion-branch-change")
        here.actions()
        view = DenoisingBranches(None, elem_id="diffusion-branch-view")
        here.code("playground.images.diffusion:changing_its_mind", "playground.images.denoiser:Walk")
    here.listen(view, go_another_way, adds="playground.branching.asked()")
    controls = [here.controls[name] for name in CHOSEN]
    change.chosen(None, None, controls, js="() => playground.branching.chosen()", **quiet())


def go_another_way(asked: Asked, language: str, request: gr.Request) -> AsyncIterator[str]:
    """A branch of the run on screen, as values of the widget."""

    def settings() -> BranchSettings:
        if not asked.get("branches"):
            raise SettingError("branch_of_nothing", field="at")
        return BranchSettings.of(asked)

    return runs.values(BRANCH, settings, page_value, request)
