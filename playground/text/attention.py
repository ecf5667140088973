"""Attention seen from inside: what every head looks at, taken while the model reads (Vaswani et al. 2017).

A transformers model hands q, k and v to the attention function that its config names. Ours passes them on to PyTorch's
fused one, and only where somebody looks does it compute the weights themselves, in float32. The shared model is never
switched over: what is watched is a copy of its module tree that shares the weights.

B rows, H heads (a key head may serve several), Q query positions, K key positions, D numbers a head.
"""

from __future__ import annotations

import copy
import inspect
import itertools
import threading
import weakref
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, DynamicCache, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from playground.errors import ModelError, RunError
from playground.inference.prefill import CHUNK
from playground.text.passages import Passage

ATTENTION = "playground_watch"  # the name under which transformers finds our attention


def attention_scores(q: Tensor, k: Tensor, scale: float, visible: Tensor | None = None) -> Tensor:
    """q kᵀ · scale, -∞ where a query may not look: q (…, Q, D), k (…, K, D) → (…, Q, K) float32.

    visible: bool, broadcast to (…, Q, K); None lets every query see every key.
    """
    scores = q.float() @ k.float().transpose(-1, -2) * scale
    return scores if visible is None else scores.masked_fill(~visible, -torch.inf)


def attention_weights(q: Tensor, k: Tensor, scale: float, visible: Tensor | None = None) -> Tensor:
    """softmax(q kᵀ · scale) over the keys that each query may see; every row sums to 1."""
    return attention_scores(q, k, scale, visible).softmax(-1)


class Look(NamedTuple):
    """One layer's attention, for a stretch of the text: its queries are the last Q of the K positions read so far."""

    layer: int
    weights: Tensor  # (H, Q, K) float32
    q: Tensor  # (H, Q, D)
    k: Tensor  # (H, K, D)
    v: Tensor  # (H, K, D)
    out: Tensor  # (H, Q, D): weights · v
    scale: float  # of the scores, 1/√D in nearly all models
    visible: Tensor  # (Q, K) bool

    @property
    def start(self) -> int:
        """The first query's position."""
        return self.weights.shape[-1] - self.weights.shape[-2]


@dataclass(frozen=True)
class Watch:
    """What is looked at, and what is switched off, while a model reads.

    see     called with the Look of each layer in `layers` as soon as it is computed (of the first row of a batch)
    off     layer → (H,) or (B, H) bool: heads whose output is zero
    """

    layers: Collection[int] = ()
    see: Callable[[Look], None] = lambda look: None
    off: Mapping[int, Tensor] = field(default_factory=dict)


class _Reading(NamedTuple):
    watch: Watch
    layer_of: Mapping[nn.Module, int]


_reading: ContextVar[_Reading | None] = ContextVar("reading", default=None)


def attend(module: nn.Module, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, **other) -> tuple[Tensor, None]:
    """transformers' attention interface. q (B, H, Q, D), k and v (B, H_kv, K, D) → (B, Q, H, D)."""
    if other.get("softcap") or other.get("s_aux") is not None or other.get("position_bias") is not None:
        raise TypeError("its attention is not the plain one")
    out, _ = sdpa_attention_forward(module, q, k, v, mask, **other)
    if (reading := _reading.get()) is None:
        return out, None
    watch, layer = reading.watch, reading.layer_of.get(module)
    if layer is None:
        raise TypeError("its layers are not a stack of blocks")
    if layer in watch.layers:
        scale = other.get("scaling") or q.shape[-1] ** -0.5
        watch.see(_look(layer, q[0], k[0], v[0], out[0].transpose(0, 1), scale, _visible(module, q, k, mask, other)))
    if layer in watch.off:
        off = torch.atleast_2d(watch.off[layer].to(out.device))  # (B or 1, H)
        out = out.masked_fill(off[:, None, :, None], 0)
    return out, None


AttentionInterface.register(ATTENTION, attend)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)


def _look(layer: int, q: Tensor, k: Tensor, v: Tensor, out: Tensor, scale: float, visible: Tensor) -> Look:
    shared = q.shape[0] // k.shape[0]  # query heads a key head serves (Ainslie et al. 2023)
    k, v = k.repeat_interleave(shared, 0), v.repeat_interleave(shared, 0)
    return Look(layer, attention_weights(q, k, scale, visible), q, k, v, out, scale, visible)


def _visible(module: nn.Module, q: Tensor, k: Tensor, mask: Tensor | None, other: Mapping[str, Any]) -> Tensor:
    """(Q, K) bool of the first row: as the mask says, and without one by what the module is."""
    queries, keys = q.shape[2], k.shape[2]
    if mask is not None:
        first = mask[0, 0, :, :keys].expand(queries, keys)
        return first if first.dtype == torch.bool else first == 0
    everything = torch.ones(queries, keys, dtype=torch.bool, device=q.device)
    causal = other.get("is_causal")
    causal = getattr(module, "is_causal", True) if causal is None else causal
    return everything.tril(keys - queries) if causal else everything


