"""An acrostic as a scroll to keep, and as text whose every character can be asked."""

from __future__ import annotations

from components.widgets.base import Widget


class Acrostic(Widget):
    """Value: {"run", "state", "settings", "model", "start", "tokens"}: the frames of playground.text.acrostic, each
    token with `shown` where the reader's script differs from the model's (components/acrostic_values.py).

    At first: {"saved": {language: value}}, a run made beforehand.
    """
