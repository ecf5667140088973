"""Hidden words guessed, held against transformers; and what hangs on which word, against hiding it by hand."""

import math

import numpy as np
import pytest
import torch

from playground import wire
from playground.errors import PlaygroundError
from playground.inference.control import replay
from playground.text.attention_settings import MaskSettings, PassageSettings
from playground.text.masked_words import fill_mask
from playground.text.rollout import attention_rollout
from tests.playground.text.attention_models import ask, eager, loaded

TEXT = "once upon a [MASK] there was a little [MASK] who lived in a house"


def ids_of(frame):
    return [token["id"] for token in frame["tokens"]]


def distribution(frame, ids=None):
    """transformers' p (T, V)."""
    types = torch.tensor([frame["types"]])
    return eager("bert", ids or ids_of(frame), token_type_ids=types).logits[0].softmax(-1).double()


def test_guesses_are_transformers():
    frame = ask(fill_mask, MaskSettings(text=TEXT, model="bert", top=7))
    assert [guess["at"] for guess in frame["guesses"]] == frame["masks"] == [4, 9]
    p = distribution(frame)
    for guess in frame["guesses"]:
        best = p[guess["at"]].topk(7)
        assert [word["id"] for word in guess["top"]] == best.indices.tolist()
        assert [word["p"] for word in guess["top"]] == pytest.approx(best.values.tolist(), abs=1e-5)
        at = p[guess["at"]]
        assert guess["entropy_bits"] == pytest.approx(-(at * at.log2()).sum().item(), abs=1e-3)
        assert guess["truth"] is None


def test_what_a_guess_leans_on_is_what_it_loses_without():
    frame = ask(fill_mask, MaskSettings(text=TEXT, model="bert"))
    ids, mask = ids_of(frame), loaded("bert").tokenizer.mask_token_id
    whole = distribution(frame)
    for guess in frame["guesses"]:
        best, leaned = guess["top"][0]["id"], wire.decode(guess["leaned"])
        for place in range(len(ids)):
            if place in frame["markers"] or place in frame["masks"]:
                assert leaned[place] == 0
                continue
            without = distribution(frame, [mask if n == place else token for n, token in enumerate(ids)])
            lost = math.log2(whole[guess["at"], best] / without[guess["at"], best])
            assert leaned[place] == pytest.approx(lost, abs=1e-3)


def test_rollout_of_a_mask_is_its_row():
    frame = ask(fill_mask, MaskSettings(text=TEXT, model="bert"))
    rows = wire.decode(ask(attention_rollout, PassageSettings(text=TEXT, model="bert"))["rollout"])
    for guess in frame["guesses"]:
        np.testing.assert_allclose(wire.decode(guess["rollout"]), rows[guess["at"]], atol=1e-6)


def test_a_hidden_word_is_known_and_its_rank_told():
    shown = ask(fill_mask, MaskSettings(text=TEXT, model="bert"))
    frame = ask(fill_mask, MaskSettings(text="once upon a time there was a little [MASK]", model="bert", hide=(4,)))
    assert frame["masks"] == [4, 9]
    truth = frame["guesses"][0]["truth"]
    assert truth["id"] == loaded("bert").tokenizer.convert_tokens_to_ids("time")
    p = distribution(frame)[4]
    assert truth["p"] == pytest.approx(p[truth["id"]].item(), abs=1e-5)
    assert truth["rank"] == 1 + (p > p[truth["id"]]).sum().item()
    assert frame["guesses"][1]["truth"] is None and shown["guesses"][0]["truth"] is None


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"text": "once upon a time"}, "no_mask"),
        ({"text": ""}, "no_mask"),
        ({"text": "once upon a time", "hide": (0,)}, "out_of_range"),  # [CLS]
        ({"text": "once upon a time", "hide": (99,)}, "out_of_range"),
        ({"text": TEXT, "model": "gpt2"}, "model_fills_no_gaps"),
        ({"text": TEXT, "model": "llama"}, "model_fills_no_gaps"),
    ],
)
def test_what_cannot_be_guessed_gets_a_sentence(settings, key):
    with pytest.raises(PlaygroundError) as caught:
        ask(fill_mask, MaskSettings(**{"model": "bert"} | settings))
    assert caught.value.key == key


def test_nothing_but_a_mask():
    frame = ask(fill_mask, MaskSettings(text="[MASK]", model="bert"))
    assert frame["masks"] == [1] and not wire.decode(frame["guesses"][0]["leaned"]).any()


def test_a_run_out_of_time_keeps_its_guesses():
    settings, models = MaskSettings(text=TEXT, model="bert"), {"bert": loaded("bert")}
    *_, whole = replay(fill_mask, settings, [], models)
    *_, cut = replay(fill_mask, settings, [{"step": 2, "stop": "time"}], models)
    assert cut["guesses"][0]["top"] == whole["guesses"][0]["top"]
    assert [notice["key"] for notice in cut["notices"]] == ["tried_some"] and not whole["notices"]
