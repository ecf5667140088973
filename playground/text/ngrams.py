"""n-gram models: the next token, by how often each token followed the last n − 1 in the training text.

    P(w | h) = c(h w) / c(h)        h: the last n − 1 tokens; c: how often it stands in the training text

(Shannon 1948, §3). The counts are a trie: level 1 holds every token, level 2 the tokens that followed each of them,
level 3 those that followed each pair, so the count of a context is the count of its last token one level up. Grams seen
less than `least` times are not kept, but the totals are exact, so every probability is: what is left of c(h) went to
tokens too rare to be kept. A context that nothing kept follows is asked again without its first token, undiscounted:
"stupid backoff" (Brants et al. 2007, Large Language Models in Machine Translation), in which a whole distribution backs
off at once, so that its factor of 0.4 cancels.

Shapes: V tokens of the vocabulary, K followers of a context, N places of a level. numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from playground.text import packed

WEIGHTS = Path(__file__).parents[1] / "weights" / "ngrams"
# How much the shorter context counts when a text is scored, in sightings: SMOOTHING[n - 1] of them join each context.
# Of round numbers these give the held-out tales the fewest bits; twice or half as much changes 0.02 bits a token.
SMOOTHING = (1, 200, 10)


@dataclass(frozen=True)
class Level:
    """What followed each context of one length: rows of token ids, ascending, with their counts.

    starts (R + 1,): row r is ids[starts[r] : starts[r + 1]], its followers' places, (N,) ids and counts in all
    """

    starts: np.ndarray
    ids: np.ndarray
    counts: np.ndarray

    def place(self, row: int, token: int) -> int | None:
        """Where `token` stands in the row, which is its own row of the next level; None if it is not kept there."""
        first, end = self.starts[row : row + 2]
        at = first + np.searchsorted(self.ids[first:end], token)
        return int(at) if at < end and self.ids[at] == token else None


@dataclass(frozen=True)
class Followers:
    """What followed a context of n − 1 tokens: ids (K,), ascending, counts (K,), of `total` times that it was seen."""

    context: tuple[int, ...]
    ids: np.ndarray
    counts: np.ndarray
    total: int

    @property
    def order(self) -> int:
        """n"""
        return len(self.context) + 1

    @property
    def other(self) -> int:
        """How often the context was followed by a token too rare to be kept."""
        return self.total - int(self.counts.sum())

    def count(self, token: int) -> int | None:
        """How often `token` followed; None if that is not kept."""
        at = np.searchsorted(self.ids, token)
        return int(self.counts[at]) if at < len(self.ids) and self.ids[at] == token else None


class NGrams:
    """Counts of the grams of 1 to len(levels) tokens; `about` is what playground.recipes.ngrams measured."""

    def __init__(self, levels: Sequence[Level], about: dict[str, Any]) -> None:
        self.levels, self.about = tuple(levels), about
        self.vocabulary = len(self.levels[0].ids)  # V: level 1 has one row, with every token in it
        self.tokens = int(self.levels[0].counts.sum())

    @staticmethod
    @cache
    def load(folder: Path = WEIGHTS) -> NGrams:
        """The counts in `folder`, read once. Raises ModelError for a file that is missing or damaged."""
        arrays, about = packed.read(folder, "counts")
        return NGrams([level_of(arrays, n) for n in range(1, len(arrays) // 3 + 1)], about)

    def followers(self, context: Sequence[int]) -> Followers | None:
        """What is kept of the tokens that followed `context`, of which the counts know all lengths; None if nothing."""
        place, total = 0, self.tokens
        for level, token in zip(self.levels, context, strict=False):
            place = level.place(place, token)
            if place is None:
                return None
            total = int(level.counts[place])
        level = self.levels[len(context)]
        row = slice(*level.starts[place : place + 2])
        return Followers(tuple(context), level.ids[row], level.counts[row], total) if row.start < row.stop else None

    def next(self, ids: Sequence[int], n: int) -> Followers:
        """What followed the last n − 1 of `ids`, or the longest end of them that anything kept followed."""
        longest = [tuple(ids[len(ids) - k :]) for k in range(min(n - 1, len(ids)), -1, -1)]
        return next(found for context in longest if (found := self.followers(context)) is not None)

    def distribution(self, ids: Sequence[int], n: int) -> np.ndarray:
        """P(· | the last n − 1 of `ids`), (V,) float64, summing to 1.

        Kept followers have exactly count / total. What is left goes to the others, shared out as n − 1 would.
        """
        known = self.next(ids, n)
        p = np.zeros(self.vocabulary)
        if known.other:
            p[:] = self.distribution(ids, known.order - 1)
            p[known.ids] = 0
            p *= known.other / known.total / p.sum()
        p[known.ids] = known.counts / known.total
        return p

    def smoothed(self, ids: Sequence[int], token: int, n: int) -> float:
        """P(token | the last n − 1 of `ids`), never 0, for scoring a text: among all tokens it sums to 1.

        P_n(w | h) = (c(h w) + (other + μ_n) P_{n-1}(w)) / (c(h) + μ_n), P_0 = 1 / V: each context is given μ_n more
        sightings, shared out as the shorter context would (a Dirichlet prior: MacKay & Peto 1995).
        """
        p = 1 / self.vocabulary
        for k, mu in zip(range(min(n, len(ids) + 1)), SMOOTHING, strict=False):
            known = self.followers(ids[len(ids) - k :])
            if known is not None:
                p = ((known.count(token) or 0) + (known.other + mu) * p) / (known.total + mu)
        return p

    def bits(self, ids: Sequence[int], n: int, start: int = 1) -> float:
        """Mean surprise, -log₂ P, of the tokens of ids (T,) from number `start` < T on, each given those before it."""
        return float(np.mean([-np.log2(self.smoothed(ids[:t], ids[t], n)) for t in range(start, len(ids))]))


# ---------------------------------------------------------------- the file


def save(levels: Sequence[Level], folder: Path, about: dict[str, Any]) -> int:
    """Write the counts, rows by their lengths and ids by the gaps between them; returns the bytes of the file."""
    arrays = {}
    for n, level in enumerate(levels, 1):
        lengths, gaps = np.diff(level.starts), np.diff(level.ids, prepend=0)
        first = level.starts[:-1][lengths > 0]
        gaps[first] = level.ids[first]
        arrays |= {f"lengths_{n}": lengths, f"gaps_{n}": gaps, f"counts_{n}": level.counts}
    return packed.write(folder, "counts", arrays, about)


def level_of(arrays: dict[str, np.ndarray], n: int) -> Level:
    """Level n of what `save` wrote."""
    lengths, gaps, counts = (arrays[f"{name}_{n}"] for name in ("lengths", "gaps", "counts"))
    starts = np.concatenate([[0], np.cumsum(lengths)])
    running = np.concatenate([[0], np.cumsum(gaps)])
    ids = running[1:] - np.repeat(running[starts[:-1]], lengths)
    return Level(starts, ids.astype(np.int32), counts.astype(np.int32))
