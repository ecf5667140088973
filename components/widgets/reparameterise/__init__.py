"""The reparameterisation trick on one digit: μ and σ from the encoder, ε from a die, z = μ + σ ε, and its image."""

from __future__ import annotations

from components.widgets.base import Widget


class Reparameterise(Widget):
    """Value: a run of ENCODE_DIGIT with "asked", which comes back (components/tabs/asking.py).

    Event `ask(evt: gr.EventData)`: evt._data is {"image": wire, "model", "seed", "asked"}.
    """
