"""y = x Wᵀ + b, such that a row of y depends on its row of x alone, to the last bit.

A matrix product is free to sum in another order when x has more rows, and MKL does: one row alone and the same row
among 31 others differ in the last bits, enough to tip a sampled token. oneDNN's packed product keeps one order for
any number of rows (and is the faster one from four rows on), so on CPU in float32 the weights are packed for it once.
Elsewhere the rows are filled up to four, from where on MKL, too, keeps one order.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MIN_ROWS = 4  # below it MKL switches to other kernels (torch 2.8 to 2.13)


def can_pack(weight: Tensor) -> bool:
    """Is oneDNN's packed product there for this weight? (float32 on CPU, in the usual builds of torch)"""
    return (
        weight.device.type == "cpu"
        and weight.dtype == torch.float32
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )


class Linear(nn.Module):
    """(…, in) → (…, out) for `weight` (out, in) and `bias` (out,) or None; inference only."""

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        super().__init__()
        weight = weight.detach()
        self.packed = can_pack(weight)
        self.weight = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), None) if self.packed else weight
        self.bias = None if bias is None else bias.detach()

    def forward(self, x: Tensor) -> Tensor:
        if self.packed:
            return torch.ops.mkldnn._linear_pointwise(x, self.weight, self.bias, "none", [], "")
        rows = x.reshape(-1, x.shape[-1])  # (M, in)
        missing = max(0, MIN_ROWS - len(rows))
        y = F.linear(F.pad(rows, (0, 0, 0, missing)), self.weight, self.bias)  # (max(M, 4), out)
        return y[: len(rows)].view(*x.shape[:-1], -1)
