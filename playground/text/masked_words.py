"""Masked words: what an encoder says of a hidden token, and which tokens it leaned on (Devlin et al. 2019).

Two answers to the second question, side by side. Rollout says where attention led. Hiding each other token in turn, and
seeing how much less sure of its word the model is, says what was needed.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Generator, Iterator
from typing import Any

import torch
from torch import Tensor

from playground import wire
from playground.errors import ModelError, SettingError, notice
from playground.inference.control import Control
from playground.text.ablation import TOGETHER
from playground.text.attention import Watch, Watched, watched_for
from playground.text.attention_maps import describe
from playground.text.attention_settings import MaskSettings
from playground.text.distributions import entropy_bits, tell
from playground.text.passages import Passage, answered_at, make_passage, read_passage
from playground.text.rollout import Means, rollout
from playground.text.tokens import vocabulary_of


def hide(loaded: Any, passage: Passage, places: tuple[int, ...]) -> Passage:
    """The passage with masks at these places too. Raises SettingError for a place that is not a token of the text."""
    ids = list(passage.ids)
    for place in places:
        if place >= len(ids) or place in passage.markers:
            raise SettingError("out_of_range", field="hide", low=0, high=len(ids) - 1, value=place)
        ids[place] = loaded.tokenizer.mask_token_id
    return make_passage(ids, passage.types, vocabulary_of(loaded), passage.notices)


def leaned_on(
    watched: Watched, passage: Passage, mask: int, best: Tensor, control: Control
) -> Generator[None, None, tuple[Tensor, int, int]]:
    """Returns, for each token, the bits that the guesses `best` (masks,) lose when it is hidden: (masks, T) float32;
    and how many of how many tokens were tried, which is fewer when the run is stopped or out of time.

    log₂ p(guess) - log₂ p(guess | this token hidden); 0 for markers, masks and what was not tried. `mask` is the mask
    token's id.
    """
    places, T = torch.tensor(passage.masks), len(passage)
    others = [place for place in range(T) if place not in passage.markers and place not in passage.masks]
    lost = torch.zeros(len(places), T)
    logp = yield from _logp(watched, [passage], places, best)  # (1, masks)
    together = max(1, TOGETHER // T)
    tried = 0
    for turn in control.steps(-(-len(others) // together)):
        yield
        some = others[turn * together : (turn + 1) * together]
        hidden = [[mask if n == place else token for n, token in enumerate(passage.ids)] for place in some]
        without = yield from _logp(watched, [dataclasses.replace(passage, ids=ids) for ids in hidden], places, best)
        lost[:, some] = ((logp - without) / math.log(2)).T
        tried += len(some)
    return lost, tried, len(others)


def _logp(watched: Watched, texts: list[Passage], places: Tensor, best: Tensor) -> Generator[None, None, Tensor]:
    """ln p of the token `best` (masks,) at each place (masks,) of each text: (n, masks)."""
    logits = yield from watched.read(texts)
    return logits[:, places].log_softmax(-1).cpu()[:, torch.arange(len(places)), best]


def fill_mask(settings: MaskSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: guesses for every mask of the text.

    {…describe, "guesses": [{"at", "top": [{"id", "text", "p"}], "entropy_bits", "truth": {"id", "text", "p", "rank"} of
    a token that the settings hid, else None, "leaned": wire (T,) float32, bits of the first guess that hang on each
    token, "rollout": wire (T,) float32, where attention led}]}
    """
    loaded = control.models[settings.model]
    if loaded.model.can_generate() or loaded.tokenizer.mask_token_id is None:
        raise ModelError("model_fills_no_gaps", model=loaded.card.id)
    watched, vocabulary = watched_for(loaded), vocabulary_of(loaded)
    whole = read_passage(loaded, settings)
    passage = hide(loaded, whole, settings.hide)
    answered_at(loaded, passage)  # raises when nothing is hidden
    means = Means(len(watched.layers), len(passage))
    logits = yield from watched.read([passage], Watch(range(len(watched.layers)), means.add))
    yield
    p = logits[0, list(passage.masks)].softmax(-1).cpu()  # (masks, V)
    mask = loaded.tokenizer.mask_token_id
    leaned, tried, others = yield from leaned_on(watched, passage, mask, p.argmax(-1), control)
    if tried < others:
        passage.notices.append(notice("tried_some", count=tried, all=others))
    *_, led = rollout(means.layers)
    guesses = []
    for n, place in enumerate(passage.masks):
        truth, token = None, whole.ids[place]
        if place not in whole.masks:
            rank = int((p[n] > p[n, token]).sum()) + 1
            truth = {**vocabulary.piece(token).as_dict(), "p": float(p[n, token]), "rank": rank}
        guesses.append(
            {
                "at": place,
                "top": tell(p[n], vocabulary, settings.top),
                "entropy_bits": float(entropy_bits(p[n])),
                "truth": truth,
                "leaned": wire.encode(leaned[n].numpy()),
                "rollout": wire.encode(led[place].numpy()),
            }
        )
    yield describe(loaded, watched, passage) | {"guesses": guesses}
