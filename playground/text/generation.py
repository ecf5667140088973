"""Text generation: streams of tokens that share one forward pass a step.

The model gives logits, sampling.py chooses, and this file keeps each stream's story: which token was drawn, how
probable the model thought it, what it beat, when to stop. All streams of a model are rows of one batch
(playground.inference.batching); a stream is one sample of one run, and its luck comes from its own seed,
so what it writes does not depend on who else is writing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from playground.inference.batching import BatchDecoder
from playground.text.frames import TextFrame
from playground.text.prompts import Prompt, introduce, read_prompt
from playground.text.sampling import Knobs, draw, gumbel, luck, penalise_counts, penalise_repetition
from playground.text.settings import GenerationSettings
from playground.text.tokens import TextStream, vocabulary_of

ALTERNATIVES = 10  # how many of the tokens that could have been drawn are told with each


class Stream:
    """One sample as a row of the batch."""

    def __init__(self, run: Any, settings: GenerationSettings, sample: int, prompt: Prompt, host: TextHost):
        self.run, self.settings, self.sample, self.prompt_ids = run, settings, sample, prompt.ids
        self.left = False
        self.finish_reason: str | None = None
        self.ids: list[int] = []
        self.text = ""
        self.started = time.monotonic()
        self._read = TextStream(host.vocabulary)
        self._eos_ids = frozenset(host.loaded.eos_ids)
        self._length = min(settings.max_new_tokens, host.loaded.context - len(prompt.ids))
        self._generator = luck(settings.seed + sample, len(settings.prefix_ids))
        self._luck: Tensor | None = None
        self._masks = prompt.masks
        self._counts = settings.presence_penalty != 0 or settings.frequency_penalty != 0
        self.bends = bool(settings.repetition_penalty != 1 or self._counts or self._masks.banned or self._masks.forced)

    def bend(self, logits: Tensor) -> Tensor:
        """logits (V,) with the penalties and masks, which look back at what stands before.

        Raises RunError("nothing_left") where the masks leave no token.
        """
        settings, past = self.settings, self.prompt_ids + self.ids
        if settings.repetition_penalty != 1:
            seen = torch.tensor(past, device=logits.device).unique()
            logits = penalise_repetition(logits, seen, settings.repetition_penalty)
        if self._counts:
            made = torch.tensor([*settings.prefix_ids, *self.ids], dtype=torch.int64, device=logits.device)
            logits = penalise_counts(logits, made, settings.presence_penalty, settings.frequency_penalty)
        keep = self._masks.keep(past, len(logits))
        return logits if keep is None else logits.masked_fill(~keep.to(logits.device), -torch.inf)

    def noise(self, vocabulary: int) -> Tensor:
        """The luck of every token at the next step, (V,); the same when it is asked for again."""
        if self._luck is None:
            self._luck = gumbel(vocabulary, self._generator)
        return self._luck

    def take(self, token: int) -> str:
        """Adds the token drawn; returns the text it completed, and sets finish_reason when it was the last."""
        self.ids.append(token)
        self._luck = None
        new = self._read.feed(token)
        self.text += new
        if token in self._eos_ids:
            self.finish_reason = "eos"
        elif any(stop in self.text for stop in self.settings.stop_strings):
            self.finish_reason = "stop"
        elif len(self.ids) == self._length:
            self.finish_reason = "length"
        return new

    def fail(self, error: Exception) -> None:
        """Called by the batch when this row alone went wrong."""
        self.run.fail(error)


class TextHost:
    """Carries every text run of one model in one batch (a Host of the engine)."""

    def __init__(self, loaded: Any) -> None:
        self.loaded = loaded
        self.vocabulary = vocabulary_of(loaded)
        self.decoder = BatchDecoder(loaded.model, self.choose)
        self._streams: dict[Any, list[Stream]] = {}  # by run
        self._knobs: tuple[list[Stream], Knobs] = ([], Knobs.of([]))

    @property
    def busy(self) -> bool:
        return bool(self._streams)

    @property
    def weight(self) -> int:
        """For how many people the batch works, which is how much of the device it may claim."""
        return len({run.owner for run in self._streams})

    def join(self, run: Any) -> None:
        """Puts a run's samples into the batch; they share one prefill."""
        settings: GenerationSettings = run.settings
        prompt = read_prompt(self.loaded, self.vocabulary, settings, room=settings.max_new_tokens)
        pieces = [self.vocabulary.piece(token).as_dict() for token in prompt.ids]
        opening = {"model": introduce(self.loaded), "prompt_tokens": pieces, "notices": prompt.notices}
        streams = [Stream(run, settings, j, prompt, self) for j in range(settings.num_samples)]
        self.decoder.join(streams)
        self._streams[run] = streams
        run.publish(TextFrame(opening, (), 0.0))

    def advance(self) -> None:
        """One forward pass for everybody, after letting go of those who stopped."""
        for run in [run for run in self._streams if run.control.reason is not None]:
            self.leave(run)
            run.finish(run.control.reason)
        self.decoder.advance()  # even with nobody left: the rows of those who stopped are freed here

    def fail(self, error: BaseException) -> None:
        """The batch broke and its runs have been told; nothing outside this object needs tidying."""
        self._streams.clear()

    def leave(self, run: Any) -> None:
        """Frees a run's rows."""
        for stream in self._streams.pop(run, ()):
            stream.left = True

    def choose(self, streams: Sequence[Stream], logits: Tensor) -> list[int | None]:
        """Draws a token for each row of logits (B, V) float32, and tells each run what is new."""
        streams = list(streams)
        if streams != self._knobs[0]:
            self._knobs = (streams, Knobs.of([stream.settings for stream in streams], logits.device))
        noise = torch.stack([stream.noise(logits.shape[-1]) for stream in streams]).to(logits.device)
        tokens, q = draw(shaped(logits, streams), self._knobs[1], noise)
        told = tell(logits, tokens, q)
        news: dict[Any, list[dict[str, Any]]] = {}
        names = self.vocabulary.names
        for stream, token in zip(streams, told, strict=True):
            new = stream.take(token["id"])
            token |= self.vocabulary.piece(token["id"]).as_dict()
            token["top"] = [[i, names[i], logprob] for i, logprob in token["top"]]
            start = len(stream.ids) - 1
            sample = {"sample": stream.sample, "start": start, "tokens": [token], "text": new}
            news.setdefault(stream.run, []).append(sample | {"finish_reason": stream.finish_reason})
        for run, samples in news.items():
            mine = self._streams[run]
            run.publish(TextFrame(None, tuple(samples), time.monotonic() - mine[0].started))
            if all(stream.finish_reason for stream in mine):
                del self._streams[run]
                run.finish(mine[0].finish_reason)
        return [None if stream.finish_reason else stream.ids[-1] for stream in streams]


