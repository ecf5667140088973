"""The manifold: what a VAE with two latent numbers decodes where the prior's equal shares begin and end."""

from __future__ import annotations

from components.widgets.base import Widget


class Manifold(Widget):
    """Value: a run of VAE_MANIFOLD (playground/images/vae_map.py)."""
