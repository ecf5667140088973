"""The page's words, in Python."""

from __future__ import annotations

import json

import pytest

from components import words
from playground.errors import SENTENCES


def test_a_key_becomes_what_gradio_translates_in_the_browser():
    assert words.words("controls.run").to_dict() == {"__type__": "translation_metadata", "key": "controls.run"}
    assert words.i18n().translations_dict["zh-CN"]["controls.run"] == "运行"


def test_an_unknown_key_is_a_mistake_found_at_start():
    with pytest.raises(KeyError, match=r"no\.such\.key"):
        words.words("no.such.key")


def test_english_sentences_have_one_source():
    spoken = {key.removeprefix("errors."): text for key, text in words.dictionary("en").items() if "errors." in key}
    assert spoken == SENTENCES


def test_the_browser_gets_everything_but_the_lessons():
    script = words.script()
    given = json.loads(script.removeprefix("window.playgroundWords = ").strip().removesuffix(";"))
    assert set(given) == set(words.LANGUAGES)
    for language, texts in given.items():
        whole = words.dictionary(language)
        assert texts == {key: text for key, text in whole.items() if not key.startswith("lessons.")}
        assert any(key.startswith("lessons.") for key in whole)
