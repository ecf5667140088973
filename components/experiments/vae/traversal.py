"""Traversal: a code of sixteen numbers, one number moved at a time."""

from __future__ import annotations

from components.tabs.anatomy import Tab
from components.tabs.asking import asking
from components.tabs.experiment import experiment
from components.widgets.traversal import Traversal
from playground.images.vae_settings import DecodeSettings, TraverseSettings
from playground.images.vae_tasks import DECODE_LATENT, VAE_TRAVERSE


def build(tab: Tab) -> None:
    with experiment(tab, "traversal", TraverseSettings) as here:
        view = Traversal(None, elem_id="vae-traversal-view")
        here.code("playground.images.vae_codes:traverse", "playground.images.vae_codes:decode_latent")
    asking(view, view.strips, VAE_TRAVERSE, TraverseSettings)
    asking(view, view.moved, DECODE_LATENT, DecodeSettings)
