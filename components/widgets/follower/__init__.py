"""Follows the story and tells the server when another place in a text is looked at; shows nothing."""

from __future__ import annotations

from components.widgets.base import Widget


class Follower(Widget):
    """Event `moved` with {"prompt", "model", "prefix_ids", "banned", "forced"}: the reader looks at a new place,
    or asks for other words there, and stays for a moment.

    Event `redrawn`: the numbers of the place have changed, by new logits or by a slider.
    """
