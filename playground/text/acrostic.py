"""Acrostics (藏頭詩): a poem whose lines begin with characters chosen beforehand.

A language model needs no training for this. Of every next character it gives the odds, and whoever draws may rule:
where a line begins the character is given, where it ends a mark is, and in between only Chinese characters may be
drawn. The model then goes on from what stands there as if it had chosen it itself. What it thought of the characters
it was forced to take is told all the same: a head that fits has a small surprise.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from playground.errors import SettingError
from playground.inference.control import Control
from playground.inference.decoders import Decoder, decoder_for
from playground.inference.kv_cache import KVCache, Row
from playground.inference.prefill import feed
from playground.text.acrostic_form import HAN, MODEL, AcrosticSettings
from playground.text.generation import tell
from playground.text.prompts import beginning, introduce
from playground.text.sampling import Knobs, draw, gumbel
from playground.text.settings import ShapeSettings
from playground.text.tokens import Vocabulary, vocabulary_of

MARKS = "，。"  # end the odd and the even lines


def acrostic(settings: AcrosticSettings, control: Control) -> Iterator[dict[str, Any]]:
    """First {"model", "heads": the forms in which the model reads them}, then a frame a character.

    A character's frame is {"start": its place, "tokens": [one]}: `id`, `text`, `forced`, and what
    playground.text.generation.tell says of it. Raises SettingError("acrostic_unknown").
    """
    loaded = control.models[MODEL]
    vocabulary = vocabulary_of(loaded)
    heads = read_heads(loaded, settings.characters)
    form = [token for n, head in enumerate(heads) for token in line(loaded, n, head, settings.line_length)]
    yield {
        "model": introduce(loaded),
        "heads": "".join(vocabulary.piece(head).text for head in heads),
        "notices": [],
    }
    poem = Poem(decoder_for(loaded.model), beginning(loaded), len(form))
    knobs = Knobs.of([ShapeSettings(temperature=settings.temperature)], loaded.model.device)
    han = han_tokens(vocabulary).to(loaded.model.device)
    generator = torch.Generator().manual_seed(settings.seed)
    for i in control.steps(len(form)):
        told = poem.write(form[i], han, knobs, generator)
        told |= vocabulary.piece(told["id"]).as_dict() | {"forced": form[i] is not None}
        told["top"] = [[token, vocabulary.names[token], logprob] for token, logprob in told["top"]]
        yield {"start": i, "tokens": [told]}


def read_heads(loaded: Any, characters: str) -> list[int]:
    """The token of each character as the tokenizer reads it (it folds 国 to 國). Raises SettingError for one that the
    model never saw."""
    ids = [loaded.tokenizer(character, add_special_tokens=False)["input_ids"] for character in characters]
    for character, read in zip(characters, ids, strict=True):
        if len(read) != 1 or read[0] == loaded.tokenizer.unk_token_id:
            raise SettingError("acrostic_unknown", character=character, model=loaded.card.title)
    return [token for [token] in ids]


def line(loaded: Any, n: int, head: int, length: int) -> list[int | None]:
    """Line n of the form, `length` characters and a mark: the ids that are given, None for what is to be drawn."""
    mark = loaded.tokenizer.convert_tokens_to_ids(MARKS[n % 2])
    return [head, *[None] * (length - 1), mark]


@lru_cache(maxsize=1)
def han_tokens(vocabulary: Vocabulary) -> Tensor:
    """Which tokens are one Han character each, bool (V,): no mark, no sign that a text begins or ends."""
    return torch.tensor([bool(HAN.fullmatch(vocabulary.piece(token).text)) for token in range(vocabulary.size)])


class Poem:
    """What has been written, as the model remembers it: one row of a cache."""

    def __init__(self, decode: Decoder, first: int, length: int) -> None:
        self._decode, self._last = decode, first
        self._cache, self._row = KVCache(decode.shape), Row()
        self._cache.add(self._row, length)

    @torch.inference_mode()
    def write(self, given: int | None, han: Tensor, knobs: Knobs, generator: torch.Generator) -> dict[str, Any]:
        """Write the next token and tell of it: the one that is `given`, or one drawn from those in `han` (V,)."""
        logits = feed(self._decode, self._cache, [self._row], [[self._last]])  # (1, V)
        if given is None:
            noise = gumbel(logits.shape[-1], generator).to(logits.device).unsqueeze(0)
            token, q = draw(logits.masked_fill(~han, -torch.inf), knobs, noise)
        else:
            token, q = torch.tensor([given], device=logits.device), torch.ones(1, device=logits.device)
        [told] = tell(logits, token, q)
        self._last = told["id"]
        return told
