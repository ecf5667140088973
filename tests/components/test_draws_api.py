"""The endpoint that draws one token many times, through gradio_client and as raw HTTP."""

import inspect
import math

import numpy as np
import pytest
from gradio_client import Client

from components.endpoints import draws
from playground import wire
from playground.text.settings import DrawSettings
from tests.components.test_api import error_of, post

PLACES = {name: place for place, name in enumerate(inspect.signature(draws.draw_tokens).parameters)}
DEFAULTS = ["Once upon a", "tales", 0.8, 0, 1.0, 0.0, 1.0, 100, 0, 5, []]


@pytest.fixture(scope="module")
def client(app):
    return Client(app, verbose=False)


def test_the_settings_are_the_arguments():
    parameters = inspect.signature(draws.draw_tokens).parameters
    arguments = {name: parameter.default for name, parameter in parameters.items()}
    assert DrawSettings().as_dict().items() <= arguments.items()
    assert list(arguments)[:2] == ["prompt", "model"]


def test_counts_stand_beside_the_exact_distribution(client):
    told = client.predict("The old", "tales", 1.2, draws=2000, top=30, seed=5, api_name="/draw_tokens")
    cells = [*told["tokens"], told["other"]]
    assert sum(cell["count"] for cell in cells) == 2000
    assert sum(cell["p"] for cell in cells) == pytest.approx(1)
    order = wire.decode(told["order"])
    assert np.bincount(order, minlength=31).tolist() == [cell["count"] for cell in cells]
    stages = client.predict("The old", "tales", 1.2, top=30, api_name="/next_token")["stages"]
    assert [t["p"] for t in told["tokens"]] == pytest.approx([t["p"] for t in stages[-1]["top"]], abs=1e-6)
    assert 0 <= told["p_value"] <= 1 and 0 < told["total_variation"] < 1


def test_a_seed_reproduces(client):
    def counts(seed):
        told = client.predict("The old", "tales", 1.0, draws=300, seed=seed, api_name="/draw_tokens")
        return [token["count"] for token in told["tokens"]]

    assert counts(1) == counts(1) != counts(2)


@pytest.mark.parametrize("value", [math.nan, math.inf, "1", None, [], {}, True, -1, 1e308], ids=repr)
@pytest.mark.parametrize("field", ["draws", "seed", "top", "temperature", "top_k"])
def test_bad_numbers_posted_raw_get_a_sentence(app, field, value):
    data = list(DEFAULTS)
    data[PLACES[field]] = value
    assert error_of(app, "draw_tokens", data).startswith(field)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("prompt", None, "prompt must be text"),
        ("prompt", "x" * 200_001, "prompt is too long"),
        ("model", "no-such", "There is no model called no-such"),
        ("model", [], "model must be text"),
        ("draws", 100_001, "between 1 and 100000"),
        ("prefix_ids", [999_999], "has no token number 999999"),
        ("prefix_ids", "1", "prefix_ids must be a list"),
    ],
)
def test_other_bad_input_posted_raw_gets_a_sentence(app, field, value, said):
    data = list(DEFAULTS)
    data[PLACES[field]] = value
    assert said in error_of(app, "draw_tokens", data)


@pytest.mark.parametrize("prompt", ["", "\ud800", "a\0b", "😀", "<script>alert(1)</script>", "x" * 100_000])
def test_any_text_posted_raw_is_read(app, prompt):
    event, [told] = post(app, "draw_tokens", [prompt, *DEFAULTS[1:]])[-1]
    assert event == "complete"
    assert sum(cell["count"] for cell in (*told["tokens"], told["other"])) == 100


def test_masks_and_penalties_hold(client):
    told = client.predict("Once upon a", forced="king\nqueen", draws=500, api_name="/draw_tokens")
    assert told["other"]["count"] == 0
    drawn = [token["text"].strip() for token in told["tokens"] if token["count"]]
    assert drawn and all("king".startswith(piece) or "queen".startswith(piece) for piece in drawn)  # or its first part
    banned = client.predict("Once upon a", banned="time", draws=500, api_name="/draw_tokens")
    assert " time" not in [token["text"] for token in banned["tokens"] if token["count"]]


def test_too_few_arguments_take_the_defaults(app):
    event, [told] = post(app, "draw_tokens", ["Once"])[-1]
    assert event == "complete" and told["draws"] == 1000 and len(told["tokens"]) == 20
