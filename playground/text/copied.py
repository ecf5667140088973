"""Copied or invented? Whether lines of verse, or runs of words, stand in what a model learned from.

The texts themselves are not here, only fingerprints: each member of a set hashed to a number below RANGE times the size
of the set, and the sorted list of these numbers (a compressed hash table; Putze, Sanders & Singler 2007, §3: smaller
than a Bloom filter). A member is always found; anything else by accident once in RANGE times.

For `poems` the members are lines. For `tales` they are windows of WINDOW words, every STRIDE-th of each tale: half the
list, and still no run of WINDOW + STRIDE - 1 copied words or more is missed, though it may show STRIDE - 1 words short
at each end. A longer run is a chain of windows; rarely one is made of pieces that stand in different places (how often,
playground.recipes.copied measures).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from playground.inference.aside import aside
from playground.inference.control import Control
from playground.text import packed
from playground.text.corpus_settings import CopiedSettings

WEIGHTS = Path(__file__).parents[1] / "weights" / "copied"
WINDOW, STRIDE = 7, 2  # words
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LINE = re.compile(r"[^\s，。！？；：、「」『』《》,.!?;:\"“”]+")


@dataclass(frozen=True)
class Fingerprints:
    """A set of texts as their numbers, ascending (N,) int64, each below `below`. `about`: what the recipe tells."""

    numbers: np.ndarray
    below: int
    about: dict[str, Any]

    @staticmethod
    def of(members: Sequence[str], rate: int) -> Fingerprints:
        """Of the distinct `members`, such that one in `rate` of other texts is taken for a member."""
        below = rate * max(1, len(members))
        return Fingerprints(np.unique(hashed(members, below)), below, {})

    def holds(self, texts: Sequence[str]) -> np.ndarray:
        """Whether each text is a member, (n,) bool: always True of a member."""
        numbers = hashed(texts, self.below)
        return np.searchsorted(self.numbers, numbers, "right") > np.searchsorted(self.numbers, numbers, "left")


def hashed(texts: Sequence[str], below: int) -> np.ndarray:
    """Each text as a number from 0 to `below` - 1, (n,) int64; the same everywhere and always (BLAKE2b)."""
    digests = b"".join(hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return (np.frombuffer(digests, "<u8") % np.uint64(below)).astype(np.int64)


@cache
def load(name: str, folder: Path = WEIGHTS) -> Fingerprints:
    """The set "poems" or "tales", read once. Raises ModelError for a file that is missing or damaged."""
    arrays, about = packed.read(folder, name)
    return Fingerprints(np.cumsum(arrays["gaps"]), about["below"], about)


def save(known: Fingerprints, folder: Path, name: str, about: dict[str, Any]) -> int:
    """Write the set; returns the bytes of its file."""
    return packed.write(folder, name, {"gaps": np.diff(known.numbers, prepend=0)}, about | {"below": known.below})


# ---------------------------------------------------------------- lines of verse


def verse_lines(text: str) -> list[re.Match]:
    """What stands between marks and breaks."""
    return list(_LINE.finditer(text))


def poem_lines(text: str, known: Fingerprints, fold: Callable[[str], str] = str) -> list[dict[str, Any]]:
    """The lines of `text`, between marks and breaks: [{"line", "start", "end", "found"}], character positions in it.

    fold(line) gives the line in the forms of the poems (the normalizer of their tokenizer). Where the text breaks off
    in the middle of a last line, `found` is None unless it is found: nobody can say how it would have ended.
    """
    lines = verse_lines(text)
    found = known.holds([fold(line[0]) for line in lines]).tolist() if lines else []
    if len(lines) > 1 and lines[-1].end() == len(text) and not found[-1]:
        found[-1] = None
    return [
        {"line": line[0], "start": line.start(), "end": line.end(), "found": is_found}
        for line, is_found in zip(lines, found, strict=True)
    ]


# ---------------------------------------------------------------- runs of words


def words_of(text: str) -> list[tuple[str, int, int]]:
    """The words of `text` in lower case, without punctuation, and where each stands: (word, start, end)."""
    return [(m[0].lower().replace("’", "'"), m.start(), m.end()) for m in _WORD.finditer(text)]


def windows(words: Sequence[str], stride: int = 1) -> list[str]:
    """Each run of WINDOW words, every `stride`-th of them."""
    return [" ".join(words[i : i + WINDOW]) for i in range(0, len(words) - WINDOW + 1, stride)]


def copied_runs(text: str, known: Fingerprints) -> list[dict[str, Any]]:
    """The runs of words in `text` that are found, in order: [{"words", "length", "start", "end"}], character positions.

    A run is a chain of windows that are members, each at most STRIDE words after the one before.
    """
    words = words_of(text)
    members = np.flatnonzero(known.holds(windows([word for word, _, _ in words]))) if len(words) >= WINDOW else []
    runs: list[list[int]] = []  # first word, and the one after the last
    for at in map(int, members):
        if runs and at <= runs[-1][1] - WINDOW + STRIDE:
            runs[-1][1] = at + WINDOW
        else:
            runs.append([at, at + WINDOW])
    told = []
    for first, end in runs:
        start, stop = words[first][1], words[end - 1][2]
        told.append({"words": text[start:stop], "length": end - first, "start": start, "end": stop})
    return told


def longest_run(text: str, known: Fingerprints) -> dict[str, Any]:
    """{"longest": the longest run or None (the first of equals), "runs": all, "words": how many the text has}."""
    runs = copied_runs(text, known)
    longest = max(runs, key=lambda run: run["length"], default=None)
    return {"longest": longest, "runs": runs, "words": len(words_of(text))}


# ---------------------------------------------------------------- for the page and the API


def compare(settings: CopiedSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: the text in pieces, which of them were found, and the figures.

    {"corpus", "pieces": [{"text", "found"}], "about": what the recipe measured}; for `poems` "lines" and "found", how
    many; for `tales` "words" and "runs", how many of each, and "longest": {"words", "length"} or None. `found` is None
    for what is no line, or nobody can tell. Raises ModelError.
    """
    known = yield from aside(lambda: load(settings.searched))
    if settings.searched == "poems":
        fold = control.models["poems"].tokenizer.backend_tokenizer.normalizer.normalize_str
        spans = poem_lines(settings.text, known, fold)
        told = {"lines": len(spans), "found": sum(line["found"] is True for line in spans)}
    else:
        result = longest_run(settings.text, known)
        longest = result["longest"] and {name: result["longest"][name] for name in ("words", "length")}
        told = {"words": result["words"], "runs": len(result["runs"]), "longest": longest}
        spans = [run | {"found": True} for run in result["runs"]]
    between = None if settings.searched == "poems" else False
    pieces = list(in_pieces(settings.text, spans, between))
    yield {"corpus": settings.searched, "pieces": pieces, "about": known.about} | told


def in_pieces(text: str, spans: Iterable[dict[str, Any]], between: bool | None) -> Iterator[dict[str, Any]]:
    """`text` cut into its spans, in order, and what stands `between` them: {"text", "found"}.

    Two runs may share a few words, those that end one and begin the next: they are told with the first.
    """
    at = 0
    for span in spans:
        start = max(at, span["start"])
        if at < start:
            yield {"text": text[at:start], "found": between}
        at = span["end"]
        yield {"text": text[start:at], "found": span["found"]}
    if at < len(text):
        yield {"text": text[at:], "found": between}
