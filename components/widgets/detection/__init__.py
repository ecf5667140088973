"""Is this text watermarked? Its green words, its score, and what that means."""

from __future__ import annotations

from components.widgets.base import Widget


class Detection(Widget):
    """Value: None, then {"run", "state", "tokens": [{"id", "text", "green", "z"}], "scored", "green", "z", "p_value",
    "verdict", "threshold", "least"} (playground.text.watermark.detect). The score before it stays for comparison."""
