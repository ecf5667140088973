"""The experiments of the attention tab, in the order in which they stand on the page."""

from __future__ import annotations

LOOK = ()
LAB = ()
