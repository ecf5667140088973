"""The map of a latent space: encoded test digits by class, and under the pointer the image that is decoded there."""

from __future__ import annotations

from components.widgets.base import Widget


class LatentMap(Widget):
    """Value: a run of VAE_MAP (playground/images/vae_tasks.py), or {"saved": address} of one made beforehand.

    Event `picked`: a place, background or panel was chosen here or elsewhere; the controls are to say so.
    Event `collapse`: the training that collapses was asked for.
    Bus: see widgets/vae.js; says vae.status.
    """
