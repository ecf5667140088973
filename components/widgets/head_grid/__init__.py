"""Every head of a model on one text, as a grid of small maps: layers down, heads across."""

from __future__ import annotations

from components.widgets.base import Widget


class HeadGrid(Widget):
    """Value: an attention run (playground/text/attention_maps.py), {"saved": {language: …}}, or a head in full.

    Event `picked`: another head, view or head switched off was chosen here or elsewhere; the controls are to say so.
    Event `wanted(evt: gr.EventData)`: a head of a long text is to be sent in full: evt._data has its settings.
    Bus: see widgets/attention.js; says attention.status.
    """
