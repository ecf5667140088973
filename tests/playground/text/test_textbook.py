"""What transformers answers to the printed calls is what transformers answers."""

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from playground.inference.control import Control
from playground.inference.models import ModelStore
from playground.inference.sources import WEIGHTS
from playground.text.settings import TextbookSettings
from playground.text.textbook import CALLS, KNOBS, NEW_TOKENS, ask_generate


def said(seed: int) -> list[dict]:
    settings = TextbookSettings(prompt="Once upon a time", seed=seed)
    control = Control(settings, {"tales": ModelStore().load("tales").result()})
    frames = list(ask_generate(settings, control))
    assert [len(frame["said"]) for frame in frames] == [1, 2, 3, 4]
    return frames[-1]["said"]


def test_the_printed_call_is_refused_and_the_knobs_are_ignored():
    state = torch.get_rng_state()
    printed, knobs, plain, meant = said(seed=3)
    assert "num_return_sequences" in printed["error"] and printed["replies"] == []
    assert knobs["replies"] == plain["replies"] and len(plain["replies"]) == 1
    assert len(set(meant["replies"])) == 3
    assert "do_sample=True" in meant["code"] and "do_sample" not in printed["code"]
    assert torch.equal(state, torch.get_rng_state())  # others draw from the global generator too


def test_the_replies_are_generates_own():
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS / "tales")
    model = AutoModelForCausalLM.from_pretrained(WEIGHTS / "tales", dtype=torch.float32)
    ids = tokenizer("Once upon a time", return_tensors="pt").input_ids
    torch.manual_seed(5)
    asked = KNOBS | {"do_sample": True, "num_return_sequences": 3}
    made = model.generate(ids, max_new_tokens=NEW_TOKENS, pad_token_id=0, **asked)
    assert said(seed=5)[-1]["replies"] == tokenizer.batch_decode(made, skip_special_tokens=True)
    assert asked == CALLS[-1]
