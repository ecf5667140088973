"""The scoring endpoints of the real app, through gradio_client and as raw HTTP."""

import inspect
import json
import math

import pytest
from gradio_client import Client

from components import saved_runs, words
from components.endpoints import scoring
from playground.text import scores
from playground.text.settings import DEFAULT_MODEL, ScoreSettings
from tests.components.test_api import error_of, post

TALE = "Once upon a time there was a king who had three daughters."


@pytest.fixture(scope="module")
def client(app):
    return Client(app, verbose=False)


def test_the_settings_are_the_arguments():
    arguments = {
        name: parameter.default for name, parameter in inspect.signature(scoring.score_text).parameters.items()
    }
    assert ScoreSettings().as_dict().items() <= arguments.items()


def test_perplexity_is_that_of_the_tokens_told(client):
    told = client.predict(TALE, api_name="/score_text")
    logprobs = [token["logprob"] for token in told["tokens"]]
    assert logprobs[0] is None and told["tokens"][0]["rank"] is None
    assert told["perplexity"] == pytest.approx(math.exp(-sum(logprobs[1:]) / len(logprobs[1:])), rel=1e-9)
    assert "".join(token["text"] for token in told["tokens"]) == TALE
    assert all(token["rank"] >= 1 and token["top"][0][2] >= token["logprob"] for token in told["tokens"][1:])


def test_likelier_texts_have_lower_perplexity(client):
    shuffled = " ".join(sorted(TALE.split()))
    asked = [client.predict(text, "tales", api_name="/score_text")["perplexity"] for text in (TALE, shuffled)]
    assert asked[0] < asked[1] / 2


HOSTILE = ["a\0b", "\ud800 lone", "😀👨\u200d👩\u200d👧", "שלום ﷽", "e\u0301\u0323", "<script>${1}</script>", " "]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_posted_raw_is_scored(app, text):
    event, [told] = post(app, "score_text", [text])[-1]
    assert event == "complete"
    assert told["total"]["nats"] < 0 and len(told["tokens"]) >= 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([""], "no token"),
        (["   ", "poems"], "no token"),
        ([7], "text must be text"),
        ([None], "text must be text"),
        ([["a"]], "text must be text"),
        (["x" * 200_001], "200001"),
        (["a", "no-such"], "no-such"),
        (["a", math.nan], "model must be text"),
        (["a", "gpt2"], "tales"),
    ],
)
def test_bad_input_posted_raw_gets_a_sentence(app, data, said):
    assert said in error_of(app, "score_text", data)


def test_two_hundred_thousand_characters(app):
    event, [told] = post(app, "score_text", ["明月光 " * 50_000])[-1]
    assert event == "complete" and len(told["tokens"]) == scores.LONGEST
    assert len(json.dumps(told, ensure_ascii=False).encode()) < 2_000_000


@pytest.mark.parametrize("language", DEFAULT_MODEL)
def test_the_saved_scores_are_those_of_todays_models(client, language):
    saved = saved_runs.by_language("score")["saved"][language]["parts"]
    for name, (told,) in saved.items():
        text = words.dictionary(language)[f"text.score.{name}.value"]
        now = client.predict(text, DEFAULT_MODEL[language], api_name="/score_text")
        assert [token["id"] for token in told["tokens"]] == [token["id"] for token in now["tokens"]]
        assert told["perplexity"] == pytest.approx(now["perplexity"], rel=1e-3)


# ---------------------------------------------------------------- tokenize


def test_every_models_pieces(client):
    told = client.predict("The king 国王 👑", api_name="/tokenize")
    rows = {row["id"]: row for row in told["models"]}
    assert {card["id"] for card in client.predict(api_name="/list_models")} == set(rows)
    raw = [bytes.fromhex(p["bytes"]) if "bytes" in p else p["text"].encode() for p in rows["tales"]["pieces"]]
    assert b"".join(raw).decode() == "The king 国王 👑"
    assert [piece["text"] for piece in rows["poems"]["pieces"]][-3:] == ["國", "王", "[UNK]"]


@pytest.mark.parametrize("text", ["", *HOSTILE])
def test_any_text_posted_raw_is_tokenized(app, text):
    event, [told] = post(app, "tokenize", [text])[-1]
    assert event == "complete" and told["models"][0]["here"]


@pytest.mark.parametrize("text", [7, None, [], {"a": 1}, math.nan, "x" * 200_000])
def test_bad_texts_to_tokenize_get_a_sentence(app, text):
    assert error_of(app, "tokenize", [text]).startswith("text ")
