"""Acrostics in the script of who asked for one: heads as they were typed, the rest Simplified where those are.

The model reads and writes Traditional characters. Someone who types 花好月圆 wants 圆 to begin the last line, not 圓,
and a line half in one script and half in the other would be odd.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from components.runs import told_whole
from components.text_values import simplified
from playground.inference.tasks import Event
from playground.text.acrostic_form import AcrosticSettings

Telling = Callable[[Event, AcrosticSettings], dict[str, Any]]


def wants_simplified(typed: str, heads: str, language: str = "en") -> bool:
    """Whether the poem is to be shown in Simplified characters: `heads` are the `typed` ones as the model reads them.

    So it is when one of those typed is a Simplified form, and for readers of Simplified Chinese unless one of them is
    a Traditional form. The forms 春夏秋冬 are in both.
    """
    if any(character != head and character == simplified(head) for character, head in zip(typed, heads, strict=False)):
        return True
    return language == "zh-CN" and simplified(typed) == typed


def shown_line(line: str, head: str, simple: bool) -> str:
    """A line of the model's in the reader's script, character by character, beginning with `head`."""
    return head + "".join(simplified(character) if simple else character for character in line[1:])


def telling(language: str) -> Telling:
    """What a page in `language` is told of each event: tokens have `shown` where that differs from their text."""
    heads = ""

    def tell(event: Event, settings: AcrosticSettings) -> dict[str, Any]:
        nonlocal heads
        value = told_whole(event, settings)
        heads = value.get("heads", heads)  # told once, first
        if "tokens" not in value:
            return value
        simple = wants_simplified(settings.characters, heads, language)
        tokens = [
            _shown(token, _head(settings, place), simple) for place, token in enumerate(value["tokens"], value["start"])
        ]
        return value | {"tokens": tokens}

    return tell


def _head(settings: AcrosticSettings, place: int) -> str | None:
    """The typed character, if token number `place` begins a line."""
    line, column = divmod(place, settings.line_length + 1)
    return settings.characters[line] if column == 0 else None


def _shown(token: dict[str, Any], head: str | None, simple: bool) -> dict[str, Any]:
    shown = head or (simplified(token["text"]) if simple else token["text"])
    told = token if shown == token["text"] else token | {"shown": shown}
    return told | {"top": [[*entry, simplified(entry[1])] for entry in token["top"]]} if simple else told


def api_value(frame: dict[str, Any], settings: AcrosticSettings) -> dict[str, Any]:
    """A finished poem as /acrostic documents it."""
    simple = wants_simplified(settings.characters, frame["heads"])
    lines = [shown_line(line, head, simple) for line, head in zip(frame["lines"], settings.characters, strict=False)]
    marks = "，。" * len(lines)
    return {
        "lines": lines,
        "text": "".join(line + mark for line, mark in zip(lines, marks, strict=False)),
        "traditional": frame["lines"],
        "model": frame["model"]["id"],
        "tokens": [{name: value for name, value in token.items() if name != "top"} for token in frame["tokens"]],
        "notices": frame["notices"],
    } | settings.as_dict()
