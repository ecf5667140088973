"""All heads of a model on one text: small maps of every head, one head in full, and what kind each head is.

Weights travel to the page as uint8 levels, w ≈ (level / 255)²: the square root spends the levels where most weights
are, near 0, and is off by 0.2 % of the whole at most. A decoder's rows end at the diagonal, so only they are sent.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from playground import wire
from playground.errors import ModelError, SettingError
from playground.inference.control import Control
from playground.text.attention import Look, Watch, Watched, finite, watched_for, whole_cache
from playground.text.attention_settings import AttentionSettings, HeadSettings
from playground.text.distributions import entropy_bits, tell
from playground.text.head_kinds import HeadKinds
from playground.text.passages import Passage, answered_at, make_passage, read_passage
from playground.text.prompts import introduce
from playground.text.tokens import vocabulary_of

MAP_BYTES = 1_600_000  # of all maps together: with base64, and zlib's saving, at most 2 MB to the browser
EXACT = 256  # tokens up to which the open head travels in float32; beyond it in float16


def levels_of(weights: Tensor) -> Tensor:
    """Weights in [0, 1] as uint8: 255 · √w."""
    return weights.sqrt().mul(255).round().to(torch.uint8)


def weights_of(levels: np.ndarray) -> np.ndarray:
    """The float32 weights that uint8 levels stand for."""
    return (levels.astype(np.float32) / 255) ** 2


def packed(matrices: np.ndarray, causal: bool) -> np.ndarray:
    """(…, T, T) as it travels: row after row, of a decoder's only what lies on and below the diagonal: (…, N)."""
    side = matrices.shape[-1]
    if causal:
        return matrices[..., *np.tril_indices(side)]
    return matrices.reshape(*matrices.shape[:-2], side * side)


