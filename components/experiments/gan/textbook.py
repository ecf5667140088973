"""Fix the textbook: three widely copied mistakes about GANs, each with its demonstration."""

from __future__ import annotations

from collections.abc import AsyncIterator

import gradio as gr

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.experiment import Asked, experiment, textbook_card
from components.widgets.loss_shapes import LossShapes
from components.widgets.noise_data import NoiseData
from components.widgets.turned_sign import TurnedSign
from playground.images.gan_lab_settings import LossShapeSettings, NoiseDataSettings, TurnedSignSettings
from playground.images.gan_lab_tasks import LOSS_SHAPES, SHOWN_AS_REAL, TURNED_SIGN
from playground.images.gan_settings import GanSettings
from playground.images.gan_tasks import TRAIN_GAN

PACE = 0.4  # seconds between two looks at both runs


def build(tab: Tab) -> None:
    with experiment(tab, "textbook", LossShapeSettings):
        with textbook_card(tab, "shapes", LossShapeSettings) as shapes:
            curves = LossShapes(shapes.id)
            shapes.code("playground.images.gan_losses:g_loss", "playground.images.gan_textbook:loss_and_slope")
        with textbook_card(tab, "noise", NoiseDataSettings, stop=True) as noise:
            pair = NoiseData(noise.id)
        with textbook_card(tab, "sign", TurnedSignSettings) as sign:
            turned = TurnedSign(sign.id)
            sign.code("playground.images.gan_textbook:d_step", "playground.images.gan_textbook:judged")
    shapes.runs(curves, LOSS_SHAPES)
    noise.listen(pair, learn_both)
    sign.runs(turned, TURNED_SIGN)


def learn_both(asked: Asked, language: str, request: gr.Request) -> AsyncIterator[str]:
    """The same GAN on static and on digits, and what either D is shown: values of the widget."""
    shown = lambda: NoiseDataSettings.of(asked)  # noqa: E731

    def on(data: str) -> GanSettings:
        return GanSettings(seed=shown().seed, steps=shown().noise_steps, data=data)

    parts = {data: (TRAIN_GAN, lambda data=data: on(data), runs.told_whole) for data in ("noise", "mnist")}
    return runs.together({"shown": (SHOWN_AS_REAL, shown, runs.told_whole)} | parts, request, newest=PACE)
