"""The lower rungs of the ladder: 1-, 2- and 3-gram models that answer and write as a language model does.

Their vocabulary is that of `tales`, and a token has the same luck at every step (sampling.py), so with one prompt and
one seed all rungs draw the same random numbers: where their texts part, the models part.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from playground.inference.aside import aside
from playground.inference.control import Control
from playground.text.corpus_settings import NGramNextSettings, NGramSettings
from playground.text.frames import TextFrame
from playground.text.generation import tell
from playground.text.ngrams import Followers, NGrams
from playground.text.prompts import read_prompt
from playground.text.sampling import Knobs, draw, gumbel, luck
from playground.text.settings import PositionSettings, ShapeSettings
from playground.text.tokens import TextStream, Vocabulary, vocabulary_of

TOKENIZER = "tales"  # the model whose tokens were counted


def prompt_ids(loaded: Any, settings: NGramSettings | NGramNextSettings, room: int = 1) -> list[int]:
    """What `tales` would read of the prompt, with `room` for what it is to write: never nothing."""
    place = PositionSettings.of(settings.as_dict())
    return read_prompt(loaded, vocabulary_of(loaded), place, room).ids


def following(settings: NGramNextSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: what followed the end of the prompt in the training tales, most frequent first.

    {"context", "order_used", "total", "next": [{"id", "text", "count", "p"}], "other": {"count", "p"}, "backed_off"};
    `other` is every follower that is not listed, so that all p sum to 1. Raises ModelError (no_such_token,
    model_file_broken).
    """
    ngrams = yield from aside(NGrams.load)
    loaded = control.models[TOKENIZER]
    vocabulary = vocabulary_of(loaded)
    known = ngrams.next(prompt_ids(loaded, settings), settings.n)
    likeliest = np.argsort(-known.counts, kind="stable")[: settings.top]
    listed = [
        vocabulary.piece(token).as_dict() | {"count": count, "p": count / known.total}
        for token, count in zip(known.ids[likeliest].tolist(), known.counts[likeliest].tolist(), strict=True)
        if count
    ]
    other = known.total - sum(entry["count"] for entry in listed)
    yield {
        "context": text_of(vocabulary, known.context),
        "order_used": known.order,
        "total": known.total,
        "next": listed,
        "other": {"count": other, "p": other / known.total},
        "backed_off": known.order < settings.n,
    }


def write(settings: NGramSettings, control: Control) -> Iterator[TextFrame | None]:
    """A text of the n-gram model, in the frames of any text run; each token says too what it was `counted` by.

    Returns "eos" when the end of a tale was drawn.
    """
    ngrams = yield from aside(NGrams.load)
    loaded = control.models[TOKENIZER]
    vocabulary, started = vocabulary_of(loaded), time.monotonic()
    ids = prompt_ids(loaded, settings, room=settings.max_new_tokens)
    model = {"id": f"{settings.n}-gram", "title": f"{settings.n}-gram", "language": loaded.card.language}
    pieces = [vocabulary.piece(token).as_dict() for token in ids]
    yield TextFrame({"model": model | {"context": settings.n - 1}, "prompt_tokens": pieces, "notices": []}, (), 0.0)
    knobs = Knobs.of([ShapeSettings(temperature=settings.temperature)])
    generator, read = luck(settings.seed, len(settings.prefix_ids)), TextStream(vocabulary)
    for step in control.steps(settings.max_new_tokens):
        logits = torch.from_numpy(ngrams.distribution(ids, settings.n)).float().log().unsqueeze(0)  # (1, V)
        token, q = draw(logits, knobs, gumbel(ngrams.vocabulary, generator).unsqueeze(0))
        known = ngrams.next(ids, settings.n)
        drawn = told(tell(logits, token, q)[0], vocabulary) | {"counted": counted(known, int(token), vocabulary)}
        ids.append(drawn["id"])
        ended = "eos" if drawn["id"] in loaded.eos_ids else "length" if step + 1 == settings.max_new_tokens else None
        new = {"sample": 0, "start": step, "tokens": [drawn], "text": read.feed(drawn["id"]), "finish_reason": ended}
        yield TextFrame(None, (new,), time.monotonic() - started)
        if ended == "eos":
            return "eos"
    return None


def told(token: dict[str, Any], vocabulary: Vocabulary) -> dict[str, Any]:
    """What `tell` says of a token, with names; tokens that cannot follow are no alternatives."""
    top = [[i, vocabulary.names[i], logprob] for i, logprob in token["top"] if logprob > -np.inf]
    return token | vocabulary.piece(token["id"]).as_dict() | {"top": top}


def counted(known: Followers, token: int, vocabulary: Vocabulary) -> dict[str, Any]:
    """The counts behind a choice: the context that was asked, how often it was seen, and this token after it.

    `count` is None for one of the `other` sightings, which went to tokens too rare to be kept after this context; then
    the token was drawn as the shorter context would.
    """
    count = known.count(token)
    context = text_of(vocabulary, known.context)
    return {"order": known.order, "context": context, "total": known.total, "count": count, "other": known.other}


def text_of(vocabulary: Vocabulary, ids: tuple[int, ...]) -> str:
    """Tokens as they are shown, in a row."""
    return "".join(vocabulary.piece(token).text for token in ids)
