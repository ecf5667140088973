"""GPT-2's forward pass over a key-value cache, the whole of it (Radford et al. 2019).

B rows, T new tokens each, C channels in H heads of D = C / H; V tokens in the vocabulary.
"""

from __future__ import annotations

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor
from transformers import GPT2LMHeadModel

from playground.inference.kv_cache import Shape, Window
from playground.inference.linear import Linear


class Block(NamedTuple):
    ln_1: tuple  # (C,), weight, bias, ε: as F.layer_norm takes them
    qkv: Linear  # C → 3C
    proj: Linear  # C → C
    ln_2: tuple
    up: Linear  # C → 4C
    down: Linear  # 4C → C


class GPT2:
    """The weights of a GPT2LMHeadModel, and their use."""

    def __init__(self, model: GPT2LMHeadModel) -> None:
        config, body = model.config, model.transformer
        self.shape = Shape(
            layers=config.n_layer,
            heads=config.n_head,
            kv_heads=config.n_head,
            head_dim=config.n_embd // config.n_head,
            dtype=model.dtype,
            device=model.device,
        )
        self.context = config.n_positions
        self.wte, self.wpe = body.wte.weight.detach(), body.wpe.weight.detach()  # (V, C), (positions, C)
        self.blocks = [
            Block(
                norm(b.ln_1),
                linear(b.attn.c_attn),
                linear(b.attn.c_proj),
                norm(b.ln_2),
                linear(b.mlp.c_fc),
                linear(b.mlp.c_proj),
            )
            for b in body.h
        ]
        self.activation = body.h[0].mlp.act
        self.ln_f = norm(body.ln_f)
        self.head = Linear(model.lm_head.weight)  # C → V

    @staticmethod
    def takes(model: object) -> bool:
        """Is this a GPT-2 without the variations that some checkpoints have?"""
        return (
            type(model) is GPT2LMHeadModel
            and model.config.scale_attn_weights
            and not model.config.scale_attn_by_inverse_layer_idx
            and not model.config.add_cross_attention
        )

    def __call__(self, ids: Tensor, window: Window) -> Tensor:
        """ids (B, T) → logits (B, V) of the token after the last of them; their keys and values are then cached."""
        (B, T), H, D = ids.shape, self.shape.heads, self.shape.head_dim
        x = self.wte[ids] + self.wpe[window.positions]  # (B, T, C)
        for layer, block in enumerate(self.blocks):
            h = F.layer_norm(x, *block.ln_1)  # (B, T, C)
            q, k, v = block.qkv(h).view(B, T, 3, H, D).permute(2, 0, 3, 1, 4)  # each (B, H, T, D)
            a = window.attend(layer, q, k, v)  # (B, H, T, D)
            x = x + block.proj(a.transpose(1, 2).reshape(B, T, H * D))  # (B, T, C)

            h = F.layer_norm(x, *block.ln_2)  # (B, T, C)
            h = self.activation(block.up(h))  # (B, T, 4C)
            x = x + block.down(h)  # (B, T, C)
        return self.head(F.layer_norm(x[:, -1], *self.ln_f))  # (B, V)


def norm(layer) -> tuple:
    """A LayerNorm as the arguments of F.layer_norm."""
    return layer.normalized_shape, layer.weight.detach(), layer.bias.detach(), layer.eps


def linear(layer) -> Linear:
    """transformers' Conv1D keeps its weight as (in, out)."""
    return Linear(layer.weight.t(), layer.bias)
