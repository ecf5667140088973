"""The causal mask and its mirror image on one head: what each token sees when the condition is printed the wrong way.

Query i, key j. A decoder's mask is 0 for j ≤ i, the past and the token itself, and -∞ for j > i. Where it is printed as
0 for i ≤ j and -∞ for i > j, the past is hidden and the future is in sight.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from playground import wire
from playground.errors import ModelError
from playground.inference.control import Control
from playground.text.attention import Look, Watch, attention_scores, watched_for
from playground.text.attention_maps import check_head, describe
from playground.text.attention_settings import HeadSettings
from playground.text.passages import read_passage

MOST = 64  # tokens that are read: a matrix of them can be taken in at a glance


def two_masks(settings: HeadSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: one head's scores and both softmaxes of them, of a decoder.

    {…describe, "layer", "head", "scores": wire (T, T) = q·k/√d, "right", "wrong": wire (T, T) weights under the causal
    mask and under its mirror image}, all float32. Of a layer or head of -1, the mean, the first is taken. Raises
    ModelError("model_fills_gaps").
    """
    loaded = control.models[settings.model]
    if not loaded.model.can_generate():
        raise ModelError("model_fills_gaps", model=loaded.card.id)
    watched = watched_for(loaded)
    check_head(watched, settings)
    layer, head = max(0, settings.layer), max(0, settings.head)
    passage = read_passage(loaded, settings, most=MOST)
    seen: list[Look] = []
    yield from watched.read([passage], Watch([layer], seen.append))
    [look] = seen  # MOST tokens are read at once
    scores = attention_scores(look.q[head], look.k[head], look.scale).cpu()  # (T, T)
    causal = torch.ones(scores.shape, dtype=torch.bool).tril()  # j ≤ i
    yield describe(loaded, watched, passage) | {
        "layer": layer,
        "head": head,
        "scores": wire.encode(scores.numpy()),
        "right": wire.encode(scores.masked_fill(~causal, -torch.inf).softmax(-1).numpy()),
        "wrong": wire.encode(scores.masked_fill(~causal.T, -torch.inf).softmax(-1).numpy()),
    }
