"""The fast rewritings compute what PyTorch and transformers compute, gradients included."""

import pytest
import torch
from torch.nn.functional import cross_entropy, scaled_dot_product_attention
from transformers import GPT2Config, GPT2LMHeadModel

from playground.recipes.fast_training import ATTENTION, BLOCK, CausalAttention, TiedCrossEntropy
from playground.recipes.next_token import loss_of


@pytest.mark.parametrize("length", [1, BLOCK, 2 * BLOCK + 5])
def test_causal_attention_is_scaled_dot_product_attention(length):
    torch.manual_seed(0)
    q, k, v = (torch.randn(3, length, 8, requires_grad=True) for _ in range(3))
    upstream = torch.randn(3, length, 8)
    expected = scaled_dot_product_attention(q, k, v, is_causal=True)
    gradients = torch.autograd.grad(expected, (q, k, v), upstream)
    actual = CausalAttention.apply(q, k, v)
    torch.testing.assert_close(actual, expected)
    torch.testing.assert_close(torch.autograd.grad(actual, (q, k, v), upstream), gradients, rtol=1e-4, atol=1e-5)


def test_tied_cross_entropy_is_cross_entropy_of_the_logits():
    torch.manual_seed(0)
    hidden, embedding = torch.randn(1100, 16, requires_grad=True), torch.randn(40, 16, requires_grad=True)
    targets = torch.randint(40, (1100,))
    expected = cross_entropy(hidden @ embedding.t(), targets, ignore_index=7)
    gradients = torch.autograd.grad(3 * expected, (hidden, embedding))
    actual = TiedCrossEntropy.apply(hidden, embedding, targets, torch.float32, 7)
    torch.testing.assert_close(actual, expected)
    torch.testing.assert_close(torch.autograd.grad(3 * actual, (hidden, embedding)), gradients, rtol=1e-4, atol=1e-6)


def test_loss_is_that_of_transformers():
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=50, n_positions=32, n_embd=32, n_layer=2, n_head=4, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0
    )
    config.bos_token_id = config.eos_token_id = 0
    ours = GPT2LMHeadModel._from_config(config, attn_implementation=ATTENTION)
    theirs = GPT2LMHeadModel._from_config(config, attn_implementation="eager")
    theirs.load_state_dict(ours.state_dict())
    tokens = torch.randint(50, (3, 33))
    expected = theirs(tokens[:, :-1]).logits.flatten(0, 1)
    expected = cross_entropy(expected, tokens[:, 1:].flatten())
    actual = loss_of(ours, tokens, torch.float32)
    torch.testing.assert_close(actual, expected)
    expected.backward()
    actual.backward()
    for (name, a), b in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-3, atol=1e-6, msg=name)
