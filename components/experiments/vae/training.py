"""Train your own: a VAE learns before your eyes, and its model can then be put on the map."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from components.saved_runs import fetched
from components.tabs.anatomy import Tab
from components.tabs.controls import quiet
from components.tabs.experiment import Experiment, experiment
from components.tabs.steering import steering
from components.widgets.vae_training import VaeTraining
from playground.images.vae_settings import PRESETS, VaeSettings
from playground.images.vae_tasks import TRAIN_VAE
from playground.settings import default

OFFERED = ("mlp-2d", "conv-2d", "mlp-16d", "beta_too_big")


def offered(here: Experiment) -> dict[str, gr.Button]:
    """A button for each of OFFERED."""

    def button(name: str) -> gr.Button:
        return gr.Button(here.words(f"presets.{name}"), elem_id=f"{here.id}-preset-{name}", size="sm", min_width=90)

    with gr.Row(elem_classes="presets"):
        return {name: button(name) for name in OFFERED}


def program(**settings: Any) -> str:
    """Copy as Python. Raises PlaygroundError where there is no program."""
    from playground.images.vae_as_python import vae_as_python  # needs torch: only when somebody asks

    return vae_as_python(VaeSettings.of(settings))


def values_of(preset: str, fields: list[str]) -> str:
    """What the controls of these fields say in a preset, as JSON."""
    said = {name: default(VaeSettings, name) for name in fields} | PRESETS[preset]
    return json.dumps([said[name] for name in fields])


def build(tab: Tab) -> None:
    with experiment(tab, "training", VaeSettings) as here:
        presets = offered(here)
        with gr.Row():
            here.choice("architecture", min_width=160)
            here.choice("data", min_width=160)
            here.slider("latent_size")
            here.slider("beta")
        with gr.Row():
            here.number("learning_rate", min_width=160)
            here.slider("batch_size")
            here.slider("steps")
        here.actions()
        steering(here, TRAIN_VAE)
        view = VaeTraining(fetched("vae-training"), elem_id="vae-training-view")
        with gr.Row(elem_classes="exports"):
            here.python(program, {"seed": tab.controls["seed"], **here.controls})
        here.code("playground.images.vae:elbo_terms", "playground.images.vae_learner:Learner")
    here.runs(view, TRAIN_VAE)
    controls = list(here.controls.values())
    for name, button in presets.items():
        button.click(None, None, controls, js=f"() => {values_of(name, list(here.controls))}", **quiet())
    model = tab.controls["model"]
    view.chosen(None, model, model, js="(now) => playground.vae.trained() ?? now", **quiet())
