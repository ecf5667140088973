"""Whatever is posted becomes a proper value or a sentence that names the field."""

import json
import math

import pytest

from playground.errors import SENTENCES, SettingError, shown
from playground.text.settings import GenerationSettings, ShapeSettings

NOT_NUMBERS = [math.nan, math.inf, -math.inf, "0.5", "", None, [], {}, True, 10**400]


@pytest.mark.parametrize("value", [*NOT_NUMBERS, -0.1, 2.1, 1e300, -1e300], ids=repr)
@pytest.mark.parametrize("field", ["temperature", "top_p", "min_p", "repetition_penalty"])
def test_real_numbers(field, value):
    with pytest.raises(SettingError) as error:
        ShapeSettings(**{field: value})
    assert error.value.values["field"] == field
    assert field in str(error.value)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("value", [*NOT_NUMBERS, 2.5, -1, 10**18, -(10**400)], ids=lambda v: repr(v)[:20])
@pytest.mark.parametrize("field", ["top_k", "max_new_tokens", "seed", "num_samples"])
def test_whole_numbers(field, value):
    with pytest.raises(SettingError) as error:
        GenerationSettings(**{field: value})
    assert error.value.values["field"] == field


def test_a_float_that_is_whole_is_a_whole_number():
    settings = GenerationSettings(seed=3.0)
    assert settings.seed == 3 and type(settings.seed) is int


@pytest.mark.parametrize("value", [3, None, ["a"], b"bytes", {"a": 1}], ids=repr)
@pytest.mark.parametrize("field", ["prompt", "model", "stop"])
def test_texts(field, value):
    with pytest.raises(SettingError) as error:
        GenerationSettings(**{field: value})
    assert error.value.key == "not_text"


def test_text_too_long_is_refused_and_long_prompts_are_not():
    assert len(GenerationSettings(prompt="x" * 100_000).prompt) == 100_000
    with pytest.raises(SettingError, match="too long"):
        GenerationSettings(prompt="x" * 10_000_000)


def test_no_text_carries_what_a_tokenizer_cannot_take():
    settings = GenerationSettings(prompt="a\0b\ud800c\udc00d")
    assert settings.prompt == "a�b�c�d"
    assert GenerationSettings(prompt="\ud83d\ude00").prompt == "😀"  # the halves of a pair are one character


@pytest.mark.parametrize(
    "value", ["1,2", 5, [1.5], [-1], [10**9], [None], [1] * 5000, [math.nan]], ids=lambda v: repr(v)[:20]
)
def test_lists(value):
    with pytest.raises(SettingError) as error:
        GenerationSettings(prefix_ids=value)
    assert error.value.values["field"] == "prefix_ids"


def test_stop_strings():
    assert GenerationSettings(stop="The end\n\\n\\n\n\n").stop_strings == ("The end", "\n\n")
    with pytest.raises(SettingError, match="8"):
        GenerationSettings(stop="\n".join("abcdefghi"))


def test_settings_travel_as_json_and_equal_ones_share_a_fingerprint():
    settings = GenerationSettings(prompt="Once", prefix_ids=[1, 2], seed=5, temperature=1)
    again = GenerationSettings(**json.loads(json.dumps(settings.as_dict())))
    assert again == settings
    assert again.fingerprint() == settings.fingerprint()
    assert GenerationSettings(prompt="Once", seed=6).fingerprint() != settings.fingerprint()


def test_settings_take_their_own_of_what_was_asked():
    assert GenerationSettings.of({"prompt": "Once", "top": 5}) == GenerationSettings(prompt="Once")
    with pytest.raises(SettingError, match="seed"):
        GenerationSettings.of({"seed": "1"})


def test_a_value_is_quoted_short_and_on_one_line():
    assert "\n" not in shown("a\nb")
    assert len(shown("x" * 10_000)) <= 80
    shown("\ud800").encode()


def test_every_sentence_ends_like_one():
    assert all(sentence.endswith((".", "}")) for sentence in SENTENCES.values())
