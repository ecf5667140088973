"""A row that fails is told so, and nobody else notices."""

from __future__ import annotations

import copy

import pytest
import torch

from playground.errors import ModelError, RunError
from playground.inference.batching import BatchDecoder
from tests.playground.inference.streams import Stream, alone, choose, finish, gpt2, prompt, same_bits

MODEL = gpt2()
CULPRIT = 2


def company() -> list[Stream]:
    return [Stream(prompt(10 + 7 * i, seed=i), new=8, seed=i) for i in range(5)]


def run(streams: list[Stream], choose=choose, model=MODEL) -> BatchDecoder:
    decoder = BatchDecoder(model, choose)
    for stream in streams:
        decoder.join([stream])
    finish(decoder)
    return decoder


def check_the_others(streams: list[Stream], model=MODEL) -> None:
    for i, stream in enumerate(streams):
        if i != CULPRIT:
            assert stream.error is None
            assert same_bits(stream, alone(model, stream.prompt_ids, stream.new, seed=i))


def test_not_a_number():
    """One token's embedding is NaN: the stream that comes to it fails, and its place harms nobody who gets it next."""
    model = copy.deepcopy(MODEL)
    poison = 499
    with torch.no_grad():
        model.transformer.wte.weight[poison] = float("nan")
        model.lm_head.weight = torch.nn.Parameter(MODEL.lm_head.weight.clone())
    streams = company()
    for i, stream in enumerate(streams):
        stream.prompt_ids = [id % poison for id in stream.prompt_ids]
        if i == CULPRIT:
            stream.prompt_ids[-1] = poison

    def avoid(rows, logits):
        logits[:, poison] = -1e9
        return choose(rows, logits)

    decoder = run(streams, avoid, model)
    assert isinstance(streams[CULPRIT].error, RunError)
    assert streams[CULPRIT].error.key == "not_finite"
    late = Stream(prompt(3), new=20)
    decoder.join([late])
    finish(decoder)
    assert late.error is None
    assert [stream.error for i, stream in enumerate(streams) if i != CULPRIT] == [None] * 4


@pytest.mark.parametrize("after", [0, 5])
def test_choose_raises_for_one_stream(after):
    streams = company()

    def picky(rows, logits):
        if any(row is streams[CULPRIT] and len(row.ids) == after for row in rows):
            raise ZeroDivisionError("no luck")
        return choose(rows, logits)

    run(streams, picky)
    assert isinstance(streams[CULPRIT].error, ZeroDivisionError)
    assert len(streams[CULPRIT].ids) == after
    check_the_others(streams)


def test_choose_returns_an_error_for_one_stream():
    streams = company()

    def picky(rows, logits):
        told = choose(rows, logits)
        return [KeyError("x") if row is streams[CULPRIT] else id for row, id in zip(rows, told, strict=True)]

    run(streams, picky)
    assert isinstance(streams[CULPRIT].error, KeyError)
    check_the_others(streams)


def test_a_token_that_breaks_the_pass_ends_its_stream_alone():
    """An id beyond the vocabulary makes the pass of the whole batch raise."""
    streams = company()

    def beyond(rows, logits):
        told = choose(rows, logits)
        return [
            10**6 if row is streams[CULPRIT] and len(row.ids) == 4 else id for row, id in zip(rows, told, strict=True)
        ]

    run(streams, beyond)
    assert isinstance(streams[CULPRIT].error, IndexError)
    check_the_others(streams)


def test_a_prompt_that_breaks_the_pass_fails_alone():
    streams = company()
    streams[CULPRIT].prompt_ids = [10**6]
    run(streams)
    assert isinstance(streams[CULPRIT].error, IndexError)
    check_the_others(streams)


def test_no_memory_for_a_prompt():
    """Memory runs out where a prompt's cache is made."""
    streams = company()
    decoder = BatchDecoder(MODEL, choose)
    for stream in streams:
        decoder.join([stream])

    def full(*_):
        raise MemoryError

    decoder.arrivals[CULPRIT].prompt.cache.add = full
    finish(decoder)
    assert streams[CULPRIT].error.key == "out_of_memory"
    check_the_others(streams)


def test_attention_that_does_not_see_all_the_past_is_refused():
    from transformers import MistralConfig, MistralForCausalLM

    config = MistralConfig(
        vocab_size=50,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        sliding_window=4,
    )
    with pytest.raises(ModelError) as error:
        BatchDecoder(MistralForCausalLM(config).eval(), choose)
    assert error.value.key == "model_unsupported"
