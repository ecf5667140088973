"""The top of the page: its name, what it promises, the language and the theme."""

from __future__ import annotations

from components.widgets.base import Widget
from components.words import LANGUAGES


class Header(Widget):
    """The header. Its value names the languages on offer, {code: name in that language}."""

    def __init__(self) -> None:
        super().__init__(LANGUAGES, elem_id="header")
