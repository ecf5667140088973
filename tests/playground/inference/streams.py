"""Small random models and streams for the tests of decoding."""

from __future__ import annotations

import torch
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, PreTrainedModel

from playground.inference.batching import BatchDecoder
from playground.inference.device import prepare_torch

prepare_torch()  # one thread, as the playground has it

VOCABULARY, CONTEXT = 500, 320


def gpt2() -> PreTrainedModel:
    """As wide as the embedded models, and like theirs its weights are float16 numbers."""
    torch.manual_seed(0)
    size = {"vocab_size": VOCABULARY, "n_positions": CONTEXT, "n_embd": 256, "n_layer": 2, "n_head": 8}
    config = GPT2Config(**size, activation_function="gelu_pytorch_tanh", initializer_range=0.1, **NO_SPECIAL)
    return GPT2LMHeadModel(config).half().float().eval()


def llama() -> PreTrainedModel:
    """Grouped-query attention, rotary positions, and weights that float16 cannot hold."""
    torch.manual_seed(0)
    size = {"vocab_size": VOCABULARY, "max_position_embeddings": CONTEXT, "hidden_size": 192, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 6, "num_key_value_heads": 2, "intermediate_size": 512}
    return LlamaForCausalLM(LlamaConfig(**size, **heads, initializer_range=0.1, **NO_SPECIAL)).eval()


NO_SPECIAL = {"bos_token_id": 0, "eos_token_id": None, "pad_token_id": None}


def prompt(length: int, seed: int = 0) -> list[int]:
    return torch.randint(VOCABULARY, (length,), generator=torch.Generator().manual_seed(seed)).tolist()


class Stream:
    """Draws `new` tokens with a seed of its own (None: the most probable), and keeps the logits it drew from."""

    def __init__(self, prompt_ids: list[int], new: int, seed: int | None = None) -> None:
        self.prompt_ids, self.new = prompt_ids, new
        self.left = False
        self.error: Exception | None = None
        self.ids: list[int] = []
        self.logits: list[Tensor] = []
        self._generator = None if seed is None else torch.Generator().manual_seed(seed)

    @property
    def ended(self) -> bool:
        return len(self.ids) == self.new or self.error is not None

    def fail(self, error: Exception) -> None:
        self.error = error

    def take(self, logits: Tensor) -> int | None:
        self.logits.append(logits.clone())
        draws = self._generator is not None
        token = logits.softmax(-1).multinomial(1, generator=self._generator) if draws else logits.argmax()
        self.ids.append(int(token))
        return None if self.ended else self.ids[-1]


def choose(streams: list[Stream], logits: Tensor) -> list[int | None]:
    return [stream.take(row) for stream, row in zip(streams, logits, strict=True)]


def finish(decoder: BatchDecoder) -> None:
    while decoder.busy:
        decoder.advance()


def alone(model: PreTrainedModel, prompt_ids: list[int], new: int, seed: int | None = None) -> Stream:
    """A stream that had the batch to itself."""
    stream = Stream(prompt_ids, new, seed)
    decoder = BatchDecoder(model, choose)
    decoder.join([stream])
    finish(decoder)
    return stream


def same_bits(a: Stream, b: Stream) -> bool:
    return a.ids == b.ids and torch.equal(torch.stack(a.logits), torch.stack(b.logits))
