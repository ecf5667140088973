"""Banned and forced words: which tokens may stand at a place.

A word is a sequence of tokens, and most tokenizers cut it differently behind a space, so each is read both ways.

banned  a token is masked where it would complete a banned word: one of a single token never stands, one of several
        breaks off before its last (transformers' NoBadWordsLogitsProcessor). In other pieces, or with another capital,
        it can still be written: a mask knows tokens, not words.
forced  only pieces of forced words may stand: inside a word the next piece of it, elsewhere the first of any. That is a
        walk on the trie of all of them (De Cao et al. 2021, arXiv:2010.00904; transformers'
        PrefixConstrainedLogitsProcessor).

The text before a place counts whole, the prompt included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from playground.errors import ModelError, RunError, notice
from playground.text.settings import WordsSettings
from playground.text.tokens import unknown_token

Word = tuple[int, ...]  # token ids, one at least


def ends(ids: Sequence[int], word: Word) -> bool:
    """Whether the text `ids` ends with `word`; every text ends with the empty one."""
    return tuple(ids[len(ids) - len(word) :]) == word


@dataclass(frozen=True)
class Masks:
    """The words of a run, as the tokens of its model."""

    banned: tuple[Word, ...] = ()
    forced: tuple[Word, ...] = ()

    def blocked(self, ids: Sequence[int]) -> list[int] | None:
        """The tokens that would complete a banned word after `ids`; None when no word is banned."""
        if not self.banned:
            return None
        return sorted({word[-1] for word in self.banned if ends(ids, word[:-1])})

    def allowed(self, ids: Sequence[int]) -> list[int] | None:
        """The tokens that go on with a forced word after `ids`; None when no word is forced.

        Where `ids` breaks off inside a word that is its next piece, or that of each word it may be; elsewhere, and
        where a word is whole, the first piece of any.
        """
        if not self.forced:
            return None
        inside = {word[k] for word in self.forced for k in range(1, len(word)) if ends(ids, word[:k])}
        begins = not inside or any(ends(ids, word) for word in self.forced)
        return sorted(inside | {word[0] for word in self.forced if begins})

    def keep(self, ids: Sequence[int], vocabulary: int) -> Tensor | None:
        """Which tokens may stand after `ids`, bool (V,) on the CPU; None when no word is banned or forced.

        Raises RunError("nothing_left") when none may: every token that the forced words allow is banned.
        """
        allowed, blocked = self.allowed(ids), self.blocked(ids)
        if allowed is None and blocked is None:
            return None
        keep = torch.full((vocabulary,), allowed is None)
        keep[allowed or []] = True
        keep[blocked or []] = False
        if not keep.any():
            raise RunError("nothing_left")
        return keep


def spell(loaded: Any, words: Sequence[str]) -> tuple[tuple[Word, ...], list[str]]:
    """`words` as tokens of `loaded` (a LoadedModel), each alone and behind a space, and those it cannot write."""
    unknown, rows = unknown_token(loaded.tokenizer), loaded.model.get_input_embeddings().num_embeddings
    spelled: dict[Word, None] = {}
    strange = []
    for word in words:
        ways = [tuple(ids) for ids in loaded.tokenizer([word, f" {word}"], add_special_tokens=False)["input_ids"]]
        written = [way for way in ways if way and unknown not in way and max(way) < rows]
        spelled |= dict.fromkeys(written)
        if not written:
            strange.append(word.replace("\n", "\\n"))
    return tuple(spelled), strange


def read_masks(loaded: Any, settings: WordsSettings) -> tuple[Masks, list[dict[str, Any]]]:
    """The banned and forced words of `settings` as `loaded` writes them, and notices of those it cannot write.

    Raises ModelError("forced_unknown") when words are forced and it can write none of them.
    """
    banned, strange = spell(loaded, settings.banned_words)
    forced, stranger = spell(loaded, settings.forced_words)
    title = loaded.card.title
    if settings.forced_words and not forced:
        raise ModelError("forced_unknown", model=title, words=", ".join(stranger))
    left_out = strange + stranger
    notices = [notice("words_unknown", model=title, words=", ".join(left_out))] if left_out else []
    return Masks(banned, forced), notices
