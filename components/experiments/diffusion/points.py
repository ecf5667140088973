"""2-D: points instead of pixels. Diffusion, flow matching and reflow learn side by side, and all is seen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import gradio as gr

from components import runs
from components.saved_runs import fetched
from components.tabs.anatomy import Tab
from components.tabs.controls import quiet
from components.tabs.experiment import Experiment, experiment
from components.widgets.diffusion_points import DiffusionPoints
from components.words import words
from playground.images.diffusion_tasks import TRAIN_FLOW
from playground.images.point_flow_settings import PATHS, FlowSettings

CODE = (
    "playground.images.point_flows:on_path",
    "playground.images.point_flows:Velocity",
    "playground.images.point_flows:Learner",
    "playground.images.point_flows:straight",
    "playground.images.point_flows:round_the_circle",
)


def build(tab: Tab) -> None:
    with experiment(tab, "points", FlowSettings) as here:
        with gr.Row(elem_classes="points-controls"):
            here.choice("data")
            here.choice("sampler")
            here.slider("steps")
        here.unseen("drawn")
        _more(here)
        here.actions()
        view = DiffusionPoints(here.name, here.id, fetched("diffusion-points"))
        with gr.Row(elem_classes="exports"):
            here.python(program, here.controls)
        here.code(*CODE)

    def train(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
        own = {name: asked[name] for name in here.controls}  # the tab's own steps and seed are for images
        part = {path: (TRAIN_FLOW, partial(FlowSettings, path=path, **own), runs.told_at_ends()) for path in PATHS}
        return runs.together(part, request)

    here.listen(view, train, adds="{}")
    drawing = [here.controls["data"], here.controls["drawn"]]
    view.drew(None, drawing, drawing, js=f"() => playground.pointsPens[{here.id!r}].chosen()", **quiet())


def program(**settings: Any) -> str:
    """Copy as Python, of all three paths. Raises PlaygroundError where there is no program."""
    from playground.images.point_flows_as_python import point_flows_as_python  # needs torch: only when somebody asks

    return point_flows_as_python(FlowSettings.of(settings))


def _more(here: Experiment) -> None:
    """What is rarely changed."""
    with gr.Accordion(words("diffusion.points.more"), open=False, elem_classes="panel"), gr.Row():
        here.slider("updates")
        here.slider("batch_size")
        here.number("learning_rate")
        here.slider("neurons")
        here.seed()
