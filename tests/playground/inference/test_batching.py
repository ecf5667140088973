"""Batched decoding: the tokens of transformers' generate, and to the last bit those of each stream alone."""

from __future__ import annotations

import pytest
import torch

from playground.inference.batching import BatchDecoder
from tests.playground.inference.streams import CONTEXT, Stream, alone, choose, finish, gpt2, llama, prompt, same_bits

MODELS = {make.__name__: make() for make in (gpt2, llama)}
AROUND_A_CHUNK = (1, 2, 127, 128, 129, 256, 257)


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]


def test_greedy_tokens_and_logits_are_those_of_generate(model):
    decoder = BatchDecoder(model, choose)
    streams = [Stream(prompt(length), new=12) for length in AROUND_A_CHUNK]
    for stream in streams:
        decoder.join([stream])
    finish(decoder)
    for stream in streams:
        ids = torch.tensor([stream.prompt_ids])
        wanted = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            max_new_tokens=12,
            pad_token_id=0,
            output_logits=True,
            return_dict_in_generate=True,
        )
        assert stream.ids == wanted.sequences[0, ids.shape[1] :].tolist()
        assert torch.stack(stream.logits).allclose(torch.cat(wanted.logits), rtol=0, atol=1e-4)


def test_a_stream_is_the_same_alone_and_in_a_crowd_that_comes_and_goes(model):
    """32 streams of many lengths join one after another, two steps apart, and end at different times."""
    streams = [Stream(prompt(1 + 9 * i % 140, seed=i), new=6 + 5 * i % 43, seed=i) for i in range(32)]
    decoder = BatchDecoder(model, choose)
    decoder.join(streams[:1])
    for stream in streams[1:]:
        for _ in range(2):
            decoder.advance()
        decoder.join([stream])
    finish(decoder)
    for i in (0, 7, 14, 30, 31):
        assert same_bits(streams[i], alone(model, streams[i].prompt_ids, streams[i].new, seed=i))


def test_samples_of_one_prefill_are_streams_like_any_other(model):
    samples = [Stream(prompt(40), new=12, seed=seed) for seed in range(4)]
    decoder = BatchDecoder(model, choose)
    decoder.join(samples)
    finish(decoder)
    for seed, sample in enumerate(samples):
        assert same_bits(sample, alone(model, sample.prompt_ids, 12, seed=seed))


def test_who_leaves_is_gone_before_the_next_step_and_nobody_notices(model):
    streams = [Stream(prompt(20 + i, seed=i), new=30, seed=i) for i in range(6)]
    decoder = BatchDecoder(model, choose)
    for stream in streams:
        decoder.join([stream])
    while len(streams[5].ids) < 10:
        decoder.advance()
    told = {i: len(streams[i].ids) for i in (0, 2)}
    for i in told:
        streams[i].left = True
    finish(decoder)
    assert {i: len(streams[i].ids) for i in told} == told
    for i in (1, 3, 4, 5):
        assert same_bits(streams[i], alone(model, streams[i].prompt_ids, 30, seed=i))
    assert decoder.streams == []
    assert decoder.bytes == 0


def test_the_context_can_be_filled_to_its_last_token(model):
    stream = alone(model, prompt(CONTEXT - 1), new=2)
    ids = torch.tensor([stream.prompt_ids + stream.ids[:1]])
    assert torch.stack(stream.logits).allclose(model(ids).logits[0, -2:], rtol=0, atol=1e-4)


def test_a_stream_that_runs_past_the_context_fails_alone(model):
    endless, other = Stream(prompt(CONTEXT - 3), new=99), Stream(prompt(5), new=20)
    decoder = BatchDecoder(model, choose)
    decoder.join([endless])
    decoder.join([other])
    finish(decoder)
    assert "context" in str(endless.error)
    assert len(endless.ids) == 4
    assert same_bits(other, alone(model, prompt(5), new=20))


@pytest.mark.parametrize("length", [0, CONTEXT])
def test_a_prompt_that_does_not_fit_is_refused(length):
    with pytest.raises(ValueError, match=f"this one has {length}"):
        BatchDecoder(MODELS["gpt2"], choose).join([Stream(prompt(length), new=1)])


def test_a_long_prompt_keeps_nobody_waiting():
    """While a prompt of three chunks is read, the stream that runs gets a token in every other turn."""
    running, long = Stream(prompt(5), new=50), Stream(prompt(300), new=1)
    decoder = BatchDecoder(MODELS["gpt2"], choose)
    decoder.join([running])
    decoder.advance()
    decoder.join([long])
    before, turns = len(running.ids), 0
    while not long.ids:
        decoder.advance()
        turns += 1
    assert turns >= 5
    assert len(running.ids) - before >= turns // 2


def test_no_more_rows_than_allowed_decode_at_once():
    streams = [Stream(prompt(4, seed=i), new=6) for i in range(7)]
    most = 0

    def watch(rows, logits):
        nonlocal most
        most = max(most, len(decoder.cache.rows))
        return choose(rows, logits)

    decoder = BatchDecoder(MODELS["gpt2"], watch, max_rows=3)
    for stream in streams:
        decoder.join([stream])
    finish(decoder)
    assert most == 3
    assert all(stream.ended for stream in streams)


def test_memory_is_what_the_rows_need(model):
    decoder = BatchDecoder(model, choose)
    streams = [Stream(prompt(length), new=30) for length in (10, 35, 200)]
    for stream in streams:
        decoder.join([stream])
    while not all(stream.ids for stream in streams):
        decoder.advance()
    needed = sum(decoder.bytes_per_row(len(stream.prompt_ids) + 1) for stream in streams)
    assert needed <= decoder.bytes <= 1.25 * needed
