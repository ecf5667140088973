"""The endpoints about attention, in the real app: what they promise, and what they say to what is posted raw."""

import inspect
import math

import numpy as np
import pytest
import torch
from gradio_client import Client
from transformers import BertForMaskedLM, GPT2LMHeadModel

from components.endpoints import heads
from playground import wire
from playground.inference.sources import WEIGHTS
from playground.text.attention_settings import AblationSettings, HeadSettings, MaskSettings, PassageSettings
from tests.components.test_api import error_of, post

TEXT = "Once upon a time there was a little fox"
HIDDEN = "Once upon a [MASK] there was a little [MASK]."


@pytest.fixture(scope="module")
def client(app):
    return Client(app, verbose=False)


@pytest.fixture(scope="module")
def tales():
    return GPT2LMHeadModel.from_pretrained(WEIGHTS / "tales", attn_implementation="eager").eval()


def eager(model, told):
    ids = torch.tensor([[token["id"] for token in told["tokens"]]])
    with torch.inference_mode():
        return model(ids, output_attentions=True)


def test_attention(client, tales):
    told = client.predict(text=TEXT, layer=2, head=5, api_name="/attention")
    matrix = wire.decode(told["matrix"])
    assert (told["model"], told["layers"], told["heads"], told["causal"]) == ("tales", 6, 8, True)
    np.testing.assert_allclose(matrix, eager(tales, told).attentions[2][0, 5], atol=1e-5)
    np.testing.assert_allclose(matrix.sum(-1), 1, atol=1e-4)
    assert not np.triu(matrix, 1).any()
    assert "".join(token["text"] for token in told["tokens"]) == TEXT
    for kind in told["kinds"]:
        assert kind["layer"] == 2 and 0 <= kind["head"] < 8 and 0 < kind["score"] <= 1 + 1e-6


def test_attention_of_all_heads_names_those_that_do_one_thing(client):
    told = client.predict(text=TEXT, layer=-1, copies=2, api_name="/attention")
    assert told["kinds"] and {kind["layer"] for kind in told["kinds"]} <= set(range(6))


def test_rollout(client, tales):
    told = client.predict(text=TEXT, api_name="/attention_rollout")
    layers = [layer[0].mean(0).double() for layer in eager(tales, told).attentions]
    expected = torch.eye(len(layers[0]), dtype=torch.float64)
    for layer in layers:
        expected = (layer + torch.eye(len(layer))) / 2 @ expected
    np.testing.assert_allclose(wire.decode(told["matrix"]), expected, atol=1e-5)
    np.testing.assert_allclose(wire.decode(told["matrix"]).sum(-1), 1, atol=1e-4)


def test_ablate_head(client, tales):
    told = client.predict(text=TEXT, layer=0, head=-1, api_name="/ablate_head")
    p = eager(tales, told).logits[0, -1].softmax(-1)
    assert [entry["id"] for entry in told["before"]] == p.topk(10).indices.tolist()
    assert told["kl"] > 0 and told["off"] == [[0, head] for head in range(8)]
    same = client.predict(text=TEXT, layer=0, head=0, top=3, api_name="/ablate_head")
    assert same["before"] == told["before"][:3] and same["kl"] != told["kl"]


def test_logit_lens(client, tales):
    told = client.predict(text=TEXT, api_name="/logit_lens")
    p = eager(tales, told).logits[0].softmax(-1)
    assert len(told["positions"]) == len(told["tokens"])
    for place, steps in enumerate(told["positions"]):
        assert len(steps) == 7
        assert steps[-1]["top"]["id"] == p[place].argmax().item() and steps[-1]["rank"] == 1
        assert steps[-1]["top"]["p"] == pytest.approx(p[place].max().item(), abs=1e-5)
        assert all(isinstance(step["top"]["text"], str) for step in steps)


