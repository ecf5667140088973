"""Tiny models of the three kinds, with weights large enough that their heads look somewhere, and how to ask them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MambaConfig,
    MambaForCausalLM,
    PreTrainedModel,
)

from playground.inference.cards import unlisted
from playground.inference.control import replay
from playground.inference.reading import LoadedModel
from playground.recipes.tales_bert import train_tokenizer
from playground.settings import Settings
from tests.playground.inference.small_models import TEXT, tokenizer

STORY = "once upon a time there was a little hen who lived in a house by the wood once upon a time"
MASKED = "once upon a [MASK] there was a little hen"


def gpt2(vocabulary: int) -> PreTrainedModel:
    size = {"n_positions": 300, "n_embd": 32, "n_layer": 3, "n_head": 4, "bos_token_id": 0, "eos_token_id": 0}
    return GPT2LMHeadModel(GPT2Config(vocab_size=vocabulary, initializer_range=0.3, **size))


def llama(vocabulary: int) -> PreTrainedModel:
    """Two key heads for four query heads."""
    size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4}
    more = {"num_key_value_heads": 2, "max_position_embeddings": 300, "bos_token_id": 0, "eos_token_id": 0}
    return LlamaForCausalLM(LlamaConfig(vocab_size=vocabulary, initializer_range=0.3, **size, **more))


def bert(vocabulary: int) -> PreTrainedModel:
    size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4}
    return BertForMaskedLM(
        BertConfig(vocab_size=vocabulary, max_position_embeddings=300, initializer_range=0.3, pad_token_id=0, **size)
    )


def mamba(vocabulary: int) -> PreTrainedModel:
    return MambaForCausalLM(MambaConfig(vocab_size=vocabulary, hidden_size=32, num_hidden_layers=2, state_size=4))


DECODERS, ENCODERS = ("gpt2", "llama"), ("bert",)
KINDS = (*DECODERS, *ENCODERS)
MAKERS: dict[str, Callable[[int], PreTrainedModel]] = {"gpt2": gpt2, "llama": llama, "bert": bert, "mamba": mamba}


@cache
def loaded(name: str) -> LoadedModel:
    """The tiny model, as the store would give it; everyone's, so to be left as it is."""
    torch.manual_seed(1)
    words = train_tokenizer(TEXT, words=20, size=120) if name in ENCODERS else tokenizer()
    model = MAKERS[name](len(words)).eval().requires_grad_(False)
    context = getattr(model.config, "max_position_embeddings", 64)
    return LoadedModel(
        card=unlisted(f"tiny/{name}"),
        source="hub",
        model=model,
        tokenizer=words,
        device=torch.device("cpu"),
        bytes=0,
        context=context,
        bos_id=words.bos_token_id,
        eos_ids=(),
    )


def ask(run: Callable, settings: Settings, **models: LoadedModel) -> Any:
    """The last frame of a run."""
    known = {name: loaded(name) for name in MAKERS} | models
    *_, frame = replay(run, settings, [], known)
    return frame


def eager(name: str, ids: list[int], **other: Any) -> Any:
    """transformers' own output with attentions and hidden states, from a model switched to eager as it prescribes."""
    model = MAKERS[name](loaded(name).model.config.vocab_size).eval()
    model.load_state_dict(loaded(name).model.state_dict())
    model.set_attn_implementation("eager")
    with torch.inference_mode():
        return model(input_ids=torch.tensor([ids]), output_attentions=True, output_hidden_states=True, **other)
