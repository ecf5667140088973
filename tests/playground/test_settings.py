"""Whatever is posted becomes a proper value or a sentence that names the field."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from playground import wire
from playground.errors import SENTENCES, SettingError, shown
from playground.settings import Settings, array, numbers
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


@dataclass(frozen=True)
class ArraySettings(Settings):
    pictures: Mapping[str, Any] | None = array(shape=(None, 2, 2), dtype="uint8", limit=3, optional=True)
    codes: tuple = numbers((0.0,), low=-3.0, high=3.0, limit=4)


def test_equal_arrays_are_equal_settings_however_they_were_packed():
    pictures = np.arange(12, dtype="uint8").reshape(3, 2, 2) // 3
    plain, small = wire.encode(pictures, level=0), wire.encode(np.tile(pictures, 1), level=9) | {"note": "ignored"}
    a, b = ArraySettings(pictures=plain, codes=[1, 2]), ArraySettings(pictures=small, codes=(1.0, 2.0))
    assert a == b and a.fingerprint() == b.fingerprint()
    assert (wire.decode(ArraySettings(**json.loads(json.dumps(a.as_dict()))).pictures) == pictures).all()
    assert ArraySettings(pictures=wire.encode(pictures[:1])) != ArraySettings(pictures=wire.encode(pictures[1:2]))


@pytest.mark.parametrize(
    "wrong", [np.zeros((2, 2), "uint8"), np.zeros((4, 2, 2), "uint8"), np.zeros((0, 2, 2), "uint8"),
              np.zeros((1, 2, 3), "uint8"), np.zeros((1, 2, 2), "float32")], ids=lambda a: f"{a.dtype}{a.shape}"
)  # fmt: skip
def test_arrays_of_another_shape_or_type_are_refused_with_both_named(wrong):
    with pytest.raises(SettingError) as error:
        ArraySettings(pictures=wire.encode(wrong))
    assert error.value.key == "wrong_array" and "uint8 (n ≤ 3, 2, 2)" in str(error.value)
    assert str(tuple(wrong.shape)) in str(error.value)


@pytest.mark.parametrize("value", [5, "1,2", [1.0] * 5, [None], [math.nan], [4.0], [[1.0]]], ids=lambda v: repr(v)[:20])
def test_lists_of_real_numbers(value):
    with pytest.raises(SettingError) as error:
        ArraySettings(codes=value)
    assert error.value.values["field"] == "codes"
