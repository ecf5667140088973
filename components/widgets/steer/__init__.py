"""Pause, step once, and changes of settings while a run goes on. components/tabs/steering.py ties it to the engine."""

from __future__ import annotations

from components.widgets.base import Widget


class Steer(Widget):
    """Value at first: {"id", "name", "steerable"}: whose run it is, and the settings that may change while it runs.

    Event `steered`: {"tickets": […], "message": {"pause": true} | {"resume": true} | {"step": 1} | {"set": {…}}}.
    """

    def __init__(self, id: str, name: str, steerable: tuple[str, ...]) -> None:
        super().__init__({"id": id, "name": name, "steerable": list(steerable)}, elem_id=f"{id}-steer")
