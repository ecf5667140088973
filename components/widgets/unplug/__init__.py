"""Switch heads off, and see what the model says then."""

from __future__ import annotations

from components.widgets.base import Widget


class Unplug(Widget):
    """Value: a run of ablate_head or ablate_each (playground/text/ablation.py) with `asked`, the key of its question.

    Event `cut(evt: gr.EventData)`: heads were switched off: evt._data has AblationSettings' fields and `asked`.
    Event `each(evt: gr.EventData)`: every head is to be tried: PassageSettings' fields and `asked`.
    """
