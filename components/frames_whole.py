"""Each value that a handler streams replaces the one before it, whole.

Gradio 6.31 sends a streamed value as its difference from the last one. gradio.utils.diff corrects the index of a
deleted list item once for every list around it, so a list that becomes shorter inside a value reaches the browser and
gradio_client with the wrong items left in it; and it compares values item by item on the event loop. Our frames are
small and carry only what is new, so there is nothing to gain from a difference.
"""

from __future__ import annotations

from typing import Any

from gradio import utils


def replace(old: Any, new: Any) -> list[list[Any]]:
    """The edit that makes `new` of anything, in the form of gradio.utils.diff."""
    return [["replace", [], new]]


def apply() -> None:
    """Have Gradio send whole values, in this process."""
    utils.diff = replace