def test_fill_mask(client):
    told = client.predict(text=HIDDEN, top=5, api_name="/fill_mask")
    model = BertForMaskedLM.from_pretrained(WEIGHTS / "tales-bert").eval()
    with torch.inference_mode():
        p = model(torch.tensor([[token["id"] for token in told["tokens"]]])).logits[0].softmax(-1)
    assert told["model"] == "tales-bert" and len(told["guesses"]) == 2
    for guess in told["guesses"]:
        best = p[guess["at"]].topk(5)
        assert [word["id"] for word in guess["top"]] == best.indices.tolist()
        assert [word["p"] for word in guess["top"]] == pytest.approx(best.values.tolist(), abs=1e-5)
        assert wire.decode(guess["leaned"]).shape == (len(told["tokens"]),)


@pytest.mark.parametrize(
    ("endpoint", "settings"),
    [
        (heads.attention, HeadSettings),
        (heads.attention_rollout, PassageSettings),
        (heads.ablate_head, AblationSettings),
        (heads.logit_lens, PassageSettings),
        (heads.fill_mask, MaskSettings),
    ],
)
def test_every_setting_is_an_argument_with_the_settings_own_default(endpoint, settings):
    arguments = {name: parameter.default for name, parameter in inspect.signature(endpoint).parameters.items()}
    assert settings().as_dict().items() <= arguments.items()


@pytest.mark.parametrize(
    ("endpoint", "data", "said"),
    [
        ("attention", [TEXT, "tales", 6, 0], "layer must be between -1 and 5; got 6"),
        ("attention", [TEXT, "tales", 0, 8], "head must be between -1 and 7; got 8"),
        ("attention", [TEXT, "tales", -2, 0], "layer must be between"),
        ("attention", [TEXT, "tales", math.nan, 0], "layer must be a number"),
        ("attention", [TEXT, "tales", 0, [1]], "head must be a number"),
        ("attention", [None, "tales", 0, 0], "text must be text"),
        ("attention", ["x" * 200_001, "tales", 0, 0], "text is too long"),
        ("attention", [TEXT, "no-such", 0, 0], "There is no model called no-such"),
        ("attention", [TEXT, "tales", 0, 0, 3], "copies must be between 1 and 2"),
        ("attention_rollout", [{}, "tales"], "text must be text"),
        ("ablate_head", [TEXT, "tales", 0, 0, [48]], "also must be between 0 and 47; got 48"),
        ("ablate_head", [TEXT, "tales", 0, 0, "1"], "also must be a list"),
        ("ablate_head", [TEXT, "tales-bert", 0, 0], "No word of the text is hidden. Put [MASK]"),
        ("fill_mask", ["no word is hidden"], "No word of the text is hidden. Put [MASK]"),
        ("fill_mask", [HIDDEN, "tales"], "tales continues a text"),
        ("fill_mask", [HIDDEN, "tales-bert", [0]], "hide must be between"),
        ("next_token", [TEXT, "tales-bert"], "tales-bert fills in hidden words"),
        ("score_text", [TEXT, "tales-bert"], "tales-bert fills in hidden words"),
        ("beam_search", [TEXT, "tales-bert"], "tales-bert fills in hidden words"),
    ],
)
def test_what_cannot_be_shown_gets_a_sentence(app, endpoint, data, said):
    sentence = error_of(app, endpoint, data)
    assert said in sentence and "Traceback" not in sentence


@pytest.mark.parametrize(
    "text", ["", " ", "a", "once upon a time " * 5_882, "שלום", "e\u0301", "a\ud800", "<b>${1}</b>"]
)
def test_any_text_is_answered(client, app, text):
    event, [told] = post(app, "attention", [text])[-1]
    assert event == "complete", told
    matrix = wire.decode(told["matrix"])
    assert 1 <= len(told["tokens"]) <= 256 and matrix.shape == (len(told["tokens"]),) * 2
    np.testing.assert_allclose(matrix.sum(-1), 1, atol=1e-4)
