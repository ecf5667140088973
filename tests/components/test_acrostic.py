"""Acrostics as their readers get them: both scripts, whatever is posted, and the run that is shown first."""

import inspect
import math
import re

import pytest
from gradio_client import Client

from components import saved_runs
from components.acrostic_values import telling, wants_simplified
from components.endpoints.acrostic import acrostic
from components.text_values import simplified
from playground.inference.engine import Engine
from playground.inference.models import ModelStore
from playground.text.acrostic_form import AcrosticSettings
from playground.text.tasks import ACROSTIC
from tests.components.test_api import error_of


@pytest.fixture(scope="module")
def client(app):
    return Client(app, verbose=False)


@pytest.mark.parametrize("characters", ["花好月圆", "花好月圓", "清风明月高山流水"])
@pytest.mark.parametrize("length", [5, 7])
def test_every_line_begins_with_its_character_as_typed(client, characters, length):
    for seed in range(5):
        poem = client.predict(characters, length, seed, 1.0, api_name="/acrostic")
        assert [line[0] for line in poem["lines"]] == list(characters)
        assert all(re.fullmatch(rf"[\u3400-\u9fff]{{{length}}}", line) for line in poem["lines"] + poem["traditional"])
        assert re.sub("[，。]", "", poem["text"]) == "".join(poem["lines"])
        expected = [simplified(c) for line in poem["traditional"] for c in line] if characters != "花好月圓" else None
        assert "".join(poem["lines"]) == "".join(expected or poem["traditional"])


def test_both_scripts_are_one_poem(client):
    asked = {"line_length": 7, "seed": 4, "api_name": "/acrostic"}
    typed_simplified, typed_traditional = (client.predict(typed, **asked) for typed in ("花好月圆", "花好月圓"))
    assert typed_simplified["traditional"] == typed_traditional["traditional"] == typed_traditional["lines"]
    assert typed_simplified["lines"] != typed_simplified["traditional"]
    assert typed_simplified["tokens"] == typed_traditional["tokens"]


def test_what_is_told_of_a_poem(client):
    poem = client.predict(" 春夏，秋冬\n", api_name="/acrostic")
    asked = {name: poem[name] for name in ("characters", "line_length", "seed", "temperature", "model")}
    assert asked == {"characters": "春夏秋冬", "line_length": 5, "seed": 0, "temperature": 0.8, "model": "poems"}
    assert len(poem["tokens"]) == 24
    assert [n for n, token in enumerate(poem["tokens"]) if token["forced"]] == [0, 5, 6, 11, 12, 17, 18, 23]
    assert {"id", "text", "logprob", "rank", "q", "forced"} <= set(poem["tokens"][0])
    assert client.predict("春夏秋冬", api_name="/acrostic") == poem


@pytest.mark.parametrize(
    ("characters", "said"),
    [
        ("love", "l is a letter"),
        ("1234", "1 is a digit"),
        ("さくらら", "さ is Japanese kana"),
        ("春夏秋😀", "😀 (U+1F600) is not a Chinese character"),
        ("春夏秋喵", "never saw 喵"),
        ("春夏秋", "this has 3"),
        ("", "this has 0"),
        ("\n\n", "this has 0"),
        ("春" * 100_000, "100000 characters"),
        ("春夏秋\ud800", "(U+FFFD)"),
        ("春\u0301夏秋冬", "(U+0301)"),
        ("${1+1}", "$ (U+0024)"),
        (None, "characters must be text"),
        (["春", "夏", "秋", "冬"], "characters must be text"),
        (math.nan, "characters must be text"),
    ],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
def test_characters_posted_raw_that_cannot_begin_lines_get_a_sentence(app, characters, said):
    sentence = error_of(app, "acrostic", [characters])
    assert said in sentence
    assert "characters must be" in said or "are taken" in sentence or "春夏秋冬" in sentence  # what works instead


@pytest.mark.parametrize("value", [math.nan, math.inf, "5", None, [], {}, True, -1, 5.5, 1e308], ids=repr)
@pytest.mark.parametrize(("place", "field"), [(1, "line_length"), (2, "seed"), (3, "temperature")])
def test_numbers_posted_raw_get_a_sentence(app, place, field, value):
    data = ["春夏秋冬", 5, 0, 0.8]
    data[place] = value
    assert error_of(app, "acrostic", data).startswith(field)


def test_who_reads_which_script():
    assert wants_simplified("花好月圆", "花好月圓")
    assert not wants_simplified("花好月圓", "花好月圓", "zh-CN")  # typed in Traditional by somebody who can
    assert wants_simplified("春夏秋冬", "春夏秋冬", "zh-CN")
    assert not wants_simplified("春夏秋冬", "春夏秋冬", "en")
    assert not wants_simplified("為山九仞", "爲山九仞")  # folded to another Traditional form


@pytest.mark.parametrize("language", saved_runs.FIRST_PROMPT)
def test_the_poem_shown_first_is_what_the_model_writes(language):
    engine = Engine(ModelStore())
    *_, event = engine.frames(engine.submit(ACROSTIC, AcrosticSettings()))
    engine.close()
    saved = saved_runs.by_language("acrostic")["saved"][language]
    now = telling(language)(event, AcrosticSettings())
    assert [(t["id"], t.get("shown")) for t in saved["tokens"]] == [(t["id"], t.get("shown")) for t in now["tokens"]]
    assert saved["run"] == "saved" and saved["settings"] == AcrosticSettings().as_dict()


def test_every_setting_is_an_argument_with_the_settings_own_default():
    arguments = {name: parameter.default for name, parameter in inspect.signature(acrostic).parameters.items()}
    assert AcrosticSettings().as_dict().items() <= arguments.items()
