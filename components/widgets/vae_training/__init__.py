"""A VAE in training: its curves, its samples, the codes of test digits moving to their places, and what goes wrong."""

from __future__ import annotations

from components.widgets.base import Widget


class VaeTraining(Widget):
    """Value: a run of TRAIN_VAE (playground/images/vae_tasks.py), or {"saved": address} of one made beforehand.

    Event `chosen`: the model just trained is to be shown on the map: `playground.vae.trained()` is its id.
    """
