"""Tokens per second of our decoding against transformers' `generate`: python -m tests.benchmarks.decoding

Ours does more (each token comes with its log-probability, its rank and ten alternatives); `generate` has a streamer and
nothing else. Both run on one thread, by turns, so that whatever else this machine does hits both alike; each figure is
the median over the turns, and the ratio the median of each turn's ratio.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor
from transformers import GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, PreTrainedModel
from transformers.generation.streamers import BaseStreamer

import playground
from playground.inference.batching import BatchDecoder
from playground.inference.device import prepare_torch
from playground.text.generation import tell
from playground.text.sampling import Knobs, draw, gumbel
from playground.text.settings import GenerationSettings

TALES = Path(playground.__file__).parent / "weights" / "tales"
PROMPT = 16  # tokens
TEMPERATURE = 0.8


class Stream:
    """Makes `new` tokens, each told as the page shows it."""

    def __init__(self, prompt_ids: list[int], new: int) -> None:
        self.prompt_ids, self.new = prompt_ids, new
        self.left = False
        self.tokens: list[dict] = []
        self.generator = torch.Generator().manual_seed(len(prompt_ids))

    def fail(self, error: Exception) -> None:
        raise error


def choose(streams: list[Stream], logits: Tensor) -> list[int | None]:
    """Draw a token for each row as the text tab does, with its logprob, rank, probability and ten alternatives."""
    knobs = Knobs.of([GenerationSettings(temperature=TEMPERATURE)] * len(streams))
    tokens, q = draw(logits, knobs, torch.stack([gumbel(logits.shape[-1], s.generator) for s in streams]))
    for stream, token in zip(streams, tell(logits, tokens, q), strict=True):
        stream.tokens.append(token)
    return [s.tokens[-1]["id"] if len(s.tokens) < s.new else None for s in streams]


def ours(model: PreTrainedModel, prompts: list[list[int]], new: int) -> None:
    """All prompts together."""
    decoder = BatchDecoder(model, choose)
    streams = [Stream(prompt, new) for prompt in prompts]
    for stream in streams:
        decoder.join([stream])
    while decoder.busy:
        decoder.advance()
    assert all(len(stream.tokens) == new for stream in streams)


class Counter(BaseStreamer):
    """The least that a streamer can do."""

    def __init__(self) -> None:
        self.calls = 0

    def put(self, value: Tensor) -> None:
        self.calls += 1

    def end(self) -> None:
        pass


def theirs(model: PreTrainedModel, prompts: list[list[int]], new: int) -> None:
    """One prompt after another."""
    for prompt in prompts:
        ids, counter = torch.tensor([prompt]), Counter()
        model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=True,
            temperature=TEMPERATURE,
            top_k=0,
            max_new_tokens=new,
            min_new_tokens=new,
            pad_token_id=0,
            streamer=counter,
        )
        assert counter.calls == new + 1


def tales() -> PreTrainedModel:
    """The embedded model."""
    return GPT2LMHeadModel.from_pretrained(TALES, dtype=torch.float32).eval()


def smollm2() -> PreTrainedModel:
    """SmolLM2-135M's shape with random float16 numbers for weights: the work is the same."""
    config = LlamaConfig(
        vocab_size=49152,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=8192,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config).half().float().eval()


def compare(model: PreTrainedModel, streams: int, new: int, turns: int) -> tuple[float, float, float]:
    """Tokens per second of ours and theirs, and the ratio."""
    vocabulary = model.config.vocab_size
    pairs = []
    for turn in range(turns + 1):
        generator = torch.Generator().manual_seed(turn)
        prompts = torch.randint(vocabulary, (streams, PROMPT), generator=generator).tolist()
        if turn == 0:  # the first calls of each make what later ones find made
            prompts = prompts[:1]
        pairs.append([seconds(run, model, prompts, new) for run in (ours, theirs)])
    tokens = streams * new
    columns: Sequence[Sequence[float]] = list(zip(*pairs[1:], strict=True))
    speeds = [tokens / statistics.median(column) for column in columns]
    return speeds[0], speeds[1], statistics.median(theirs / ours for ours, theirs in pairs[1:])


def seconds(run: Callable, *arguments: object) -> float:
    start = time.perf_counter()
    run(*arguments)
    return time.perf_counter() - start


ROWS = [  # name, model, streams, new tokens of each, turns, at least
    ("tales, one stream", tales, 1, 100, 9, 1.25),
    ("tales, 32 streams", tales, 32, 60, 3, 6.0),
    ("SmolLM2-135M, one stream", smollm2, 1, 24, 5, 1.0),
    ("SmolLM2-135M, 8 streams", smollm2, 8, 24, 3, 3.0),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    only = parser.parse_args().only
    prepare_torch()  # one thread, as the playground has it
    torch.manual_seed(0)
    print(f"{'tokens/s':<28}{'ours':>10}{'generate':>10}{'ratio':>8}{'target':>8}")
    for name, make, streams, new, turns, target in ROWS:
        if only in name:
            mine, peer, ratio = compare(make(), streams, new, turns)
            print(f"{name:<28}{mine:>10.1f}{peer:>10.1f}{ratio:>7.2f}×{target:>7.2f}×", flush=True)


if __name__ == "__main__":
    main()
