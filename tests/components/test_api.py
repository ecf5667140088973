"""The public API of the real app: through gradio_client, and as raw HTTP with whatever can be posted."""

import inspect
import json
import math
import re

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from components.endpoints import ENDPOINTS, generation
from playground.errors import SENTENCES
from playground.text.settings import GenerationSettings, NextTokenSettings


@pytest.fixture(scope="module")
def client(app):
    return Client(app, verbose=False)


HTTP = httpx.Client(timeout=60)


def post(app: str, endpoint: str, data: list) -> list[tuple[str, object]]:
    """Raw HTTP: (event, data) of the stream that answers."""
    body = json.dumps({"data": data})  # NaN and lone surrogates go out as they are, which no client would send
    call = HTTP.post(f"{app}/gradio_api/call/{endpoint}", content=body, headers={"content-type": "application/json"})
    assert call.status_code == 200, call.text
    with HTTP.stream("GET", f"{app}/gradio_api/call/{endpoint}/{call.json()['event_id']}") as stream:
        lines = list(stream.iter_lines())
    events = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    values = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    return list(zip(events, values, strict=True))


def error_of(app: str, endpoint: str, data: list) -> str:
    event, value = post(app, endpoint, data)[-1]
    assert event == "error", value
    return value["error"]


def test_streamed_tokens_add_up_to_the_last_value(client):
    job = client.submit("Once upon a time", "tales", 0.8, 0, 1.0, 0.0, 1.0, 200, 9, "", 2, api_name="/generate_text")
    values = list(job)
    assert all(value["run"] == values[0]["run"] for value in values)
    streamed = []
    for value in values[:-1]:
        if value.get("tokens"):
            assert value["start"] == len(streamed)
            streamed += value["tokens"]
    last = values[-1]
    assert streamed == last["tokens"][: len(streamed)]
    assert streamed
    assert last["state"] == "done" and last["finish_reason"] == "length"
    assert last["tokens_per_second"] > 0
    assert len(last["tokens"]) == 200 and len(last["samples"]) == 1
    assert {"id", "text", "logprob", "rank"} <= set(last["tokens"][0])
    assert len(values) > 4  # it did stream


def test_same_seed_same_text(client):
    settings = ("A fox", "tales", 1.0, 40, 0.95, 0.0, 1.1, 20, 123)
    assert (
        client.predict(*settings, api_name="/generate_text")["text"]
        == (client.predict(*settings, api_name="/generate_text")["text"])
    )


def test_stop_run_ends_a_run_which_then_returns_its_last_value(client):
    job = client.submit("A fox", "tales", 0.8, 0, 1.0, 0.0, 1.0, 230, 321, api_name="/generate_text")
    for value in job:
        if value.get("tokens"):
            client.predict(value["run"], api_name="/stop_run")
            break
    last = job.result()
    assert last["finish_reason"] == "stopped"
    assert 0 < len(last["tokens"]) < 230


def test_next_token(client):
    told = client.predict("Once upon a", "tales", 0.7, 5, 0.9, 0.0, 4, api_name="/next_token")
    names = [stage["name"] for stage in told["stages"]]
    assert names == ["model", "repetition_penalty", "temperature", "top_k", "top_p", "min_p"]
    for stage in told["stages"]:
        assert sum(entry["p"] for entry in stage["top"]) + stage["other"] == pytest.approx(1, abs=1e-5)


def test_next_token_with_penalties_and_masks(client):
    asked = {"prompt": "Once upon a", "prefix_ids": [522], "frequency_penalty": 1, "banned": "time", "top": 1000}
    told = client.predict(**asked, api_name="/next_token")
    stages = {stage["name"]: stage for stage in told["stages"]}
    assert list(stages)[:5] == ["model", "repetition_penalty", "penalties", "words", "temperature"]
    assert stages["penalties"]["kept"] - stages["words"]["kept"] == 2  # "t" goes on: "ime" and " time" do not
    assert " time" in [entry["text"] for entry in stages["penalties"]["top"]]
    assert " time" not in [entry["text"] for entry in stages["words"]["top"]]


def test_forced_words_are_all_that_is_written(client):
    settings = {"max_new_tokens": 12, "forced": "princess\nthe old king", "seed": 3}
    text = client.predict("Once upon a time", **settings, api_name="/generate_text")["text"]
    rest = re.sub(" ?princess| ?the old king", "", text)  # the last may be cut short
    assert len(rest) < len(text) and any(f" {word}".startswith(rest) for word in ("princess", "the old king"))


