"""What a model from the hub costs, before it is fetched: size, licence, memory; and whether it can run here at all."""

from __future__ import annotations

from components.widgets.base import Widget


class ModelOffer(Widget):
    """Value: {"title", "repo", "licence", "bytes", "memory", "here", "reachable", "fits"}.

    Event `looked`: it is in sight for the first time, and has nothing to say yet.
    """
