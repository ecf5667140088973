"""Positions: how a model knows the order of the words, and what changes when they are shuffled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from playground import wire
from playground.errors import ModelError
from playground.inference.control import Control
from playground.text.attention import Look, Watch, Watched, watched_for
from playground.text.attention_maps import describe
from playground.text.attention_settings import OrderSettings
from playground.text.distributions import kl_bits, tell
from playground.text.passages import Passage, answered_at, make_passage, read_passage
from playground.text.tokens import Vocabulary, vocabulary_of

LONGEST = 256  # tokens of the text, and positions of the picture
UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")  # 中文, かな
FIRST_UNSPACED = b"\xe3"  # the first byte of such characters in UTF-8, or a higher one


def encodings(watched: Watched, context: int) -> tuple[str, Tensor]:
    """How the model tells positions apart, and the numbers by which it does, (P, D) float32 for the first positions.

    "learned": a vector a position, added to the token's (GPT-2, BERT). "rotary": q and k are turned by an angle that
    grows with the position, fast in some pairs of numbers and slowly in others (Su et al. 2021); given are the cosines
    and then the sines of the angles. "none": neither was found; an empty table.
    """
    count = min(context, LONGEST)
    for name, part in watched.model.named_modules():
        if isinstance(part, nn.Embedding) and ("position" in name or name.endswith("wpe")):
            first = part.num_embeddings - context if part.num_embeddings > context else 0
            return "learned", part.weight[first : first + count].detach().float().cpu()
    for _, part in watched.model.named_modules():
        if isinstance(frequencies := getattr(part, "inv_freq", None), Tensor):
            angles = torch.arange(count)[:, None] * frequencies.float().cpu()[None]
            return "rotary", torch.cat([angles.cos(), angles.sin()], dim=1)
    return "none", torch.zeros(0, 0)


def likeness(table: Tensor) -> Tensor:
    """Cosine of every two positions' numbers: (P, D) → (P, P)."""
    units = table / table.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    return units @ units.T


def words_of(passage: Passage, vocabulary: Vocabulary) -> list[list[int]]:
    """The positions of each word's tokens, markers left out.

    A word begins at a space; where a script has none between its words, each of its characters is one.
    """
    words: list[list[int]] = []
    for place, token in enumerate(passage.ids):
        if place in passage.markers:
            continue
        raw = vocabulary.bytes_of(token)
        text = raw.decode(errors="ignore")
        alone = token in vocabulary.special or UNSPACED.match(text) or (not text and raw[:1] >= FIRST_UNSPACED)
        if not words or place - 1 in passage.markers or text[:1].isspace() or alone:
            words.append([])
        words[-1].append(place)
    return words


def shuffled(passage: Passage, vocabulary: Vocabulary, seed: int, causal: bool) -> list[int]:
    """Where each token of the shuffled text stood before: words change places whole, markers stay.

    So does a decoder's last word: what it says next follows from it first of all, in whatever order the others are. And
    so does a first word that alone has no space before it: it would grow together with another. Of two words or more
    that can move, some do.
    """
    words = words_of(passage, vocabulary)
    spaced = [vocabulary.bytes_of(passage.ids[word[0]])[:1].isspace() for word in words]
    first, end = int(any(spaced) and not spaced[0]), len(words) - int(causal)
    generator = torch.Generator().manual_seed(seed)
    order = still = list(range(len(words)))
    while end - first > 1 and order == still:
        middle = torch.randperm(end - first, generator=generator) + first
        order = [*still[:first], *middle.tolist(), *still[end:]]
    moving = (place for word in order for place in words[word])
    return [place if place in passage.markers else next(moving) for place in range(len(passage))]


class Everything:
    """The weights of all heads, (L, H, T, T) float32, gathered as the text is read."""

    def __init__(self, watched: Watched, length: int) -> None:
        self.weights = torch.zeros(len(watched.layers), watched.heads, length, length)

    def add(self, look: Look) -> None:
        rows = slice(look.start, look.start + look.weights.shape[1])
        self.weights[look.layer, :, rows, : look.weights.shape[2]] = look.weights.cpu()


def moved(before: Tensor, after: Tensor, order: list[int], rows: list[int], causal: bool) -> Tensor:
    """How much each head's weights between the same words changed, 0 to 1: (…, T, T) → (…).

    The mean over the rows, of the text as it was, of the total variation distance ½ Σⱼ |aⱼ - bⱼ|, over those j that the
    token sees in both orders, to which a and b are renormalised. A head that looks by meaning alone gives 0.
    """
    T = len(order)
    back = torch.empty(T, dtype=torch.long)
    back[torch.tensor(order)] = torch.arange(T)  # where each token of the text went
    visible = torch.ones(T, T, dtype=torch.bool)
    if causal:
        visible = visible.tril()
        visible = visible & visible[back[:, None], back]
    a, b = (weights * visible for weights in (before, after[..., back[:, None], back]))
    a, b = (weights / weights.sum(-1, keepdim=True).clamp_min(1e-12) for weights in (a, b))
    rows = [row for row in rows if visible[row].sum() > 1]  # with one word to look at, nothing can change
    return (a - b).abs().sum(-1)[..., rows].mean(-1) / 2 if rows else torch.zeros(before.shape[:-2])


def word_order(settings: OrderSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: the positions' encodings, and the same words in another order.

    {…describe, "encoding": {"kind", "table": wire (P, D) float16, "likeness": wire (P, P) float16}, "order": wire (T,)
    int32, where each token of the shuffled text stood, "shuffled": its tokens, "moved": wire (L, H) float32 (see
    `moved`), "before", "after": what the model says, "kl": in bits}; the last three are None for an encoder whose text
    hides no word.
    """
    loaded = control.models[settings.model]
    watched, vocabulary = watched_for(loaded), vocabulary_of(loaded)
    passage = read_passage(loaded, settings, most=LONGEST)
    order = shuffled(passage, vocabulary, settings.seed, watched.causal)
    other = make_passage([passage.ids[place] for place in order], passage.types, vocabulary)
    looks, said = [], []
    for text in (passage, other):
        every = Everything(watched, len(text))
        logits = yield from watched.read([text], Watch(range(len(watched.layers)), every.add))
        looks.append(every.weights)
        yield
        try:
            said.append(watched.answer(logits, answered_at(loaded, text))[0])
        except ModelError:  # nothing is hidden, so nothing is asked
            said.append(None)
    rows = [place for place in range(len(passage)) if place not in passage.markers]
    change = []
    for before, after in zip(*looks, strict=True):  # a layer at a time: it makes copies
        change.append(moved(before, after, order, rows, watched.causal))
        yield
    kind, table = encodings(watched, loaded.context)
    asked = said[0] is not None
    yield describe(loaded, watched, passage) | {
        "encoding": {
            "kind": kind,
            "table": wire.encode(table.numpy().astype(np.float16)),
            "likeness": wire.encode(likeness(table).numpy().astype(np.float16)),
        },
        "order": wire.encode(np.array(order, np.int32)),
        "shuffled": [vocabulary.piece(token).as_dict() for token in other.ids],
        "moved": wire.encode(torch.stack(change).numpy()),
        "before": tell(said[0], vocabulary, 10) if asked else None,
        "after": tell(said[1], vocabulary, 10) if asked else None,
        "kl": float(kl_bits(*said)) if asked else None,
    }
