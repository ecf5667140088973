"""Heads switched off: held against transformers with those columns of W^O set to zero, and against doing nothing."""

import copy
import dataclasses

import numpy as np
import pytest
import torch

from playground import wire
from playground.text.ablation import ablate_each, ablate_head, kl_bits
from playground.text.attention_settings import AblationSettings, PassageSettings
from tests.playground.text.attention_models import KINDS, MASKED, STORY, ask, eager, loaded

HEAD = 8  # numbers a head, in all the tiny models
TEXTS = {"gpt2": STORY, "llama": STORY, "bert": MASKED}


def without(name, heads):
    """The tiny model with the part of W^O that each of the heads (layer, head) goes through set to zero."""
    changed = copy.deepcopy(loaded(name).model)
    for layer, head in heads:
        part = slice(head * HEAD, (head + 1) * HEAD)
        if name == "gpt2":
            changed.transformer.h[layer].attn.c_proj.weight.data[part] = 0  # stored (in, out)
        elif name == "llama":
            changed.model.layers[layer].self_attn.o_proj.weight.data[:, part] = 0
        else:
            changed.bert.encoder.layer[layer].attention.output.dense.weight.data[:, part] = 0
    return changed


def says(model, frame):
    """transformers' distribution of the word asked for."""
    ids = torch.tensor([[token["id"] for token in frame["tokens"]]])
    types = {"token_type_ids": torch.tensor([frame["types"]])} if frame["types"] else {}
    with torch.inference_mode():
        return model(input_ids=ids, **types).logits[0, frame["at"]].softmax(-1).double()


@pytest.mark.parametrize(
    ("layer", "head", "also", "off"),
    [
        (1, 2, (), [(1, 2)]),
        (2, -1, (), [(2, n) for n in range(4)]),
        (0, 0, (7, 9), [(0, 0), (1, 3), (2, 1)]),
        (-1, -1, (), [(layer, n) for layer in range(3) for n in range(4)]),
    ],
    ids=["a head", "a layer", "three heads", "all"],
)
@pytest.mark.parametrize("model", KINDS)
def test_a_head_that_is_off_is_a_zero_in_front_of_w_o(model, layer, head, also, off):
    settings = AblationSettings(text=TEXTS[model], model=model, layer=layer, head=head, also=also, top=5)
    frame = ask(ablate_head, settings)
    assert [tuple(pair) for pair in frame["off"]] == off
    before, after = says(loaded(model).model, frame), says(without(model, off), frame)
    for told, p in ((frame["before"], before), (frame["after"], after)):
        assert [entry["id"] for entry in told] == p.topk(5).indices.tolist()
        assert [entry["p"] for entry in told] == pytest.approx(p.topk(5).values.tolist(), abs=1e-5)
    assert frame["kl"] == pytest.approx((before * (before / after).log2()).sum().item(), rel=1e-3, abs=1e-5)
    assert frame["entropy_bits"] == pytest.approx([-(p * p.log2()).sum().item() for p in (before, after)], abs=1e-3)
    for change in frame["changes"]:
        assert change["before"] == pytest.approx(before[change["id"]].item(), abs=1e-5)
        assert change["after"] == pytest.approx(after[change["id"]].item(), abs=1e-5)


@pytest.mark.parametrize("model", KINDS)
def test_switching_off_a_head_that_does_nothing_changes_nothing(model):
    idle = dataclasses.replace(loaded(model), model=without(model, [(1, 3)]))
    frame = ask(ablate_head, AblationSettings(text=TEXTS[model], model=model, layer=1, head=3), **{model: idle})
    assert frame["before"] == frame["after"] and frame["kl"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("model", KINDS)
def test_each_head_in_turn_is_each_head_alone(model):
    frame = ask(ablate_each, PassageSettings(text=TEXTS[model], model=model))
    kl, words = wire.decode(frame["kl"]), wire.decode(frame["likeliest"])
    assert frame["done"] == 3 and kl.shape == words.shape == (3, 4)
    for layer, head in np.ndindex(3, 4):
        alone = ask(ablate_head, AblationSettings(text=TEXTS[model], model=model, layer=layer, head=head))
        assert kl[layer, head] == pytest.approx(alone["kl"], rel=1e-3, abs=1e-5)
        assert words[layer, head] == alone["after"][0]["id"]
        assert frame["texts"][str(words[layer, head])] == alone["after"][0]["text"]


def test_long_texts_too():
    text = " ".join([STORY] * 12)
    frame = ask(ablate_head, AblationSettings(text=text, model="llama", layer=1, head=1))
    assert len(frame["tokens"]) > 256
    ids = [token["id"] for token in frame["tokens"]]
    expected = eager("llama", ids).logits[0, -1].softmax(-1)
    assert frame["before"][0]["p"] == pytest.approx(expected.max().item(), abs=1e-5)
    p = says(without("llama", [(1, 1)]), frame)
    assert frame["after"][0]["p"] == pytest.approx(p.max().item(), abs=1e-5)


def test_kl_is_zero_only_between_equals_and_survives_zeros():
    p, q = torch.tensor([0.5, 0.5, 0.0]), torch.tensor([0.25, 0.25, 0.5])
    assert kl_bits(p, p).item() == 0
    assert kl_bits(p, q).item() == pytest.approx(1.0)
    assert kl_bits(q, p).item() > 100  # what p thinks impossible happens half the time
