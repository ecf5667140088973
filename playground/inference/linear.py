"""y = x Wᵀ + b, such that a row of y depends on its own row of x alone, to the last bit.

A matrix product is free to sum in another order when x has more rows, and MKL's does: one row alone and the same row
among 31 others differ in the last bits, enough to tip a sampled token. Two products on CPU keep one order for any
number of rows, and are the fast ones here too, since decoding spends its time reading weights:

- FBGEMM's, which keeps the weights in float16 and all arithmetic in float32. A step reads half the bytes, and for
  weights that came as float16 the result is the same as with float32 weights.
- oneDNN's packed product, for float32 weights that float16 cannot hold.

Where there is neither (GPUs, other processors), the rows are filled up to groups of four, which MKL treats alike.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

GROUP = 4
FLOAT16_ERROR = 2.0**-25  # what rounding costs a weight below float16's normal range, and at most what we let it cost

Product = Callable[[Tensor], Tensor]


class Linear(nn.Module):
    """(…, in) → (…, out) for `weight` (out, in) and `bias` (out,) or None, both fixed from now on."""

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        super().__init__()
        weight, bias = weight.detach(), None if bias is None else bias.detach()
        self.product = _half_weights(weight, bias) or _packed(weight, bias) or _by_fours(weight, bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.product(x)


def _half_weights(weight: Tensor, bias: Tensor | None) -> Product | None:
    """FBGEMM's product, if this build of torch has it and float16 holds these weights."""
    if not _is_cpu_float32(weight) or (weight.half().float() - weight).abs().max() > FLOAT16_ERROR:
        return None
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # each says "deprecated", once
            packed = torch.fbgemm_pack_gemm_matrix_fp16(weight.contiguous())
            torch.fbgemm_linear_fp16_weight_fp32_activation(weight[:1], packed, bias)
    except (AttributeError, TypeError, RuntimeError):  # another processor, or a later torch without it
        return None
    return lambda x: torch.fbgemm_linear_fp16_weight_fp32_activation(x, packed, bias)


def _packed(weight: Tensor, bias: Tensor | None) -> Product | None:
    """oneDNN's product, if this build of torch has it."""
    if not _is_cpu_float32(weight) or not torch.backends.mkldnn.is_available():
        return None
    try:
        packed = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), None)
        product = torch.ops.mkldnn._linear_pointwise.default
    except (AttributeError, RuntimeError):
        return None
    return lambda x: product(x, packed, bias, "none", [], "")


def _by_fours(weight: Tensor, bias: Tensor | None) -> Product:
    """torch's own product, of four rows or a multiple."""

    def product(x: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])  # (M, in)
        filled = F.pad(rows, (0, 0, 0, -len(rows) % GROUP))
        return F.linear(filled, weight, bias)[: len(rows)].view(*x.shape[:-1], -1)

    return product


def _is_cpu_float32(weight: Tensor) -> bool:
    return weight.device.type == "cpu" and weight.dtype == torch.float32
