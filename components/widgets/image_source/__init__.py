"""The image that an experiment begins with: a test digit by its number, or a drawing."""

from __future__ import annotations

from components.widgets.base import Widget


class ImageSource(Widget):
    """Value: a run of ADD_NOISE (playground/images/diffusion_tasks.py) with "asked" (components/tabs/asking.py).

    Event `asked(evt: gr.EventData)`: evt._data is {"index", "seed", "asked"}. Event `picked`: another test digit was
    chosen, `playground.firstImage.index()`. What is chosen is kept in widgets/first_image.js.
    """
