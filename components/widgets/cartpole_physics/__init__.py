"""Trained in one physics, tested in many: a heatmap over pole length and gravity, and an episode in any cell."""

from __future__ import annotations

from components.widgets.base import Widget


class CartpolePhysics(Widget):
    """Values are what playground.control.trials.physics_grid tells, and for a cell that was picked an episode as
    playground.control.episodes.replay_cartpole tells it, with "asked".

    Events: `wanted` when it first comes into sight with nothing to show; `picked` asks for an episode: {"asked",
    ReplaySettings}.
    """
