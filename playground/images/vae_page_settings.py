"""What the VAE tab's own controls say, and its links carry. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

from playground.images.vae_settings import LARGEST_SEED, ModelSettings
from playground.settings import choice, integer, number, text


@dataclass(frozen=True)
class VaePageSettings(ModelSettings):
    """z1, z2: the place that is decoded, for a model whose codes have two numbers.

    background   what lies behind the dots: nothing, decoded images, or those with the axes bent as the prior is
    drawing      the drawing on the pad, as widgets/digits.js writes it; "" is none
    seed         of the draws from the drawing's posterior
    """

    z1: float = number(-0.4, low=-4.0, high=4.0)
    z2: float = number(-1.0, low=-4.0, high=4.0)
    background: str = choice("points", ("points", "images", "manifold"))
    drawing: str = text("", limit=1600)
    seed: int = integer(0, low=0, high=LARGEST_SEED)
