"""Models of other kinds, from their own configs with random weights: shown as transformers computes them, or refused
with a sentence, never a crash."""

import dataclasses

import numpy as np
import pytest
import torch
import transformers

from playground import wire
from playground.errors import ModelError
from playground.text.ablation import ablate_head
from playground.text.attention_maps import attention, one_head
from playground.text.attention_settings import (
    AblationSettings,
    AttentionSettings,
    HeadSettings,
    OrderSettings,
    PassageSettings,
    QuerySettings,
)
from playground.text.block_stops import one_block
from playground.text.logit_lens import logit_lens
from playground.text.query_key import query_key
from playground.text.word_order import word_order
from tests.playground.text.attention_models import MASKED, STORY, ask, loaded

SIZE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 300}
WIDE = SIZE | {"intermediate_size": 64}
GROUPED = WIDE | {"num_key_value_heads": 2}
SLIM = {"dim": 32, "hidden_dim": 64, "n_layers": 2, "n_heads": 4, "max_position_embeddings": 300}
ENDS = dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id"), 0)
DECODERS = {
    "OPTForCausalLM": ("OPTConfig", SIZE | {"ffn_dim": 64, "word_embed_proj_dim": 32}),
    "GPTNeoXForCausalLM": ("GPTNeoXConfig", WIDE),
    "Qwen3ForCausalLM": ("Qwen3Config", GROUPED | {"head_dim": 8}),
    "Gemma3ForCausalLM": ("Gemma3TextConfig", GROUPED | {"head_dim": 8}),
    "PhiForCausalLM": ("PhiConfig", WIDE),
}
ENCODERS = {
    "RobertaForMaskedLM": ("RobertaConfig", WIDE),
    "DistilBertForMaskedLM": ("DistilBertConfig", SLIM),
    "ModernBertForMaskedLM": ("ModernBertConfig", WIDE),
    "ElectraForMaskedLM": ("ElectraConfig", WIDE | {"embedding_size": 32}),
}
REFUSED = {
    "Gemma2ForCausalLM": ("Gemma2Config", GROUPED | {"head_dim": 8}),  # its scores are squeezed by tanh
    "BloomForCausalLM": ("BloomConfig", {"hidden_size": 32, "n_layer": 2, "n_head": 4}),  # computes it all itself
    "AlbertForMaskedLM": ("AlbertConfig", WIDE | {"embedding_size": 16}),  # one block, run twice
    "DebertaV2ForMaskedLM": ("DebertaV2Config", WIDE),  # three kinds of scores
}
CANNOT = {
    (logit_lens, "OPTForCausalLM"),  # its end is more than a norm and a matrix
    (one_block, "GPTNeoXForCausalLM"),  # its feed-forward network works beside the heads
}
VIEWS = {
    attention: AttentionSettings,
    logit_lens: PassageSettings,
    one_block: QuerySettings,
    query_key: QuerySettings,
    ablate_head: AblationSettings,
    word_order: OrderSettings,
}


def make(name, config, facts):
    """The model in the place of the tiny one of its kind, whose tokenizer it shares."""
    kind = "bert" if "Masked" in name else "gpt2"
    torch.manual_seed(0)
    config = getattr(transformers, config)(vocab_size=loaded(kind).model.config.vocab_size, **ENDS, **facts)
    model = getattr(transformers, name)(config).eval().requires_grad_(False)
    model.name_or_path = name
    return dataclasses.replace(loaded(kind), model=model)


@pytest.mark.parametrize("name", [*DECODERS, *ENCODERS])
def test_every_view_of_it(name):
    strange = make(name, *(DECODERS | ENCODERS)[name])
    text = MASKED if name in ENCODERS else STORY
    for view, settings in VIEWS.items():
        try:
            frame = ask(view, settings(text=text, model="it"), it=strange)
        except ModelError as refused:
            assert (view, name) in CANNOT and refused.key == "model_unsupported"
            continue
        if view is one_block:
            names = [stop["name"] for stop in frame["stops"]]
            assert names[0] == "entrance" and {"heads", "attention", "inner", "feed_forward"} < set(names)
    frame = ask(one_head, HeadSettings(text=text, model="it", layer=1, head=2), it=strange)
    strange.model.set_attn_implementation("eager")
    ids = torch.tensor([[token["id"] for token in frame["tokens"]]])
    with torch.inference_mode():
        expected = strange.model(input_ids=ids, output_attentions=True).attentions[1][0, 2].numpy()
    np.testing.assert_allclose(wire.decode(frame["matrix"]), expected, atol=1e-5)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_watched_gets_a_sentence(name):
    strange = make(name, *REFUSED[name])
    for view, settings in VIEWS.items():
        with pytest.raises(ModelError) as refused:
            ask(view, settings(text=MASKED, model="it"), it=strange)
        assert refused.value.key == "model_unsupported" and name in str(refused.value)


def test_a_layer_that_sees_only_a_window_of_a_long_text():
    """Read in chunks that are longer than the window: every weight stands in its place."""
    windowed = make("MistralForCausalLM", "MistralConfig", GROUPED | {"sliding_window": 64})
    frame = ask(one_head, HeadSettings(text=" ".join([STORY] * 40), model="it", layer=1, head=2), it=windowed)
    assert len(frame["tokens"]) > 3 * 64
    windowed.model.set_attn_implementation("eager")
    ids = torch.tensor([[token["id"] for token in frame["tokens"]]])
    with torch.inference_mode():
        expected = windowed.model(input_ids=ids, output_attentions=True).attentions[1][0, 2].numpy()
    np.testing.assert_allclose(wire.decode(frame["matrix"]), expected, atol=1e-5)
