"""The experiments of the attention tab, in the order in which they stand on the page."""

from __future__ import annotations

from components.experiments.attention import block, generation, lens, masked, positions, rollout, steps, textbook

LOOK = (steps, block, rollout, lens, positions)
LAB = (generation, masked, textbook)
