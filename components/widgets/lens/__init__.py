"""What each layer would say at each position, and how the final choice moves up."""

from __future__ import annotations

from components.widgets.base import Widget


class Lens(Widget):
    """Value: the frame of playground/text/logit_lens.py, with run and state."""
