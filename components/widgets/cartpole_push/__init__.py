"""A shoving contest: every agent balances side by side, all are shoved alike; and what each was measured to take."""

from __future__ import annotations

from components.widgets.base import Widget


class CartpolePush(Widget):
    """Values are what playground.control.trials_together.push_contest tells.

    Event: `wanted` when it first comes into sight with nobody to shove.
    """
