"""/ngram_next of the real app, against the counts themselves and with whatever can be posted."""

import inspect
import math

import pytest
from transformers import AutoTokenizer

from components.endpoints.ngrams import ngram_next
from playground.recipes.ngrams import TALES
from playground.text.corpus_settings import NGramNextSettings
from playground.text.ngrams import NGrams
from tests.components.test_api import error_of, post


def test_every_setting_is_an_argument_with_the_settings_own_default():
    arguments = {name: parameter.default for name, parameter in inspect.signature(ngram_next).parameters.items()}
    assert NGramNextSettings().as_dict().items() <= arguments.items()


def test_the_counts_behind_once_upon_a(app):
    event, [told] = post(app, "ngram_next", ["Once upon a"])[-1]
    assert event == "complete", told
    known = NGrams.load().next(AutoTokenizer.from_pretrained(TALES)("Once upon a").input_ids, 3)
    assert (told["context"], told["order_used"], told["backed_off"]) == (" upon a", 3, False)
    assert told["total"] == known.total and len(told["next"]) == 20
    assert told["next"][0]["text"] == " time" and told["next"][0]["count"] == known.counts.max()
    assert sum(entry["p"] for entry in told["next"]) + told["other"]["p"] == pytest.approx(1)


@pytest.mark.parametrize("prompt", ["", "\ud800", "a\0b", "😀", "<script>alert(1)</script>", "x" * 100_000, "月"])
def test_any_text_posted_raw_has_something_that_follows(app, prompt):
    event, [told] = post(app, "ngram_next", [prompt, 3, 5])[-1]
    assert event == "complete" and told["total"] > 0 and told["order_used"] in (1, 2, 3), told


BAD = [
    (1, math.nan, "n"), (1, math.inf, "n"), (1, 0, "n"), (1, 4, "n"), (1, 2.5, "n"), (1, "3", "n"), (1, None, "n"),
    (2, 0, "top"), (2, 1001, "top"), (2, [], "top"), (2, True, "top"), (2, 1e308, "top"),
    (0, 7, "prompt"), (0, None, "prompt"), (0, "x" * 200_001, "prompt"),
    (3, "1", "prefix_ids"), (3, [0.5], "prefix_ids"), (3, [-1], "prefix_ids"), (3, [4096], "4096"),
]  # fmt: skip


@pytest.mark.parametrize(("position", "value", "said"), BAD, ids=lambda value: repr(value)[:20])
def test_bad_values_posted_raw_get_a_sentence(app, position, value, said):
    data = ["Once", 3, 5, []]
    data[position] = value
    sentence = error_of(app, "ngram_next", data)
    assert said in sentence and sentence.endswith(".")
