"""A digit drawn by hand, and what a VAE makes of it: the cloud of its codes, what they decode to, whom it resembles."""

from __future__ import annotations

from components.widgets.base import Widget


class Handwriting(Widget):
    """Value: a run of ENCODE_DIGIT (playground/images/vae_tasks.py) as told_whole tells it, or its error.

    Event `drawn(evt: gr.EventData)`: evt._data is {"image": wire or null, "model", "asked"}; `asked` comes back.
    Bus: see widgets/vae.js.
    """
