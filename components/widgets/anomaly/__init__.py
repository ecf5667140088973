"""A drawing that is no digit: its reconstruction error beside those of the test digits."""

from __future__ import annotations

from components.widgets.base import Widget


class Anomaly(Widget):
    """Value: a run of ENCODE_DIGIT with "asked", which comes back (components/tabs/asking.py).

    Event `drawn(evt: gr.EventData)`: evt._data is {"image": wire, "model", "asked"}.
    """
