"""Text to image with a pipeline from the hub: the same idea as with digits, in a latent space, told by words.

It is offered where it can run: what it would download, under which licence, and how much memory it takes is said first.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import gradio as gr

from components.tabs.anatomy import Tab
from components.tabs.controls import quiet, streaming
from components.tabs.experiment import Experiment, experiment
from components.tabs.models import fetch_model, model_choice
from components.widgets.model_offer import ModelOffer
from components.widgets.painting import Painting
from playground.errors import PlaygroundError
from playground.images.text_to_image_settings import ADVISED, EXAMPLE, TextToImageSettings
from playground.images.text_to_image_tasks import TEXT_TO_IMAGE
from playground.inference import sources
from playground.inference.engine import get_engine

CODE = (
    "playground.images.text_to_image:from_text",
    "playground.images.text_to_image:step",
    "playground.images.text_to_image:decode_small",
)


def build(tab: Tab) -> None:
    with experiment(tab, "text_to_image", TextToImageSettings) as here:
        fetch = model_choice(here, "text-to-image")
        offered = ModelOffer(None, elem_id="diffusion-text_to_image-offer")
        here.textbox("prompt", value=EXAMPLE)
        with gr.Row():
            here.textbox("negative", min_width=200)
            here.choice("sampler", min_width=160)
        with gr.Row():
            here.slider("steps")
            here.slider("guidance")
            sizes = [(str(size), size) for size in (256, 384, 512)]
            here.dropdown("size", sizes, min_width=120)
        here.actions()
        view = Painting(None, elem_id="diffusion-text_to_image-view")
        here.code(*CODE)
    here.runs(view, TEXT_TO_IMAGE, adds="{}")
    _offer(here, offered, fetch)


def _offer(here: Experiment, offered: ModelOffer, fetch: gr.Button) -> None:
    """Say what the chosen model costs; let it be fetched, and run, only where that can be."""
    model, shown = here.controls["model"], [offered, fetch, here.run]
    offered.looked(offer, model, shown, **quiet())
    model.change(offer, model, shown, **quiet())
    fetching = fetch.click(fetch_model, model, [here.status, fetch], **streaming())
    fetching.then(offer, model, shown, **quiet())
    advised = [here.controls[name] for name in ("steps", "guidance")]
    values = json.dumps({name: [advice["steps"], advice["guidance"]] for name, advice in ADVISED.items()})
    model.input(None, [model, *advised], advised, js=f"(model, ...now) => ({values})[model] ?? now", **quiet())


async def offer(model: str) -> list[Any]:
    """What is known of a model, whether it must be fetched and can be, and whether it can run."""
    try:
        told = await asyncio.to_thread(known, model)
    except PlaygroundError:
        return [gr.skip(), gr.update(visible=False), gr.update(interactive=True)]  # Run then says what is wrong
    away = not told["here"]
    can_fetch = away and told["fits"] and told["reachable"]
    return [told, gr.update(visible=can_fetch), gr.update(interactive=told["here"] and told["fits"])]


def known(model: str) -> dict[str, Any]:
    """The value of a ModelOffer. The hub itself is not asked before somebody presses the button."""
    from playground.inference import device  # needs torch to know the memory that a weight takes

    store = get_engine().models
    card = store.card(model)
    return {
        **{name: getattr(card, name) for name in ("title", "repo", "licence", "bytes")},
        "memory": card.parameters * device.dtype().itemsize,
        "here": card.available_offline,
        "reachable": not sources.offline(),
        "fits": store.fits(card.id),
    }
