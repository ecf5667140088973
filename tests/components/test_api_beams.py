"""/beam_search of the real app, against transformers and with whatever can be posted."""

import inspect
import math

import pytest
import torch
from transformers import AutoModelForCausalLM

from components.endpoints.beams import beam_search
from playground.text.settings import BeamSettings
from tests.components.test_api import error_of, post


def test_every_setting_is_an_argument_with_the_settings_own_default():
    arguments = {name: parameter.default for name, parameter in inspect.signature(beam_search).parameters.items()}
    assert BeamSettings().as_dict().items() <= arguments.items()


@pytest.mark.parametrize(("model", "prompt"), [("tales", "Once upon a time"), ("poems", "春")])
def test_the_best_is_what_transformers_generates(app, model, prompt):
    event, [told] = post(app, "beam_search", [prompt, model])[-1]
    assert event == "complete", told
    library = AutoModelForCausalLM.from_pretrained(f"playground/weights/{model}")
    prompt_ids = torch.tensor([[token["id"] for token in told["prompt_tokens"]]])
    best = library.generate(prompt_ids, num_beams=4, do_sample=False, max_new_tokens=30, pad_token_id=0)
    ids = [token["id"] for token in told["sequences"][0]["tokens"]]
    assert best[0, prompt_ids.shape[1] :].tolist()[: len(ids)] == ids
    assert len(told["sequences"]) == 4 and told["model"] == model
    assert sum(node["best"] for node in told["tree"]) == len(ids)


BAD = [
    (2, math.nan, "num_beams"), (2, [4], "num_beams"), (2, 9, "num_beams"), (2, None, "num_beams"),
    (3, 0, "max_new_tokens"), (3, 1e308, "max_new_tokens"), (3, "30", "max_new_tokens"),
    (4, math.inf, "length_penalty"), (4, -3, "length_penalty"), (4, True, "length_penalty"),
    (0, {}, "prompt"), (1, "no-such", "no-such"), (5, [1e9], "prefix_ids"), (5, [999_999], "999999"),
]  # fmt: skip


@pytest.mark.parametrize(("position", "value", "said"), BAD, ids=repr)
def test_bad_input_posted_raw_gets_a_sentence(app, position, value, said):
    data = ["Once", "tales", 4, 5, 1.0, []]
    data[position] = value
    assert said in error_of(app, "beam_search", data)


@pytest.mark.parametrize("prompt", ["", "\ud800", "a\0b", "😀", "<script>alert(1)</script>", "x" * 100_000])
def test_any_text_posted_raw_is_continued(app, prompt):
    event, [told] = post(app, "beam_search", [prompt, "tales", 2, 3])[-1]
    assert event == "complete" and all(len(sequence["tokens"]) == 3 for sequence in told["sequences"])
    assert bool(told["notices"]) == (len(prompt) == 100_000)