class Watched:
    """A copy of a model's module tree over the same weights, whose attention can be watched and switched off."""

    def __init__(self, model: PreTrainedModel) -> None:
        tensors = itertools.chain(model.parameters(), model.buffers())
        self.model = copy.deepcopy(model, {id(tensor): tensor for tensor in tensors})
        self.model.set_attn_implementation(ATTENTION)
        self.causal = model.can_generate()  # a decoder; an encoder sees the whole text at once
        config = model.config.get_text_config(decoder=self.causal)
        self.layers = blocks_of(self.model, config.num_hidden_layers)
        self.heads = config.num_attention_heads
        takes = inspect.signature(self.model.forward).parameters
        self._cache = "cache" if "cache" in takes else "past_key_values"  # its name before transformers 5.20
        self._layer_of = {part: n for n, block in enumerate(self.layers) for part in block.modules()}

    @torch.inference_mode()
    def __call__(self, ids: Tensor, watch: Watch | None = None, **other) -> Any:
        """The model's output for ids (B, T), with `watch` looking."""
        token = _reading.set(_Reading(watch or Watch(), self._layer_of))
        try:
            return self.model(input_ids=ids.to(self.model.device), **other)
        finally:
            _reading.reset(token)

    def read(
        self, texts: Sequence[Passage], watch: Watch | None = None, cache: DynamicCache | None = None
    ) -> Generator[None, None, Tensor]:
        """Read texts of one length at once; returns the logits (B, T', V) float32 of the last stretch read.

        A decoder reads in chunks, and yields between them (T' is 1: its next token); an encoder reads in one piece, for
        it sees the whole text. Raises RunError("not_finite").
        """
        ids = torch.tensor([text.ids for text in texts])
        if not self.causal:
            return finite(self(ids, watch, **self.extras(texts)).logits)
        cache = whole_cache() if cache is None else cache
        logits = self.feed(ids[:, :CHUNK], cache, watch)
        for start in range(CHUNK, ids.shape[1], CHUNK):
            yield
            logits = self.feed(ids[:, start : start + CHUNK], cache, watch)
        return finite(logits)

    def answer(self, logits: Tensor, at: int) -> Tensor:
        """The distributions (B, V) of the word asked for at position `at`, of the logits that `read` returns."""
        return logits[:, -1 if self.causal else at].softmax(-1).cpu()

    def extras(self, texts: Sequence[Passage]) -> dict[str, Tensor]:
        """What the model takes beside the ids: which tokens are of a second text, where it tells them apart."""
        if not texts[0].types:
            return {}
        return {"token_type_ids": torch.tensor([text.types for text in texts], device=self.model.device)}

    def feed(self, ids: Tensor, cache: DynamicCache, watch: Watch | None = None) -> Tensor:
        """Read ids (B, n) after what is in the cache; the logits (B, 1, V) of what comes next."""
        return self(ids, watch, use_cache=True, logits_to_keep=1, **{self._cache: cache}).logits


def whole_cache() -> DynamicCache:
    """A cache that keeps every position. One made for a model's config drops those that its sliding layers (Mistral,
    Gemma) no longer see, and a key's place in it is then no longer its place in the text; their mask hides them anyway.
    """
    return DynamicCache()


def finite(logits: Tensor) -> Tensor:
    """The logits in float32. Raises RunError("not_finite")."""
    if not logits.isfinite().all():
        raise RunError("not_finite")
    return logits.float()


def blocks_of(model: nn.Module, count: int) -> nn.ModuleList:
    """The model's stack of blocks: its first list of as many modules as it has layers."""
    lists = (part for part in model.modules() if isinstance(part, nn.ModuleList) and len(part) == count)
    return next(lists, nn.ModuleList())


@torch.inference_mode()
def check(watched: Watched, model: PreTrainedModel) -> None:
    """Raise ModelError unless the copy shows the weights of every layer and computes what the model computes.

    In 16 bits both are that far from the truth themselves, see decoders.check.
    """
    name, seen = model.name_or_path, set()
    vocabulary = model.config.get_text_config().vocab_size
    ids = torch.arange(1, 6, device=model.device)[None] % vocabulary
    try:
        watch = Watch(range(len(watched.layers)), lambda look: seen.add(look.layer))
        ours, theirs = watched(ids, watch).logits.float(), model(input_ids=ids).logits.float()
    except (TypeError, AttributeError, ValueError, RuntimeError) as error:
        raise ModelError("model_unsupported", model=name, reason=str(error).partition("\n")[0]) from error
    if not seen or len(seen) < len(watched.layers):
        raise ModelError("model_unsupported", model=name, reason="its attention cannot be watched")
    tolerance = 1e-2 if model.dtype == torch.float32 else 0.1
    if not bool((ours - theirs).norm() <= tolerance * theirs.norm()):
        raise ModelError("model_unsupported", model=name, reason="its attention is of another kind")


_watched: weakref.WeakKeyDictionary[nn.Module, Watched] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def watched_for(loaded: Any) -> Watched:
    """The watched copy of a LoadedModel, made at the first call. Raises ModelError: no_attention, model_unsupported."""
    model = loaded.model
    with _lock:
        if model not in _watched:
            if getattr(model.config.get_text_config(), "num_attention_heads", None) is None:
                raise ModelError("no_attention", model=loaded.card.id)
            watched = Watched(model)
            check(watched, model)
            _watched[model] = watched
        return _watched[model]
