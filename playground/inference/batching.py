"""All text streams of one model decode in one forward pass; streams join and leave between tokens.

Knows token ids and logits; knows nothing of text, tokenizers, sampling, or who is waiting for the tokens.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from transformers import PreTrainedModel

from playground.errors import RunError
from playground.inference.decoders import decoder_for
from playground.inference.kv_cache import KVCache, Row

CHUNK = 128  # tokens of a prompt read in one go: running streams wait no longer than that for their next token


class Stream(Protocol):
    """One row of the batch, as its maker sees it."""

    prompt_ids: Sequence[int]  # at least 1, fewer than the model's context
    left: bool  # True: stopped, or nobody is listening; its row is freed before the next step

    def fail(self, error: Exception) -> None:
        """It ended badly: RunError("not_finite"), RunError("out_of_memory"), or what `choose` or the model raised."""


Choose = Callable[[list[Stream], Tensor], list[int | None | Exception]]


@dataclass(eq=False)
class Seat(Row):
    """A row of the batch and the stream it belongs to."""

    stream: Stream | None = None
    token: int = 0  # chosen, and not yet fed to the model


@dataclass
class Prefill:
    """A prompt being read, for all the streams that share it."""

    streams: list[Stream]
    ids: list[int]
    cache: KVCache  # of its own: one row, copied to each stream's when the prompt has been read
    row: Row


class BatchDecoder:
    """Decodes any number of streams of one causal language model together.

    `choose(streams, logits)` is called with the logits (B, V) float32 of the next token of B streams, and returns for
    each the id to go on with, None if that stream has ended, or an Exception if that stream has failed. If it raises,
    it is called again for each stream alone, so it must draw first and tell the world afterwards.

    On CPU in float32 a stream's logits are the same to the last bit whoever else is in the batch.
    """

    def __init__(self, model: PreTrainedModel, choose: Choose, *, max_rows: int = 64) -> None:
        self.decode = decoder_for(model)
        self.context: int = model.config.get_text_config().max_position_embeddings
        self.choose = choose
        self.max_rows = max_rows
        self.cache = KVCache(self.decode.shape)
        self.waiting: deque[Prefill] = deque()
        self._decode_next = False  # prompts and tokens take turns

    # -- who is here ----------------------------------------------------------------------------------------------

    @property
    def streams(self) -> list[Stream]:
        """Everyone who has joined and not yet left: decoding, then waiting."""
        return [seat.stream for seat in self.cache.rows] + [s for prefill in self.waiting for s in prefill.streams]

    @property
    def busy(self) -> bool:
        return bool(self.waiting) or bool(self.cache.rows)

    @property
    def bytes(self) -> int:
        """Bytes of keys and values now held."""
        return self.cache.bytes + sum(prefill.cache.bytes for prefill in self.waiting)

    def bytes_per_row(self, length: int) -> int:
        """Bytes of keys and values of one stream of `length` tokens, prompt included."""
        return self.decode.shape.bytes_per_row(length)

    def join(self, streams: Sequence[Stream]) -> None:
        """Take in streams that share one prompt: it is read once. Raises ValueError if it does not fit the context."""
        ids = list(streams[0].prompt_ids)
        if not 1 <= len(ids) < self.context:
            raise ValueError(f"a prompt has 1 to {self.context - 1} tokens; this one has {len(ids)}")
        self.waiting.append(Prefill(list(streams), ids, KVCache(self.decode.shape), Row()))

    # -- one unit of work -----------------------------------------------------------------------------------------

    @torch.inference_mode()
    def advance(self) -> None:
        """Read one chunk of the oldest waiting prompt, or decode one token of every row: in turns if both can be."""
        self._let_go()
        rows = self.cache.rows
        prefill = self._next_prefill(len(rows))
        if prefill and not (rows and self._decode_next):
            self._read(prefill)
        elif rows:
            self._step(rows)
        self._decode_next = not self._decode_next

    def _let_go(self) -> None:
        for seat in [seat for seat in self.cache.rows if seat.stream.left]:
            self.cache.remove(seat)
        for prefill in self.waiting:
            prefill.streams = [stream for stream in prefill.streams if not stream.left]
        self.waiting = deque(prefill for prefill in self.waiting if prefill.streams)

    def _next_prefill(self, taken: int) -> Prefill | None:
        """The oldest waiting prompt, if there are seats for its streams (or nobody whose leaving would make some)."""
        if self.waiting and (not taken or taken + len(self.waiting[0].streams) <= self.max_rows):
            return self.waiting[0]
        return None

    def _read(self, prefill: Prefill) -> None:
        """One chunk of a prompt; after the last one its streams take their seats."""
        try:
            if prefill.row.shelf is None:
                prefill.cache.add(prefill.row, len(prefill.ids))
            chunk = prefill.ids[prefill.row.length : prefill.row.length + CHUNK]
            logits = self._forward([prefill.row], [chunk], prefill.cache)
            if prefill.row.length < len(prefill.ids):
                return
            seats = [Seat(stream=stream) for stream in prefill.streams]
            for seat in seats:
                self.cache.add(seat, prefill.row.length + 1, source=prefill.row)
        except Exception as error:
            self.waiting.popleft()
            for seat in [seat for seat in self.cache.rows if seat.stream in prefill.streams]:
                self.cache.remove(seat)
            for stream in prefill.streams:
                stream.fail(_named(error))
            return
        self.waiting.popleft()
        self._choose(seats, logits.expand(len(seats), -1))

    def _step(self, rows: list[Seat]) -> None:
        """One token of every row. If the pass fails as a whole, each row goes alone: only the culprit fails."""
        for seat in reversed(rows):
            self.cache.make_room(seat, seat.length + 1)
        rows = self.cache.rows  # whoever moved has changed places
        try:
            logits = self._forward(rows, [[seat.token] for seat in rows], self.cache)
        except Exception:
            for seat in rows:
                self._step_alone(seat)
        else:
            self._choose(rows, logits)

    def _step_alone(self, seat: Seat) -> None:
        try:
            logits = self._forward([seat], [[seat.token]], self.cache)
        except Exception as error:
            self._fail(seat, error)
        else:
            self._choose([seat], logits)

    def _forward(self, rows: Sequence[Row], ids: list[list[int]], cache: KVCache) -> Tensor:
        """Feed each row its ids; the logits (B, V) float32 of what comes next."""
        new = len(ids[0])
        logits = self.decode(torch.tensor(ids, device=self.decode.shape.device), cache.window(rows, new)).float()
        for row in rows:
            row.length += new
        return logits

    def _choose(self, seats: list[Seat], logits: Tensor) -> None:
        """Let `choose` say how each goes on; those with NaN or infinite logits fail before it sees them."""
        finite = logits.sum(dim=1).isfinite().tolist()
        if not all(finite):
            for seat in itertools.compress(seats, [not good for good in finite]):
                self._fail(seat, RunError("not_finite"))
            seats, logits = list(itertools.compress(seats, finite)), logits[finite]
        for seat, outcome in zip(seats, self._outcomes(seats, logits), strict=True):
            if isinstance(outcome, Exception):
                self._fail(seat, outcome)
            elif outcome is None:
                self.cache.remove(seat)
            else:
                seat.token = outcome

    def _outcomes(self, seats: list[Seat], logits: Tensor) -> list[int | None | Exception]:
        try:
            return self.choose([seat.stream for seat in seats], logits)
        except Exception as error:
            if len(seats) == 1:
                return [error]
            return [self._outcomes([seat], logits[i : i + 1])[0] for i, seat in enumerate(seats)]

    def _fail(self, seat: Seat, error: Exception) -> None:
        self.cache.remove(seat)
        seat.stream.fail(_named(error))


def _named(error: Exception) -> Exception:
    """Running out of memory by its name; anything else as it is."""
    out_of_memory = isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate memory" in str(error)
    return RunError("out_of_memory") if out_of_memory else error


@torch.inference_mode()
def next_logits(model: PreTrainedModel, ids: Sequence[int]) -> Tensor:
    """Logits (V,) float32 of the token after `ids`: the same numbers that a stream with this prompt starts from."""
    decode, row = decoder_for(model), Row()
    cache = KVCache(decode.shape)
    cache.add(row, len(ids))
    while row.length < len(ids):
        chunk = torch.tensor([ids[row.length : row.length + CHUNK]], device=decode.shape.device)
        logits = decode(chunk, cache.window([row], chunk.shape[1]))
        row.length += chunk.shape[1]
    return logits[0].float()
