"""A policy from a file of Stable-Baselines3, replayed; and the agent on stage as files for Stable-Baselines3."""

from __future__ import annotations

from components.widgets.base import Widget


class CartpoleFile(Widget):
    """Value at first: {"name"}, the experiment's id; then a run of IMPORT_POLICY, REPLAY_CARTPOLE or EXPORT_POLICY with
    "what", the task's name (components/tabs/asking.py).

    Events, each with "asked": `opened(evt)`, evt._data is {"file": wire uint8, "activation"}; `replayed(evt)`,
    {"checkpoint", "seed"}; `saved(evt)`, {"checkpoint"}.
    """

    def __init__(self, name: str) -> None:
        super().__init__({"name": name}, elem_id=f"{name}-view")
