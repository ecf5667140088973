"""The GAN game on points of the plane: the picture with its layers, slow motion, curves, and a pad for a drawing."""

from __future__ import annotations

from components.widgets.base import Widget


class GanPoints(Widget):
    """Value at first: {"name", "id"}, the experiment's, and where its `saved` run is; then what
    playground.images.gan_points.train_points tells.

    Events: `steered` {"tickets", "messages"}, single turns of one player; `drew`, when the drawing has changed:
    `playground.pointsPens[id].chosen()` then says what the controls `data` and `drawn` are to say.
    """

    def __init__(self, name: str, id: str, saved: dict[str, str]) -> None:
        super().__init__({"name": name, "id": id} | saved, elem_id=f"{id}-view")
