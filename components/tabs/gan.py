"""The GAN tab: a forger and a detective train each other, and the person may meddle while they do.

The live picture (widgets/gan_live) holds a whole run in the browser, so going back through it asks nobody. Settings
that may change meanwhile go to the run's inbox; what is asked of its networks afterwards goes by its checkpoint.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.experiments.gan import LAB, LOOK
from components.saved_runs import fetched
from components.tabs import anatomy
from components.tabs.controls import quiet
from components.tabs.experiment import experiments
from components.tabs.listening import Listening, listen
from components.tabs.steering import joining, steering
from components.widgets.gan_live import GanLive
from components.words import words
from playground.images.gan_as_python import gan_as_python
from playground.images.gan_settings import PRESETS, GanSettings
from playground.images.gan_tasks import TRAIN_GAN

ADDS = "playground.gan.asked()"  # experiments ask of the run on screen, and of the samples picked on it
SHOWN = {"fair": {}, "forger": PRESETS["mode_collapse"], "noise": PRESETS["noise_data"]}
CODE = (
    "playground.images.gan_losses:d_loss",
    "playground.images.gan_losses:g_loss",
    "playground.images.gan_networks:Generator",
    "playground.images.gan_networks:Discriminator",
)


def build() -> anatomy.Tab:
    with anatomy.tab("gan", GanSettings, adds=ADDS) as tab:
        presets = tab.presets(*SHOWN)
        with gr.Row():
            tab.choice("loss")
            tab.number("learning_rate_g", min_width=120)
            tab.number("learning_rate_d", min_width=120)
            tab.slider("d_updates")
        with tab.lab():
            _more(tab)
        (go_on,) = tab.actions("go_on")
        steer = steering(tab, TRAIN_GAN)
        view = GanLive(fetched("gan"))
        tab.exports(view, script=program)
        with tab.look_inside():
            maths = tab.maths()
            tab.code(*CODE)
            experiments(tab, "look", LOOK)
        with tab.lab():
            experiments(tab, "lab", LAB)
    running = listen(tab, tab, view, train, adds="{}")
    for name, values in SHOWN.items():
        running.to(tab.preset(presets[name], **values).then)
    view.redrawn(None, None, maths, js="() => playground.gan.maths()", **quiet())
    joining(tab, steer, running)
    _going_on(tab, go_on, running)
    tab.finish()
    return tab


def _more(tab: anatomy.Tab) -> None:
    """The controls of the Lab."""
    with gr.Row():
        for name in ("architecture", "channels", "nonlinearity", "data"):
            tab.choice(name)
    with gr.Row():
        for name in ("latent_size", "batch_size", "steps"):
            tab.slider(name)
        tab.number("ema", min_width=100)
    with gr.Row():
        tab.number("r1", min_width=100)
        tab.number("r2", min_width=100)
        tab.switch("labels")
        tab.switch("spectral_norm")
    with gr.Row():
        fresh, embedded = (words(f"gan.start.choices.{name}") for name in ("none", "embedded"))
        tab.dropdown("start", [(fresh, ""), (embedded, "embedded")], allow_custom_value=True)
        tab.seed()


def _going_on(tab: anatomy.Tab, button: gr.Button, running: Listening) -> None:
    """Run again from where the run on screen ended, with what the controls say now."""
    start = tab.controls["start"]
    chosen = button.click(None, start, start, js="(now) => playground.gan.goOn(now)", **quiet())
    running.to(chosen.then)


def train(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """A run of training, as values of the live picture."""
    return runs.values(TRAIN_GAN, lambda: GanSettings.of(asked), runs.told_at_ends(), request)


def program(**settings: Any) -> str:
    """Copy as Python. Raises PlaygroundError where there is no program."""
    return gan_as_python(GanSettings.of(settings))
