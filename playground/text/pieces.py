"""One text through the tokenizer of every listed model: the pieces, how many, and what a character costs.

GPT-2's tokenizer (Radford et al. 2019, §2.2) begins with the 256 bytes and merges, again and again, the pair that is
most frequent in its training text (byte-pair encoding: Sennrich et al. 2016). Trained on English, it has merged English
words; a Chinese character, three bytes in UTF-8, mostly stays three tokens. That is dear: a model reads and writes a
token a step, and its context holds so many tokens and no more.

Tokenizers are read without their models' weights. Imports no torch; tokenizing is quick, but reading a tokenizer takes
a while: call `tokenize` on a thread that may wait.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

from playground.errors import ModelError
from playground.inference.cards import Card
from playground.inference.models import ModelStore
from playground.text.settings import PiecesSettings
from playground.text.tokens import unknown_token, vocabulary_by

TOLD = 4000  # pieces of each model that are told; all are counted
SCRIPTS = ("english", "chinese", "other")


def tokenize(settings: PiecesSettings, store: ModelStore, told: int = TOLD) -> dict[str, Any]:
    """{"characters", "bytes", "scripts": {script: characters}, "models": [row of each listed model]}."""
    text = settings.text
    return {
        "characters": len(text),
        "bytes": len(text.encode()),
        "scripts": {script: sum(script_of(c) == script for c in text) for script in SCRIPTS},
        "models": [introduce(card) | row(card, store, text, told) for card in store.cards()],
    }


def introduce(card: Card) -> dict[str, Any]:
    """What a row says of its model whether its tokenizer is here or not; `bytes` is the size of the whole model."""
    names = ("id", "title", "language", "context", "bytes")
    return {name: getattr(card, name) for name in names}


def row(card: Card, store: ModelStore, text: str, told: int) -> dict[str, Any]:
    """One model's pieces; {"here": False} when its tokenizer is not on this machine, with "error" when it is damaged.

    vocabulary            how many tokens it knows
    count, added          tokens of the text, and those among them that the tokenizer puts there itself ([BOS])
    characters_per_token  of the text's own tokens; None when it has none
    scripts               {script: tokens}: how many of them were spent on English, on Chinese, on anything else
    unknown               {script: tokens}: those of them that stand for a character it does not know
    pieces                [{"id", "text", "bytes"?}], the first so many
    """
    try:
        tokenizer = store.tokenizer(card.id)
    except ModelError as error:
        return {"here": False, "error": error.as_json()}
    if tokenizer is None:
        return {"here": False}
    vocabulary = vocabulary_by(tokenizer)
    # in a batch, since the library lets go of Python's lock only for batches
    encoded = tokenizer.backend_tokenizer.encode_batch([text])[0]
    ids, spans = encoded.ids, encoded.offsets
    own = [(token, span) for token, span in zip(ids, spans, strict=True) if span[1] > span[0]]
    unk = unknown_token(tokenizer)
    return {
        "here": True,
        "vocabulary": vocabulary.size,
        "count": len(ids),
        "added": len(ids) - len(own),
        "characters_per_token": len(text) / len(own) if own else None,
        "scripts": spent(text, [span for _, span in own]),
        "unknown": spent(text, [span for token, span in own if token == unk]),
        "pieces": [vocabulary.piece(token).as_dict() for token in ids[:told]],
    }


def spent(text: str, spans: Sequence[tuple[int, int]]) -> dict[str, int]:
    """How many tokens went into each script, given the characters that each covers: its first that is no space."""
    covered = (text[start:end] for start, end in spans)
    found = Counter(script_of((piece.lstrip() or piece)[0]) for piece in covered)
    return {script: found[script] for script in SCRIPTS}


def script_of(character: str) -> str:
    """ "english" for ASCII, "chinese" for Han characters and the punctuation between them, "other" for all else."""
    if character.isascii():
        return "english"
    name = unicodedata.name(character, "")
    chinese = name.startswith("CJK ") or "\u3000" <= character <= "\u303f" or "\uff00" <= character <= "\uff65"
    return "chinese" if chinese else "other"