def shaped(logits: Tensor, streams: Sequence[Stream]) -> Tensor:
    """logits (B, V) with the penalties and masks of those rows that use any."""
    rows = [i for i, stream in enumerate(streams) if stream.bends]
    if rows:
        logits = logits.clone()
    for i in rows:
        logits[i] = streams[i].bend(logits[i])
    return logits


def tell(logits: Tensor, tokens: Tensor, q: Tensor) -> list[dict[str, Any]]:
    """What is worth knowing of each drawn token, under the model's own distribution: logits (B, V), tokens (B,).

    logprob  ln p(token), before any temperature or filter     rank  1 for the most probable
    q        the probability it was drawn with                 top   [(id, logprob)] of the most probable, ten of them
    """
    total = logits.logsumexp(-1, keepdim=True)
    at = logits.gather(-1, tokens.unsqueeze(-1))
    top, top_ids = logits.topk(min(ALTERNATIVES, logits.shape[-1]))
    columns = (
        tokens,
        (at - total).squeeze(-1),
        (logits > at).sum(-1) + 1,
        q,
        top_ids,
        top - total,
    )
    return [
        {"id": token, "logprob": logprob, "rank": rank, "q": drawn, "top": list(zip(ids, logprobs, strict=True))}
        for token, logprob, rank, drawn, ids, logprobs in zip(*(c.tolist() for c in columns), strict=True)
    ]
