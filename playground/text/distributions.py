"""What is told of a distribution over the vocabulary: its likeliest tokens, its entropy, how far it is from another."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from playground.text.tokens import Vocabulary


def kl_bits(p: Tensor, q: Tensor) -> Tensor:
    """D(p ‖ q) = Σ p log₂(p / q), over the last dimension: what it costs, in bits, to take q for p."""
    p, q = p.double(), q.double()
    return (torch.special.xlogy(p, p) - torch.special.xlogy(p, q.clamp_min(1e-300))).sum(-1) / torch.log(
        torch.tensor(2.0, dtype=torch.float64)
    )


def entropy_bits(p: Tensor) -> Tensor:
    """H(p) = -Σ p log₂ p over the last dimension."""
    p = p.double()
    return -torch.special.xlogy(p, p).sum(-1) / torch.log(torch.tensor(2.0, dtype=torch.float64))


def tell(p: Tensor, vocabulary: Vocabulary, top: int) -> list[dict[str, Any]]:
    """The `top` likeliest tokens of p (V,), likeliest first: [{"id", "text", "p"}]."""
    shares, ids = p.double().topk(min(top, len(p)))
    return [
        {**vocabulary.piece(token).as_dict(), "p": share}
        for token, share in zip(ids.tolist(), shares.tolist(), strict=True)
    ]
