"""The experiments of the attention tab, in the order in which they stand on the page."""

from __future__ import annotations

from components.experiments.attention import lens, positions, rollout

LOOK = (rollout, lens, positions)
LAB = ()
