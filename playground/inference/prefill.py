"""Reading a prompt: its tokens go through the model a chunk at a time, and their keys and values are kept."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Generator, Sequence

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from playground.inference.decoders import Decoder, decoder_for
from playground.inference.kv_cache import KVCache, Row

CHUNK = 128  # tokens read in one go: running streams wait no longer than that for their next token
LEAST_COST = 16  # in tokens: a pass over fewer takes as long, since all weights must be read anyway
RECENT_BYTES = 64 * 2**20  # keys and values of prompts that next_logits remembers, for each model


def feed(decode: Decoder, cache: KVCache, rows: Sequence[Row], ids: list[list[int]]) -> Tensor:
    """Feed each of the rows of `cache` its ids, as many to each; logits (B, V) float32 of what comes next."""
    new = len(ids[0])
    logits = decode(torch.tensor(ids, device=decode.shape.device), cache.window(rows, new)).float()
    for row in rows:
        row.length += new
    return logits


class Prompt:
    """A prompt in a cache of its own, one row; `known` is one that was read and that this one goes on from.

    `ids` may grow after they were read: what was added is then read next.
    """

    def __init__(self, decode: Decoder, ids: list[int], known: Prompt | None = None) -> None:
        self.ids = ids
        self.cache = KVCache(decode.shape)
        self.row = Row()
        self._decode, self._known = decode, known

    @property
    def done(self) -> bool:
        return self.row.length == len(self.ids)

    @property
    def cost(self) -> int:
        """What reading the next chunk costs, in tokens."""
        return max(LEAST_COST, min(CHUNK, len(self.ids) - self.row.length))

    def read(self) -> Tensor:
        """Read the next chunk; logits (1, V) float32 of the token after it."""
        if self.row.shelf is None:
            self.cache.add(self.row, len(self.ids), self._known.row if self._known else None)
            self._known = None
        self.cache.make_room(self.row, len(self.ids))
        start = self.row.length
        return feed(self._decode, self.cache, [self.row], [self.ids[start : start + CHUNK]])


@torch.inference_mode()
def read_on(prompt: Prompt) -> Generator[None, None, Tensor]:
    """Read what `prompt` has not read yet, at least one token, a chunk at a time; returns the logits (V,) after it."""
    logits = prompt.read()
    while not prompt.done:
        yield
        logits = prompt.read()
    return logits[0]


_recent: weakref.WeakKeyDictionary[nn.Module, OrderedDict[tuple[int, ...], Prompt]] = weakref.WeakKeyDictionary()


@torch.inference_mode()
def next_logits(model: PreTrainedModel, ids: Sequence[int]) -> Generator[None, None, Tensor]:
    """Logits (V,) float32 of the token after `ids`; they are those that a stream with this prompt starts from.

    A generator that returns them, and yields between the chunks it reads: `logits = yield from next_logits(…)`.
    Recent prompts are remembered: one that goes on from another reads only what is new. (Its logits may then differ
    from those of reading it whole in the seventh digit: other chunks are other sums.)
    """
    decode = decoder_for(model)
    recent = _recent.setdefault(model, OrderedDict())
    key = tuple(ids)
    starts = (known for known in recent if len(known) < len(key) and key[: len(known)] == known)
    start = max(starts, key=len, default=None)
    if start is not None:
        recent.move_to_end(start)
    prompt = Prompt(decode, list(ids), recent.get(start))
    logits = yield from read_on(prompt)
    recent[key] = prompt
    recent.move_to_end(key)
    while sum(prompt.cache.bytes for prompt in recent.values()) > RECENT_BYTES:
        recent.popitem(last=False)
    return logits