def test_list_models(client):
    models = {card["id"]: card for card in client.predict(api_name="/list_models")}
    assert models["tales"]["available_offline"] and models["poems"]["available_offline"]
    for card in models.values():
        assert {"id", "source", "licence", "parameters", "bytes", "available_offline"} <= set(card)
    assert models["tales"]["parameters"] > 1e6 and models["tales"]["bytes"] < 20e6


def test_only_the_api_is_public(client):
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {f"/{name}" for name in ENDPOINTS}


@pytest.mark.parametrize(
    ("endpoint", "settings"),
    [(generation.generate_text, GenerationSettings), (generation.next_token, NextTokenSettings)],
)
def test_every_setting_is_an_argument_with_the_settings_own_default(endpoint, settings):
    arguments = {name: parameter.default for name, parameter in inspect.signature(endpoint).parameters.items()}
    assert settings().as_dict().items() <= arguments.items()


NUMBERS = {"temperature": 2, "top_k": 3, "top_p": 4, "min_p": 5, "repetition_penalty": 6}
NUMBERS |= {"max_new_tokens": 7, "seed": 8, "num_samples": 10}
NUMBERS |= {"presence_penalty": 13, "frequency_penalty": 14}
DEFAULTS = ["Once", "tales", 0.8, 0, 1.0, 0.0, 1.0, 5, 0, "", 1, [], 0, 0.0, 0.0, "", ""]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "1", None, [], {}, True, -3, 1e308, -1e308], ids=repr)
@pytest.mark.parametrize("field", NUMBERS)
def test_bad_numbers_posted_raw_get_a_sentence(app, field, value):
    data = list(DEFAULTS)
    data[NUMBERS[field]] = value
    assert error_of(app, "generate_text", data).startswith(field)


@pytest.mark.parametrize(
    ("position", "value", "said"),
    [
        (0, 7, "prompt"),
        (0, None, "prompt"),
        (1, "no-such", "no-such"),
        (1, 3, "model"),
        (9, [], "stop"),
        (15, ["the"], "banned must be text"),
        (15, "x" * 401, "banned is too long: 401"),
        (15, "\n".join("abcdefghijklmnopqrstu"), "banned: at most 20 words"),
        (16, math.nan, "forced must be text"),
        (16, "x" * 401, "forced is too long: 401"),
        (16, "\n".join("abcdefghijklmnopqrstu"), "forced: at most 20 words"),
    ],
)
def test_bad_texts_posted_raw_get_a_sentence(app, position, value, said):
    data = list(DEFAULTS)
    data[position] = value
    assert said in error_of(app, "generate_text", data)


@pytest.mark.parametrize("prompt", ["", "\ud800", "a\0b", "😀", "<script>alert(1)</script>", "x" * 100_000])
def test_any_text_posted_raw_is_continued(app, prompt):
    events = post(app, "generate_text", [prompt, *DEFAULTS[1:]])
    event, [last] = events[-1]
    assert event == "complete" and "error" not in last, last
    assert len(last["tokens"]) == 5 or last["finish_reason"] == "eos"
    assert bool(last["notices"]) == (len(prompt) == 100_000)


@pytest.mark.parametrize("word", ["\ud800", "a\0b", "😀", "<script>alert(1)</script>", "${1+1}{{value}}"])
def test_any_word_posted_raw_is_banned_or_forced(app, word):
    for position in (15, 16):
        data = list(DEFAULTS)
        data[position] = word
        event, [last] = post(app, "generate_text", data)[-1]
        assert event == "complete" and "error" not in last, last


def test_words_that_a_model_cannot_write(app):
    data = ["明月", "poems", *DEFAULTS[2:]]
    _, [last] = post(app, "generate_text", [*data[:15], "hello", ""])[-1]
    assert [notice["key"] for notice in last["notices"]] == ["words_unknown"]
    _, [last] = post(app, "generate_text", [*data[:15], "", "hello"])[-1]
    assert last["reason"] == "error" and "None of the forced words can be written" in last["error"]["sentence"]


def test_a_model_that_is_not_here_says_so_and_offers_one_that_is(app):
    sentence = error_of(app, "generate_text", ["Once", "gpt2", *DEFAULTS[2:]])
    assert "gpt2" in sentence and "tales" in sentence


def test_stopping_what_does_not_run(client):
    for run in ("", "nonsense", "../../etc/passwd"):
        with pytest.raises(AppError) as error:
            client.predict(run, api_name="/stop_run")
        assert str(error.value) == SENTENCES["unknown_run"]


def test_too_few_arguments_take_the_defaults(app):
    event, [last] = post(app, "generate_text", ["Once"])[-1]
    assert event == "complete" and len(last["tokens"]) == 60, last