def block_size(layers: int, heads: int, length: int, causal: bool) -> int:
    """How many tokens a cell of a map stands for, a side: 1 while the maps of all heads fit in MAP_BYTES."""
    for block in range(1, length + 1):
        side = -(-length // block)
        if layers * heads * (side * (side + 1) // 2 if causal else side * side) <= MAP_BYTES:
            return block
    return max(1, length)


class Maps:
    """The maps of all heads, filled as the text is read; a cell holds the largest weight in its block."""

    def __init__(self, layers: int, heads: int, length: int, causal: bool) -> None:
        self.block = block_size(layers, heads, length, causal)
        self._causal = causal
        side = -(-length // self.block)
        self._levels = np.zeros((layers, heads, side, side), np.uint8)

    def add(self, look: Look) -> None:
        """Take in a stretch of a layer's rows."""
        levels = levels_of(look.weights).cpu().numpy()  # (H, Q, K)
        _, Q, K = levels.shape
        if self.block == 1:
            self._levels[look.layer, :, look.start : look.start + Q, :K] = levels
            return
        levels = np.maximum.reduceat(levels, np.arange(0, K, self.block), axis=2)
        rows = np.arange(look.start, look.start + Q) // self.block
        firsts = np.flatnonzero(np.diff(rows, prepend=-1))  # where a row of cells begins
        levels = np.maximum.reduceat(levels, firsts, axis=1)
        cells = self._levels[look.layer, :, rows[firsts[0]] : rows[-1] + 1, : levels.shape[2]]
        np.maximum(cells, levels, out=cells)  # a row that the last stretch began is gone on with

    def as_dict(self, length: int) -> dict[str, Any]:
        """{"block", "side", "levels": wire (L, H, N) uint8} of a text of so many tokens."""
        side = -(-length // self.block)
        levels = self._levels[:, :, :side, :side]
        return {"block": self.block, "side": side, "levels": wire.encode(packed(levels, self._causal), level=1)}


class OpenHead:
    """The weights (T, T) of one head, or the mean of a layer's (head -1), or of all (layer -1), in float32."""

    def __init__(self, watched: Watched, settings: HeadSettings, length: int) -> None:
        layers, heads = check_head(watched, settings)
        self.layers = layers
        self._heads, self._share = heads, 1 / (len(layers) * len(heads))
        self.weights = np.zeros((length, length), np.float32)

    def add(self, look: Look) -> None:
        if look.layer in self.layers:
            rows = look.weights[self._heads].sum(0).mul(self._share).cpu().numpy()
            self.weights[look.start : look.start + len(rows), : rows.shape[1]] += rows


def check_head(watched: Watched, settings: Any) -> tuple[list[int], list[int]]:
    """The layers and the heads that `layer` and `head` mean, -1 standing for all. Raises SettingError."""
    chosen = []
    for name, count in (("layer", len(watched.layers)), ("head", watched.heads)):
        value = getattr(settings, name)
        if value >= count:
            raise SettingError("out_of_range", field=name, low=-1, high=count - 1, value=value)
        chosen.append(list(range(count)) if value == -1 else [value])
    return (chosen[0], list(range(watched.heads))) if settings.layer == -1 else (chosen[0], chosen[1])


def describe(loaded: Any, watched: Watched, passage: Passage) -> dict[str, Any]:
    """What every frame about attention begins with: the model, its size, and the text as tokens."""
    vocabulary = vocabulary_of(loaded)
    return {
        "model": introduce(loaded),
        "layers": len(watched.layers),
        "heads": watched.heads,
        "causal": watched.causal,
        "tokens": [vocabulary.piece(token).as_dict() for token in passage.ids],
        "types": passage.types,
        "markers": sorted(passage.markers),
        "masks": list(passage.masks),
        "notices": passage.notices,
    }


def attention(settings: AttentionSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: every head on this text, and on `new_tokens` more that the model adds, each the likeliest.

    {…describe, "read": tokens that were given (those after them the model wrote), "maps": see Maps, "open": {"layer",
    "head", "weights": wire (N,)}, "kinds": see HeadKinds, "says": {"at", "top": [{"id", "text", "p"}], "entropy_bits"},
    what comes after the text, or behind an encoder's first mask (None where there is none)}. A weight's place in a
    packed row of maps and open: row i of a decoder begins at i (i + 1) / 2, of an encoder at i · side. With maps=0
    there are no "maps", "kinds" and "says".
    """
    loaded = control.models[settings.model]
    watched = watched_for(loaded)
    new = settings.new_tokens if watched.causal else 0
    passage = read_passage(loaded, settings, room=new)
    length = len(passage) + new
    opened = OpenHead(watched, settings, length)
    maps = Maps(len(watched.layers), watched.heads, length, watched.causal)
    kinds = HeadKinds(watched, passage)

    def see(look: Look) -> None:
        opened.add(look)
        if settings.maps:
            maps.add(look)
            kinds.add(look)

    watch = Watch(range(len(watched.layers)) if settings.maps else opened.layers, see)
    ids, logits = yield from _read_and_write(loaded, watched, passage, watch, control, new)
    yield
    whole = make_passage(ids, passage.types, vocabulary_of(loaded), passage.notices)
    weights = packed(opened.weights[: len(ids), : len(ids)], watched.causal)
    frame = describe(loaded, watched, whole) | {
        "read": len(passage),
        "open": {
            "layer": settings.layer,
            "head": settings.head,
            "weights": wire.encode(weights if len(ids) <= EXACT else weights.astype(np.float16)),
        },
    }
    if settings.maps:
        frame["maps"] = maps.as_dict(len(ids))
        frame["kinds"] = kinds.as_dict()
        frame["says"] = _says(loaded, watched, passage, logits)
    yield frame


def _says(loaded: Any, watched: Watched, passage: Passage, logits: Tensor) -> dict[str, Any] | None:
    """What the model says after the passage, of logits (1, T', V) as `Watched.read` returns them."""
    try:
        at = answered_at(loaded, passage)
    except ModelError:  # an encoder's text that hides no word asks nothing
        return None
    [p] = watched.answer(logits, at)
    return {"at": at, "top": tell(p, vocabulary_of(loaded), 10), "entropy_bits": float(entropy_bits(p))}


def _read_and_write(
    loaded: Any, watched: Watched, passage: Passage, watch: Watch, control: Control, new: int
) -> Generator[None, None, tuple[list[int], Tensor]]:
    """Read the passage, then write greedily; a written token's rows are those it had while it was the last one.

    Returns all ids, and what `Watched.read` returned of the passage. The last token written has been read too, so that
    it has a row.
    """
    ids = list(passage.ids)
    if not new:
        return ids, (yield from watched.read([passage], watch))
    cache = whole_cache()
    logits = said = yield from watched.read([passage], watch, cache)
    for _ in control.steps(new):
        ids.append(int(logits[0, -1].argmax()))
        yield
        logits = finite(watched.feed(torch.tensor([ids[-1:]]), cache, watch))
        if ids[-1] in loaded.eos_ids:
            break
    return ids, said


def one_head(settings: HeadSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: one head in full, and what kind each head of its layers is.

    {…describe, "layer", "head", "matrix": wire (T, T) float32, row i the weights of token i, "kinds"}; with head -1 the
    mean of the layer's heads, with layer -1 that of all heads. Only the layers asked for are looked at.
    """
    loaded = control.models[settings.model]
    watched = watched_for(loaded)
    passage = read_passage(loaded, settings)
    opened = OpenHead(watched, settings, len(passage))
    kinds = HeadKinds(watched, passage)

    def see(look: Look) -> None:
        opened.add(look)
        kinds.add(look)

    yield from watched.read([passage], Watch(opened.layers, see))
    yield describe(loaded, watched, passage) | {
        "layer": settings.layer,
        "head": settings.head,
        "matrix": wire.encode(opened.weights),
        "kinds": kinds.as_dict(),
    }
