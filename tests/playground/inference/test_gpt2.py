"""The decoders against the models they stand for, and the products under them."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from transformers import LlamaConfig, LlamaForCausalLM

from playground.inference.decoders import AnyDecoder, decoder_for
from playground.inference.gpt2 import GPT2
from playground.inference.kv_cache import KVCache, Row, shelf_length
from playground.inference.linear import Linear
from playground.inference.prefill import feed, next_logits
from tests.playground.inference.streams import alone, gpt2, llama, prompt


@pytest.mark.parametrize(("make", "kind"), [(gpt2, GPT2), (llama, AnyDecoder)])
@torch.inference_mode()
def test_logits_of_rows_of_different_lengths(make, kind):
    """Rows of 3, 70 and 31 tokens in one cache; then each gets one more token in a single pass."""
    model = make()
    decode = decoder_for(model)
    assert type(decode) is kind
    cache = KVCache(decode.shape)
    texts = [prompt(length, seed=length) for length in (4, 71, 32)]
    rows = [Row() for _ in texts]
    for row, ids in zip(rows, texts, strict=True):
        cache.add(row, len(ids))
        feed(decode, cache, [row], [ids[:-1]])
    order = cache.rows
    logits = feed(decode, cache, order, [[texts[rows.index(row)][-1]] for row in order])
    for row, ours in zip(order, logits, strict=True):
        theirs = model(torch.tensor([texts[rows.index(row)]])).logits[0, -1]
        assert ours.dtype == torch.float32
        assert ours.allclose(theirs, rtol=0, atol=1e-4)


@pytest.mark.parametrize("make", [gpt2, llama])
def test_decoding_leaves_the_model_as_it_was(make):
    model, untouched = make(), make()
    ids = torch.tensor([prompt(9)])
    alone(model, prompt(5), new=3)
    assert model.config.to_dict() == untouched.config.to_dict()
    assert torch.equal(model(ids).logits, untouched(ids).logits)


@pytest.mark.parametrize("make", [gpt2, llama])
def test_next_logits(make):
    """They are where a stream starts; a prompt that goes on from one just read comes to the model's own logits."""
    model = make()
    ids = prompt(150)
    logits, pauses = read_through(next_logits(model, ids[:140]))
    assert torch.equal(logits, alone(model, ids[:140], new=1).logits[0])
    assert pauses == 1  # 140 tokens are a chunk of 128 and the rest
    for end in (141, 150, 145, 3, 4):
        theirs = model(torch.tensor([ids[:end]])).logits[0, -1]
        logits, pauses = read_through(next_logits(model, ids[:end]))
        assert logits.allclose(theirs, rtol=0, atol=1e-4)
        assert pauses == 0


def read_through(reading):
    """What a generator returns, and how often it paused."""
    pauses = 0
    while True:
        try:
            next(reading)
            pauses += 1
        except StopIteration as end:
            return end.value, pauses


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
@pytest.mark.parametrize("bias", [True, False])
@torch.inference_mode()
def test_a_row_of_a_product_does_not_depend_on_the_others(dtype, bias):
    torch.manual_seed(0)
    weight = torch.randn(768, 256).to(dtype).float()
    b = torch.randn(768) if bias else None
    linear = Linear(weight, b)
    x = torch.randn(65, 256)
    whole = linear(x)
    assert whole.allclose(F.linear(x, weight, b), atol=1e-4)
    for rows in range(1, 65):
        assert torch.equal(linear(x[:rows]), whole[:rows])
        assert torch.equal(linear(x[rows : rows + 1]), whole[rows : rows + 1])


def test_shelves():
    lengths = [shelf_length(tokens) for tokens in range(1, 5000)]
    assert all(length >= tokens for tokens, length in enumerate(lengths, start=1))
    assert all(length <= max(32, 1.5 * tokens) for tokens, length in enumerate(lengths, start=1))
    assert sorted(set(lengths))[:6] == [32, 48, 64, 96, 128, 192]


def test_rows_keep_what_is_theirs_when_others_move_and_leave():
    shape = decoder_for(gpt2()).shape
    cache, rows = KVCache(shape), [Row() for _ in range(9)]
    for mark, row in enumerate(rows, start=1):
        cache.add(row, 20)
        row.length = 20
        row.shelf.memory[:, :, row.index, :, :20] = mark
    for i in (0, 4, 8):
        cache.remove(rows[i])
    for i in (7, 1):
        cache.make_room(rows[i], 40)
    assert len(cache.rows) == 6
    assert [row.shelf.length for row in cache.rows] == [32] * 4 + [48] * 2
    for mark, row in enumerate(rows, start=1):
        if row.shelf is not None:
            place = row.shelf.memory[:, :, row.index]
            assert (place[..., :20, :] == mark).all()
            assert (place[..., 20:, :] == 0).all() or row.shelf.length == 32


@torch.inference_mode()
def test_a_deep_model_in_bfloat16_is_taken_as_on_a_gpu():
    """Its own logits are further from those in float32 than ours, and that is no reason to refuse it."""
    torch.manual_seed(0)
    size = {"vocab_size": 500, "hidden_size": 192, "intermediate_size": 512, "num_hidden_layers": 24}
    config = LlamaConfig(**size, num_attention_heads=6, num_key_value_heads=2, initializer_range=0.06)
    half = LlamaForCausalLM(config).bfloat16().eval()
    whole = copy.deepcopy(half).float()
    truth = whole(torch.tensor([[1, 2, 3]])).logits[0, -1]
    ours, _ = read_through(next_logits(half, [1, 2, 3]))
    theirs = half(torch.tensor([[1, 2, 3]])).logits[0, -1].float()
    assert (ours - truth).norm() < 1.5 * (theirs - truth).norm()
