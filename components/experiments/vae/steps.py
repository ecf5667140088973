"""Reparameterise, step by step: one digit's cloud of codes, a die, and what its rolls decode to."""

from __future__ import annotations

from components.tabs.anatomy import Tab
from components.tabs.asking import asking
from components.tabs.experiment import experiment
from components.widgets.reparameterise import Reparameterise
from playground.images.vae_settings import EncodeSettings
from playground.images.vae_tasks import ENCODE_DIGIT


def build(tab: Tab) -> None:
    with experiment(tab, "steps", EncodeSettings) as here:
        view = Reparameterise(None, elem_id="vae-steps-view")
        here.code("playground.images.vae:reparameterise", "playground.images.vae_codes:encode_digit")
    asking(view, view.ask, ENCODE_DIGIT, EncodeSettings)
