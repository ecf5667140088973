"""Pause, step once, change settings while a run goes on, join the runs of others (components/tabs/steering.py)."""

from __future__ import annotations

from components.widgets.base import Widget


class Steer(Widget):
    """Value at first: {"id", "name", "steerable"}: whose run it is, and the settings that may change while it runs.

    The server sets {"on_air": [{"settings", "changed", "viewers"}]}, the answer to the event `looked`.
    Event `joined`: one of them was chosen, and the controls are to say its settings (widgets/steering.js).
    Event `steered`: {"tickets": […], "message": {"pause": true} | {"resume": true} | {"step": 1} | {"set": {…}}}.
    """

    def __init__(self, id: str, name: str, steerable: tuple[str, ...]) -> None:
        super().__init__({"id": id, "name": name, "steerable": list(steerable)}, elem_id=f"{id}-steer")
