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
from playground.inference.prefill import CHUNK, Prompt, feed


class Stream(Protocol):
    """One row of the batch, as its maker sees it."""

    prompt_ids: Sequence[int]  # at least 1, fewer than the model's context
    left: bool  # True: stopped, or nobody is listening; its row is freed before the next step

    def fail(self, error: Exception) -> None:
        """It ended badly: RunError("not_finite"), RunError("out_of_memory"), or what `choose` or the model raised."""


Choose = Callable[[list[Stream], Tensor], list[int | Exception | None]]


@dataclass(eq=False)
class Seat(Row):
    """A row of the batch and the stream it belongs to."""

    stream: Stream | None = None
    token: int = 0  # chosen, and not yet fed to the model


@dataclass
class Arrival:
    """Streams that share one prompt, while it is being read."""

    streams: list[Stream]
    prompt: Prompt


class BatchDecoder:
    """Decodes any number of streams of one causal language model together.

    `choose(streams, logits)` is called with the logits (B, V) float32 of the next token of B streams, and returns for
    each the id to go on with, None if that stream has ended, or an Exception if that stream has failed. If it raises,
    it is called again for each stream alone, so it must draw first and tell the world afterwards. A stream must end
    when its tokens fill the model's context.

    On CPU in float32 a stream's logits are the same to the last bit whoever else is in the batch.
    Raises ModelError("model_unsupported") for a model whose tokens do not simply attend to all their past.
    """

    def __init__(self, model: PreTrainedModel, choose: Choose, *, max_rows: int = 64) -> None:
        self.decode = decoder_for(model)
        self.choose = choose
        self.max_rows = max_rows
        self.cache = KVCache(self.decode.shape)
        self.arrivals: deque[Arrival] = deque()
        self._decode_next = False  # prompts and tokens take turns

    # -- who is here --------------------------------------------------------------------------------------------------

    @property
    def streams(self) -> list[Stream]:
        """Everyone who has joined and not yet left: decoding, then waiting."""
        return [seat.stream for seat in self.cache.rows] + [s for arrival in self.arrivals for s in arrival.streams]

    @property
    def busy(self) -> bool:
        return bool(self.arrivals) or bool(self.cache.rows)

    @property
    def bytes(self) -> int:
        """Bytes of keys and values now held."""
        return self.cache.bytes + sum(arrival.prompt.cache.bytes for arrival in self.arrivals)

    def bytes_per_row(self, length: int) -> int:
        """Bytes of keys and values of one stream of `length` tokens, prompt included."""
        return self.decode.shape.bytes_per_row(length)

    def join(self, streams: Sequence[Stream]) -> None:
        """Take in streams that share one prompt: it is read once. Raises ValueError if it does not fit the context."""
        ids = list(streams[0].prompt_ids)
        if not 1 <= len(ids) < self.decode.context:
            raise ValueError(f"a prompt has 1 to {self.decode.context - 1} tokens; this one has {len(ids)}")
        self.arrivals.append(Arrival(list(streams), Prompt(self.decode, ids)))

    # -- one unit of work ---------------------------------------------------------------------------------------------

    @torch.inference_mode()
    def advance(self) -> None:
        """Read some of the waiting prompts, or decode one token of every row: in turns if there is both to do."""
        self._let_go()
        seats = self.cache.rows
        if self._next_arrival() and not (seats and self._decode_next):
            self._read()
        elif seats:
            self._step(seats)
        self._decode_next = not self._decode_next

    def _let_go(self) -> None:
        for seat in [seat for seat in self.cache.rows if seat.stream.left]:
            self.cache.remove(seat)
        for arrival in self.arrivals:
            arrival.streams = [stream for stream in arrival.streams if not stream.left]
        self.arrivals = deque(arrival for arrival in self.arrivals if arrival.streams)

    def _next_arrival(self) -> Arrival | None:
        """The longest waiting, if there are seats for its streams (or nobody whose leaving would free some)."""
        taken = len(self.cache.rows)
        if self.arrivals and (not taken or taken + len(self.arrivals[0].streams) <= self.max_rows):
            return self.arrivals[0]
        return None

    def _read(self) -> None:
        """Read prompts in the order they came, a turn's worth; the streams of one that is done take their seats."""
        seats, logits, budget = [], [], CHUNK
        while (arrival := self._next_arrival()) and arrival.prompt.cost <= budget:
            budget -= arrival.prompt.cost
            try:
                after = arrival.prompt.read()
            except Exception as error:
                self.arrivals.popleft()
                for stream in arrival.streams:
                    stream.fail(_named(error))
                continue
            if arrival.prompt.done:
                self.arrivals.popleft()
                new = [seat for stream in arrival.streams if (seat := self._seat(stream, arrival.prompt.row))]
                seats += new
                logits.append(after.expand(len(new), -1))
        if seats:
            self._choose(seats, torch.cat(logits))

    def _seat(self, stream: Stream, source: Row) -> Seat | None:
        """A row for `stream`, holding what `source` holds; None if there is no memory for it."""
        seat = Seat(stream=stream)
        try:
            self.cache.add(seat, source.length + 1, source)
        except Exception as error:
            stream.fail(_named(error))
            return None
        return seat

    def _step(self, seats: list[Seat]) -> None:
        """One token of every row. If the pass fails as a whole, each row goes alone: only the culprit fails."""
        try:
            for seat in reversed(seats):
                self.cache.make_room(seat, seat.length + 1)
            seats = self.cache.rows  # those who moved to a longer shelf come later now
            logits = feed(self.decode, self.cache, seats, [[seat.token] for seat in seats])
        except Exception:
            for seat in seats:
                self._step_alone(seat)
        else:
            self._choose(seats, logits)

    def _step_alone(self, seat: Seat) -> None:
        try:
            self.cache.make_room(seat, seat.length + 1)
            logits = feed(self.decode, self.cache, [seat], [[seat.token]])
        except Exception as error:
            self._fail(seat, error)
        else:
            self._choose([seat], logits)

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
            elif seat.length == self.decode.context:
                self._fail(seat, ValueError(f"its {seat.length} tokens fill the model's context"))
            else:
                seat.token = outcome

    def _outcomes(self, seats: list[Seat], logits: Tensor) -> list[int | Exception | None]:
        if not seats:
            return []
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
