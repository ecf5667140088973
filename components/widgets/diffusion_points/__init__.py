"""Diffusion, flow matching and reflow on points of the plane, side by side: fields, ways, how few steps do."""

from __future__ import annotations

from components.widgets.base import Widget
from playground.images.point_flow_settings import PATHS


class DiffusionPoints(Widget):
    """Value at first: {"name", "id"}, the experiment's, "paths", and where its `saved` run is; then a part for each of
    PATHS as runs.together has them, of what playground.images.point_flows.train tells.

    Event: `drew`, when the drawing has changed: `playground.pointsPens[id].chosen()` then says what the controls
    `data` and `drawn` are to say.
    """

    def __init__(self, name: str, id: str, saved: dict[str, str]) -> None:
        super().__init__({"name": name, "id": id, "paths": list(PATHS)} | saved, elem_id=f"{id}-view")
