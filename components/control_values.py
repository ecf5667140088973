"""CartPole's runs as JSON, for the API."""

from __future__ import annotations

from typing import Any

from components.runs import told
from playground.inference.tasks import Event


def training_value(event: Event) -> dict[str, Any]:
    """An event of a training run: what is new, and the figures of the latest update on top."""
    frame = event.frame or {}
    latest = frame["points"][-1] if frame.get("points") else {}
    return told(event) | latest | frame


def comparison_value(event: Event) -> dict[str, Any]:
    """An event of a comparison: the runs that are new, and the table so far."""
    return told(event) | (event.frame or {})
