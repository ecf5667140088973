"""A text with what stands in the training texts marked, and what does not."""

from __future__ import annotations

from components.widgets.base import Widget


class Copied(Widget):
    """Value: what playground.text.copied.compare tells; a piece may be "shown" in another script than it has."""
