"""The VAE tab: walk through a latent space, and watch one come about.

What is on screen follows one map that the browser holds (widgets/vae.js): moving over it asks nobody. The server is
asked for a model's map, and for what the encoder says of a drawing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.experiments.vae import LAB, LOOK
from components.saved_runs import fetched
from components.tabs import anatomy
from components.tabs.asking import asking
from components.tabs.controls import quiet
from components.tabs.experiment import experiments
from components.tabs.listening import listen
from components.widgets.decoded import Decoded
from components.widgets.handwriting import Handwriting
from components.widgets.latent_map import LatentMap
from components.words import words
from playground.images.vae_page_settings import VaePageSettings
from playground.images.vae_settings import EMBEDDED, EncodeSettings, MapSettings
from playground.images.vae_tasks import ENCODE_DIGIT, VAE_MAP

PLAIN = str.maketrans("-.", "__")  # a model's id as a key of the page's words
FOLLOWING = ("z1", "z2", "background", "drawing")  # controls that say what was picked on the pictures
PRESETS = {"between": {}, "handwriting": {}, "beta": {"model": "conv-2d-beta-4"}}
CODE = (
    "playground.images.vae:VAE",
    "playground.images.vae:reparameterise",
    "playground.images.vae:kl_per_latent",
    "playground.images.vae:reconstruction_error",
    "playground.images.vae:elbo_terms",
)


def build() -> anatomy.Tab:
    with anatomy.tab("vae", VaePageSettings) as tab:
        presets = tab.presets(*PRESETS)
        with gr.Row(elem_classes="vae-choice"):
            choices = [(words(f"vae.models.{model.translate(PLAIN)}"), model) for model in EMBEDDED]
            tab.dropdown("model", choices, allow_custom_value=True)
            tab.actions()
        for place in ("z1", "z2"):
            tab.number(place, label="", visible="hidden")
        tab.unseen("background", "drawing")
        with gr.Row(elem_classes="vae-hero"):
            with gr.Column(scale=6, min_width=340):
                latent_map = LatentMap(fetched("vae-map"), elem_id="vae-map")
            with gr.Column(scale=3, min_width=280):
                decoded = Decoded(None, elem_id="vae-decoded")
            with gr.Column(scale=3, min_width=280):
                handwriting = Handwriting(None, elem_id="vae-draw")
        tab.exports()
        with tab.look_inside():
            maths = tab.maths()
            tab.code(*CODE)
            experiments(tab, "look", LOOK)
        with tab.lab():
            tab.seed()
            experiments(tab, "lab", LAB)
    _listen(tab, presets, latent_map, decoded, handwriting, maths)
    tab.finish()
    return tab


def _listen(
    tab: anatomy.Tab,
    presets: dict[str, gr.Button],
    latent_map: LatentMap,
    decoded: Decoded,
    handwriting: Handwriting,
    maths: gr.Markdown,
) -> None:
    """Tie the parts together: every request that the hero makes starts here."""
    listen(tab, tab, latent_map, see).to(tab.controls["model"].change)
    for name, values in PRESETS.items():
        chosen = tab.preset(presets[name], **values)
        chosen.then(None, js=f"() => playground.vae.begin('{name}')", **quiet())

    following = [tab.controls[name] for name in FOLLOWING]
    picked = f"(...now) => playground.preset('vae', {list(FOLLOWING)}, playground.vae.chosen(), now)"
    latent_map.collapse(None, None, None, js="() => playground.vae.collapse()", **quiet())
    latent_map.picked(None, following, following, js=picked, **quiet())
    decoded.redrawn(None, None, maths, js="() => playground.fill('vae.maths', playground.vae.maths())", **quiet())
    asking(handwriting, handwriting.drawn, ENCODE_DIGIT, EncodeSettings)


def see(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """The map of a model, as values of the widget."""
    return runs.values(VAE_MAP, lambda: MapSettings.of(asked), runs.told_whole, request)
