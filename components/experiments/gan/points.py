"""2-D: points instead of pixels. The whole game in one picture: what D says of every place, and where G puts points.

A run tells the browser all that the picture needs (playground/images/gan_points_pictures.py); pausing, single turns and
changed settings go to its inbox.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.saved_runs import fetched
from components.tabs.anatomy import Tab
from components.tabs.controls import quiet
from components.tabs.experiment import Experiment, experiment
from components.tabs.steering import joining, post, steering
from components.widgets.gan_points import GanPoints
from components.words import words
from playground.images.gan_points_settings import PointsSettings
from playground.images.gan_points_tasks import TRAIN_POINTS

CODE = (
    "playground.images.gan_points:Player",
    "playground.images.gan_points:Game",
    "playground.images.gan_losses:d_loss",
    "playground.images.gan_losses:g_loss",
)


def build(tab: Tab) -> None:
    with experiment(tab, "points", PointsSettings) as here:
        with gr.Row(elem_classes="points-controls"):
            here.choice("data")
            here.choice("noise")
            here.choice("loss")
        with gr.Row(elem_classes="points-controls"):
            here.number("learning_rate_d")
            here.number("learning_rate_g")
            here.choice("optimizer_d")
            here.choice("optimizer_g")
        here.unseen("drawn")
        _more(here)
        here.actions()
        steer = steering(here, TRAIN_POINTS)
        view = GanPoints(here.name, here.id, fetched("gan-points"))
        here.code(*CODE)

    def train(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
        own = {name: asked[name] for name in here.controls}  # the tab's own steps and rates are for images
        return runs.values(TRAIN_POINTS, lambda: PointsSettings(**own), runs.told_at_ends(), request)

    joining(here, steer, here.listen(view, train, adds="{}"))
    view.steered(post, None, here.status, **quiet(trigger_mode="multiple"))
    drawing = [here.controls["data"], here.controls["drawn"]]
    view.drew(None, drawing, drawing, js=f"() => playground.pointsPens[{here.id!r}].chosen()", **quiet())


def _more(here: Experiment) -> None:
    """What is rarely changed."""
    with gr.Accordion(words("gan.points.more"), open=False, elem_classes="panel"):
        with gr.Row():
            here.slider("d_updates")
            here.slider("g_updates")
            here.number("r1")
        with gr.Row():
            for name in ("layers_d", "neurons_d", "layers_g", "neurons_g"):
                here.slider(name)
        with gr.Row():
            here.slider("batch_size")
            here.slider("steps")
            here.seed()
