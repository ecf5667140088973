"""Train your own: a VAE learns before your eyes, and its model can then be put on the map."""

from __future__ import annotations

import gradio as gr

from components.saved_runs import fetched
from components.tabs.anatomy import Tab
from components.tabs.controls import quiet
from components.tabs.experiment import experiment
from components.tabs.steering import steering
from components.widgets.vae_training import VaeTraining
from playground.images.vae_settings import VaeSettings
from playground.images.vae_tasks import TRAIN_VAE


def build(tab: Tab) -> None:
    with experiment(tab, "training", VaeSettings) as here:
        with gr.Row():
            here.choice("architecture", min_width=160)
            here.slider("latent_size")
            here.slider("beta")
        with gr.Row():
            here.slider("learning_rate")
            here.slider("batch_size")
            here.slider("steps")
        here.actions()
        steering(here, TRAIN_VAE)
        view = VaeTraining(fetched("vae-training"), elem_id="vae-training-view")
        here.code("playground.images.vae:elbo_terms", "playground.images.vae_learner:Learner")
    here.runs(view, TRAIN_VAE)
    model = tab.controls["model"]
    view.chosen(None, model, model, js="(now) => playground.vae.trained() ?? now", **quiet())
