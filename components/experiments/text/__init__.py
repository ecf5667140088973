"""The experiments of the text tab, in the order in which they stand on the page."""

from __future__ import annotations

from components.experiments.text import (
    acrostic,
    cache,
    copied,
    draw,
    ladder,
    learning,
    pair,
    pieces,
    score,
    strategies,
    textbook,
    watermark,
)

LOOK = (draw, score, pieces, cache)
LAB = (pair, strategies, ladder, learning, copied, watermark, acrostic, textbook)
