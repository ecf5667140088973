"""Scored texts as a page in some language shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from components.runs import told
from components.text_values import for_reader
from playground.inference.tasks import Event
from playground.text.settings import ScoreSettings


def telling(language: str) -> Callable[[Event, ScoreSettings], dict[str, Any]]:
    """What a page in `language` is told of each event: without the text itself, which it has as tokens."""

    def tell(event: Event, settings: ScoreSettings) -> dict[str, Any]:
        return told(event) | for_reader(dict(event.frame or {}), language)

    return tell
