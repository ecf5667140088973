"""Between two digits, through their codes and through their pixels; and sums of codes."""

from __future__ import annotations

from components.tabs.anatomy import Tab
from components.tabs.asking import asking
from components.tabs.experiment import experiment
from components.widgets.latent_sum import LatentSum
from components.widgets.latent_walk import LatentWalk
from playground.images.vae_settings import ArithmeticSettings, InterpolateSettings
from playground.images.vae_tasks import VAE_ARITHMETIC, VAE_INTERPOLATE


def build(tab: Tab) -> None:
    with experiment(tab, "interpolation", InterpolateSettings) as here:
        walk = LatentWalk(None, elem_id="vae-interpolation-walk")
        total = LatentSum(None, elem_id="vae-interpolation-sum")
        here.code("playground.images.vae_codes:interpolate", "playground.images.vae_codes:arithmetic")
    asking(walk, walk.ask, VAE_INTERPOLATE, InterpolateSettings)
    asking(total, total.ask, VAE_ARITHMETIC, ArithmeticSettings)
