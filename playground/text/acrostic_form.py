"""The form of an acrostic (藏頭詩): what can be asked for, and how its characters make a poem. Imports no torch."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playground.errors import SettingError, notice
from playground.settings import Settings, integer, number, text, whole_choice

MODEL = "poems"
COUNTS = (4, 8)  # lines: a quatrain (絕句) or an octave (律詩)
LONGEST = 30  # seconds of a run; a poem takes less than one
TYPED_LIMIT = 64  # characters of the box: eight, and the spaces and marks that may stand between them
# Unicode's CJK ideographs: the basic block, extensions A to H, the compatibility forms, 々 and 〇
HAN = re.compile("[々〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")


@dataclass(frozen=True)
class AcrosticSettings(Settings):
    """A poem each of whose lines begins with a character given beforehand.

    characters   four or eight Chinese characters, Simplified or Traditional; spaces and punctuation are dropped
    line_length  characters of a line, 5 (五言) or 7 (七言)
    seed         of the uniform numbers
    temperature  divides the logits; 0 always takes the most probable character
    """

    characters: str = text("春夏秋冬", limit=TYPED_LIMIT)
    line_length: int = whole_choice(5, (5, 7))
    seed: int = integer(0, low=0, high=2**53 - 9)
    temperature: float = number(0.8, low=0.0, high=2.0, step=0.05)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "characters", heads_of(self.characters))


def heads_of(typed: str) -> str:
    """The characters that are to begin the lines. Raises SettingError, naming the first that is no Han character, or
    saying how many there are when they are neither four nor eight."""
    heads = [c for c in typed if not (c.isspace() or unicodedata.category(c)[0] in "ZP")]
    for character in heads:
        if not HAN.fullmatch(character):
            raise not_han(character)
    if len(heads) not in COUNTS:
        raise SettingError("acrostic_count", count=len(heads))
    return "".join(heads)


def not_han(character: str) -> SettingError:
    """What is wrong with a character that no line of a Chinese poem can begin with."""
    name, kind = unicodedata.name(character, ""), unicodedata.category(character)
    if "HIRAGANA" in name or "KATAKANA" in name:
        key = "acrostic_kana"
    elif kind[0] == "N":
        key = "acrostic_digit"
    elif kind[0] == "L":
        key = "acrostic_letter"
    else:
        key = "acrostic_not_han"
    visible = f"◌{character}" if kind[0] == "M" else character  # a combining mark needs something to stand on
    return SettingError(key, character=visible, code=f"U+{ord(character):04X}")


def merge(frames: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several frames as one: their tokens in a row, from where the first of them starts."""
    told = {name: value for frame in frames for name, value in frame.items()}
    starts = [frame["start"] for frame in frames if "start" in frame]
    tokens = [token for frame in frames for token in frame.get("tokens", ())]
    return told | ({"start": starts[0], "tokens": tokens} if starts else {})


def conclude(settings: AcrosticSettings, frames: Sequence[dict[str, Any]], reason: str) -> dict[str, Any]:
    """The last frame: all tokens, `lines` without their marks and the whole `text`, in the model's own characters.

    A poem that was stopped ends where it stood.
    """
    whole = {"start": 0, "tokens": [], "notices": []} | merge(frames)
    written = [token["text"] for token in whole["tokens"]]
    size = settings.line_length + 1  # with its mark
    lines = ["".join(written[start : start + size - 1]) for start in range(0, len(written), size)]
    if reason == "time":
        whole["notices"] = [*whole["notices"], notice("time_limit", seconds=LONGEST)]
    return whole | {"lines": lines, "text": "".join(written)}
