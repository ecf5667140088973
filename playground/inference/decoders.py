"""One forward pass, whatever the model: `decoder(ids (B, T), window) -> logits (B, V)`, with the cache's Shape.

GPT-2 has its own page (gpt2.py). Every other causal language model runs transformers' own forward, on a copy of its
module tree that shares the weights: there the products are ours (linear.py) and attention looks at our cache.
"""

from __future__ import annotations

import copy
import itertools
import threading
import weakref

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, Cache, PreTrainedModel

from playground.errors import ModelError
from playground.inference.gpt2 import GPT2
from playground.inference.kv_cache import KVCache, Row, Shape, Window
from playground.inference.linear import Linear

ATTENTION = "playground_window"  # the name under which transformers finds our attention


def attend(module, q: Tensor, k: Tensor, v: Tensor, mask, *, window: Window, scaling=None, **other):
    """transformers' attention interface. q (B, H, T, D), k and v (B, H_kv, T, D) → (B, T, H, D), no weights."""
    if other.get("softcap") or other.get("s_aux") is not None or other.get("sliding_window"):
        raise TypeError("its attention is not the plain one")
    return window.attend(module.layer_idx, q, k, v, scaling).transpose(1, 2), None


AttentionInterface.register(ATTENTION, attend)


class PassThrough(Cache):
    """Stands where transformers wants a cache: the new keys and values go on to `attend`, which has the real one."""

    def __init__(self) -> None:
        super().__init__(layers=[])

    def update(self, keys: Tensor, values: Tensor, *_, **__) -> tuple[Tensor, Tensor]:
        return keys, values

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return 0


class AnyDecoder:
    """transformers' own forward pass over our cache."""

    def __init__(self, model: PreTrainedModel) -> None:
        config = model.config.get_text_config(decoder=True)
        heads = config.num_attention_heads
        self.shape = Shape(
            layers=config.num_hidden_layers,
            heads=heads,
            kv_heads=getattr(config, "num_key_value_heads", None) or heads,
            head_dim=getattr(config, "head_dim", None) or config.hidden_size // heads,
            dtype=model.dtype,
            device=model.device,
        )
        self.context = config.max_position_embeddings
        tensors = itertools.chain(model.parameters(), model.buffers())
        self.model = copy.deepcopy(model, {id(tensor): tensor for tensor in tensors})
        self.model.set_attn_implementation(ATTENTION)
        pack_linears(self.model)

    def __call__(self, ids: Tensor, window: Window) -> Tensor:
        """ids (B, T) → logits (B, V) of the token after the last of them; their keys and values are then cached."""
        out = self.model(
            input_ids=ids,
            position_ids=window.positions,
            past_key_values=PassThrough(),
            use_cache=True,
            logits_to_keep=1,
            window=window,
        )
        return out.logits[:, -1]


def pack_linears(module: nn.Module) -> None:
    """Put ours in the place of every nn.Linear."""
    for name, child in module.named_children():
        if type(child) is nn.Linear:
            setattr(module, name, Linear(child.weight, child.bias))
        else:
            pack_linears(child)


def refuse_other_attention(model: PreTrainedModel) -> None:
    """Raise ModelError for models whose tokens do not simply see their whole past: encoders, Mamba, sliding windows."""
    if not model.can_generate():
        raise ModelError("model_fills_gaps", model=model.name_or_path)
    config = model.config.get_text_config(decoder=True)
    if getattr(config, "num_attention_heads", None) is None:
        raise ModelError("no_attention", model=model.name_or_path)
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
    if kinds != {"full_attention"} or window or model.config.is_encoder_decoder:
        raise ModelError(
            "model_unsupported", model=model.name_or_path, reason="its attention does not see all the past"
        )


@torch.inference_mode()
def check(decoder: AnyDecoder, model: PreTrainedModel) -> None:
    """Raise ModelError unless the decoder gives the model's own logits for a few tokens.

    In 16 bits both are that far from the truth themselves: in bfloat16 30 random layers' logits were 5% off.
    """
    ids = torch.arange(1, 6, device=model.device)[None] % model.config.get_text_config().vocab_size
    cache, row = KVCache(decoder.shape), Row()
    cache.add(row, ids.shape[1])
    try:
        ours = decoder(ids, cache.window([row], ids.shape[1])).float()  # (1, V)
        theirs = model(input_ids=ids, use_cache=False).logits[:, -1].float()
        tolerance = 1e-2 if decoder.shape.dtype == torch.float32 else 0.1
        same = bool((ours - theirs).norm() <= tolerance * theirs.norm())
    except (TypeError, AttributeError, RuntimeError) as error:
        raise ModelError("model_unsupported", model=model.name_or_path, reason=str(error)) from error
    if not same:
        raise ModelError("model_unsupported", model=model.name_or_path, reason="its attention is of another kind")


Decoder = GPT2 | AnyDecoder  # called with ids (B, T) and a Window; .shape of its cache, .context in tokens

_decoders: weakref.WeakKeyDictionary[nn.Module, Decoder] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def decoder_for(model: PreTrainedModel) -> Decoder:
    """The decoder of a loaded model, made at the first call (its weights are packed: seconds for a large model).

    Raises ModelError("model_unsupported") for a model whose tokens do not simply attend to all their past.
    """
    with _lock:
        if model not in _decoders:
            _decoders[model] = GPT2(model) if GPT2.takes(model) else _any_decoder(model)
        return _decoders[model]


def _any_decoder(model: PreTrainedModel) -> AnyDecoder:
    refuse_other_attention(model)
    decoder = AnyDecoder(model)
    check(decoder, model)
    return decoder
