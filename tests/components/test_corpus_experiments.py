"""The ladder and “copied or invented?”, without a browser: which model stands on top, and what posted values become."""

from __future__ import annotations

import asyncio
import json
import math
from dataclasses import dataclass, replace

import pytest

from components.experiments.text import copied, ladder
from playground.inference.cards import Card
from playground.inference.engine import get_engine
from playground.inference.models import ModelStore


@dataclass(frozen=True)
class There:
    """A source whose files are on this machine, or not."""

    here: bool
    kind: str = "hub"

    def find(self) -> str | None:
        return "/somewhere" if self.here else None


def card(name: str, here: bool, parameters: int, language: str = "en", chat: bool = False, kind: str = "hub") -> Card:
    return Card(name, name, (There(here, kind),), "MIT", language, parameters, 0, 1024, chat)


@pytest.mark.parametrize(
    ("cards", "best"),
    [
        ([card("a", True, 5), card("b", True, 9), card("c", False, 99)], "b"),
        ([card("talker", True, 99, chat=True), card("a", True, 5)], "a"),
        ([card("talker", True, 99, chat=True)], "talker"),
        ([card("zh", True, 9, language="zh"), card("built in", True, 9, kind="embedded"), card("c", False, 9)], None),
    ],
)
def test_the_top_rung_is_the_largest_model_that_is_here(monkeypatch, cards, best):
    masked = replace(card("fills gaps", True, 999), task="fill-mask")  # never a rung: it continues no text
    monkeypatch.setattr(get_engine(), "models", ModelStore(cards=(*cards, masked)))
    assert (top := ladder.larger()) is None or top.id == best
    assert (top is None) == (best is None)


def values(stream) -> list[dict]:
    async def all_of_them():
        return [json.loads(value) async for value in stream]

    return asyncio.run(all_of_them())


BAD = [None, 7, ["Once"], {"a": 1}, math.nan, "x" * 200_001]


@pytest.mark.parametrize("prompt", BAD, ids=lambda value: repr(value)[:12])
def test_a_bad_prompt_gets_a_sentence_on_every_rung(prompt):
    asked = {"prompt": prompt, "temperature": 0.8, "max_new_tokens": 5, "seed": 0}
    last = values(ladder.all_rungs(asked, "en", None))[-1]
    assert set(last["parts"]) >= {"1", "2", "3", "tales"}
    assert all("prompt" in part[-1]["error"]["sentence"] for part in last["parts"].values())


@pytest.mark.parametrize("value", [7, ["Once"], {"a": 1}, True, "x" * 20_001], ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("field", ["text", "on_screen"])
def test_a_bad_text_gets_a_sentence(field, value):
    last = values(copied.check({field: value}, "en", None))[-1]
    assert last["state"] == "done" and "text" in last["error"]["sentence"]


def test_a_pasted_text_goes_before_the_one_on_screen():
    told = values(copied.check({"text": "牀前明月光，疑是地上霜。", "on_screen": "Once upon a time"}, "zh-CN", None))[
        -1
    ]
    assert told["corpus"] == "poems" and [piece.get("shown") for piece in told["pieces"]] == [None] * 4
    told = values(copied.check({"text": "", "on_screen": "國破山河在，城春草木深。"}, "zh-CN", None))[-1]
    assert [piece["shown"] for piece in told["pieces"]][:2] == ["国破山河在", "，"] and told["found"] == 2
    told = values(copied.check({"on_screen": "國破山河在"}, "en", None))[-1]
    assert "shown" not in told["pieces"][0]
