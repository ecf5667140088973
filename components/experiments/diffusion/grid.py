"""Compare any two settings, one on each side of a grid: the judge's figures of every cell."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.controls import quiet
from components.tabs.experiment import Asked, Experiment, experiment
from components.widgets.denoising_grid import DenoisingGrid
from playground.images.diffusion_comparing import ComparisonSettings
from playground.images.diffusion_settings import SAMPLERS, GridSettings
from playground.images.diffusion_tasks import GRID
from playground.inference.tasks import Event

SIDES = ("x", "x_values", "y", "y_values", "images")
USUAL = {  # the values that an axis begins with
    "sampler": "DDPM, DDIM, Euler, DPM-Solver++",
    "steps": "2, 4, 8, 16",
    "guidance": "0, 1, 1.5, 2, 4, 8",
    "eta": "0, 0.5, 1",
    "seed": "0, 10, 20, 30",
}
READY = {  # comparisons of one click: what SIDES say
    "samplers": ("steps", "3, 6, 12, 24", "sampler", "DDPM, DDIM, Euler, Heun, DPM-Solver++, UniPC", 10),
    "guidance": ("guidance", USUAL["guidance"], "seed", "0, 10, 20", 10),
    "eta": ("eta", "0, 0.25, 0.5, 0.75, 1", "sampler", "DDIM", 10),
    "budget": ("guidance", "1, 2, 4", "steps", "2, 4, 8, 16", 100),
    "frechet": ("steps", "2, 4, 8, 16", "guidance", "1, 2", 500),
}


def build(tab: Tab) -> None:
    with experiment(tab, "grid", ComparisonSettings) as here:
        ready = _ready(here)
        with gr.Row(elem_classes="grid-side"):
            here.choice("x", min_width=140, scale=1)
            here.textbox("x_values", lines=1, min_width=220, scale=3)
        with gr.Row(elem_classes="grid-side"):
            here.choice("y", min_width=140, scale=1)
            here.textbox("y_values", lines=1, min_width=220, scale=3)
        here.slider("images")
        here.actions()
        view = DenoisingGrid(None, elem_id=f"{here.id}-view")
        here.code("playground.images.diffusion_grid:one_cell")
    running = here.listen(view, compare)
    controls = [here.controls[name] for name in SIDES]
    for name, button in ready.items():
        chosen = button.click(None, None, controls, js=f"() => {json.dumps(READY[name])}", **quiet())
        running.to(chosen.then)
    for side in ("x", "y"):
        usual = f"(axis) => ({json.dumps(USUAL)})[axis]"
        here.controls[side].input(
            None, here.controls[side], here.controls[f"{side}_values"], js=usual, **quiet()
        )  # fmt: skip


def _ready(here: Experiment) -> dict[str, gr.Button]:
    with gr.Row(elem_classes="presets"):
        return {
            name: gr.Button(here.words(f"ready.{name}"), elem_id=f"{here.id}-ready-{name}", size="sm", min_width=90)
            for name in READY
        }


def compare(asked: Asked, language: str, request: gr.Request) -> AsyncIterator[str]:
    """The cells of a grid, as values of the widget."""
    return runs.values(GRID, lambda: ComparisonSettings.of(asked).grid(), told, request)


def told(event: Event, settings: GridSettings) -> dict[str, Any]:
    """An event with the names of what stands on the sides: of a sampler its own, else the number."""

    def names(axis: str, values: tuple[float, ...]) -> list[Any]:
        return [SAMPLERS[int(value)] for value in values] if axis == "sampler" else list(values)

    sides = {side: names(getattr(settings, side[0]), getattr(settings, side)) for side in ("x_values", "y_values")}
    return runs.told_whole(event, settings) | {"sides": sides}
