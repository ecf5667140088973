"""The experiments of the text tab, in the order in which they stand on the page."""

from __future__ import annotations

from components.experiments.text import acrostic, learning, pair, strategies, textbook

LOOK = ()
LAB = (pair, strategies, learning, acrostic, textbook)
