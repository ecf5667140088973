"""You against the agent: the same start, the same physics, the arrow keys. The game is played in the browser."""

from __future__ import annotations

from components.widgets.base import Widget


class CartpoleVersus(Widget):
    """Values are what playground.control.episodes.replay_cartpole tells: the episode to beat.

    Events: `wanted` when it first comes into sight with nothing to play; `again` for another start.
    """
