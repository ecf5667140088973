"""Is it memorised? The finished images on screen, and beside each the training image that is nearest to the judge."""

from __future__ import annotations

from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.widgets.nearest_images import NearestImages
from playground.images.judge_settings import NeighbourSettings
from playground.images.judge_tasks import NEAREST_IMAGES


def build(tab: Tab) -> None:
    with experiment(tab, "nearest", NeighbourSettings) as here:
        here.actions()
        view = NearestImages(None, elem_id=f"{here.id}-view")
        here.code("playground.images.judge:nearest_to")
    here.runs(view, NEAREST_IMAGES, adds="{ images: playground.denoising.asWire(16) }")
