"""The same slice of the state space in two agents' minds, side by side: what each would do, and what it expects."""

from __future__ import annotations

from components.widgets.base import Widget


class CartpoleSlice(Widget):
    """Values are what playground.control.trials_together.policy_slices tells.

    Event: `wanted` when it first comes into sight with nothing to show.
    """
