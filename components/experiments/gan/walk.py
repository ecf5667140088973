"""Latent walk: from one sample of the run on screen to another, along the sphere on which the noise lies."""

from __future__ import annotations

from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.widgets.gan_walk import GanWalk
from playground.images.gan_settings import WalkSettings
from playground.images.gan_tasks import WALK_GAN


def build(tab: Tab) -> None:
    with experiment(tab, "walk", WalkSettings) as here:
        here.slider("frames")
        here.actions()
        view = GanWalk(None, elem_id="gan-walk-view")
        here.code("playground.images.gan_walk:slerp")
    here.runs(view, WALK_GAN)
