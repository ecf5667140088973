"""Attention rollout beside the raw mean after each layer, one text's."""

from __future__ import annotations

from components.widgets.base import Widget


class Rollout(Widget):
    """Value: {…describe, "through": {"layers", "rollout", "mean"}} of rollout.py, with run and state."""
