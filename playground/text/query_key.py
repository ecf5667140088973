"""One query token, step by step: q · k, the scale, the mask, softmax, the weighted sum of the values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from playground import wire
from playground.errors import SettingError
from playground.inference.control import Control
from playground.text.attention import Look, Watch, watched_for
from playground.text.attention_maps import describe
from playground.text.attention_settings import QuerySettings, ToySettings
from playground.text.passages import position_of, read_passage


class Steps(NamedTuple):
    """What each step gives, for one query and T keys of D numbers."""

    dots: Tensor  # (T,): how well each key fits the query
    scores: Tensor  # (T,): the same over √D, so that they do not grow with D
    weights: Tensor  # (T,): softmax of the scores that are visible; they sum to 1
    out: Tensor  # (D,): the values, mixed


def attend_once(q: Tensor, k: Tensor, v: Tensor, scale: float, visible: Tensor) -> Steps:
    """Attention(q, K, V) = softmax(q Kᵀ / √D) V for one query (Vaswani et al. 2017).

    q (D,), k and v (T, D), scale 1/√D, visible (T,) bool: the keys that the mask leaves.
    """
    dots = k @ q
    scores = dots * scale
    weights = scores.masked_fill(~visible, -torch.inf).softmax(-1)
    return Steps(dots, scores, weights, out=weights @ v)


def query_key(settings: QuerySettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: the steps of one head at one token, with this text's numbers.

    {…describe, "layer", "head", "query", "scale", "q", "out": wire (D,), "k", "v": wire (T, D), "dots", "scores",
    "weights": wire (T,), "visible": wire (T,) uint8}, all float32. q and k are as they meet: where positions turn them
    (rotary embeddings) they have been turned.
    """
    loaded = control.models[settings.model]
    watched = watched_for(loaded)
    for name, count in (("layer", len(watched.layers)), ("head", watched.heads)):  # a mean of heads has no q and no k
        if not 0 <= (value := getattr(settings, name)) < count:
            raise SettingError("out_of_range", field=name, low=0, high=count - 1, value=value)
    passage = read_passage(loaded, settings)
    query = position_of(settings, "query", len(passage))
    seen: dict[str, Any] = {}

    def see(look: Look) -> None:
        row = query - look.start
        if 0 <= row < look.q.shape[1]:
            seen.update(q=look.q[settings.head, row].float().cpu(), scale=look.scale)
            seen["visible"] = torch.zeros(len(passage), dtype=torch.bool)
            seen["visible"][: look.k.shape[1]] = look.visible[row].cpu()
        seen.update(k=look.k[settings.head].float().cpu(), v=look.v[settings.head].float().cpu())  # the last has all

    yield from watched.read([passage], Watch([settings.layer], see))
    steps = attend_once(**seen)
    yield describe(loaded, watched, passage) | {
        "layer": settings.layer,
        "head": settings.head,
        "query": query,
        "scale": seen["scale"],
        "visible": wire.encode(seen["visible"].to(torch.uint8).numpy()),
        **{name: wire.encode(seen[name].numpy()) for name in ("q", "k", "v")},
        **{name: wire.encode(value.numpy()) for name, value in steps._asdict().items()},
    }


TOY_TOKENS = ("思考", "编程", "的", "乐趣")
TOY_PRINTED = (0.25, 0.5, 0.25, 0.25)  # a well-known tutorial's weights for 编程: they sum to 1.25, so are no softmax


def toy(settings: ToySettings, control: Control) -> Iterator[dict[str, Any]]:
    """One frame: four tokens whose keys are one-hot, and a query that fits one of them.

    {"tokens", "query", "keys": wire (4, 4), "printed", "cases": [{"root": √D that is divided by, "dots", "scores",
    "weights", "out": wire (4,)}]}, first with √1, as if not divided, then with √4, as the four numbers of a key ask.
    """
    k = torch.eye(len(TOY_TOKENS))
    everything = torch.ones(len(TOY_TOKENS), dtype=torch.bool)
    cases = []
    for root in (1.0, 2.0):
        steps = attend_once(k[settings.query], k, v=k, scale=1 / root, visible=everything)
        cases.append({"root": root, **{name: wire.encode(value.numpy()) for name, value in steps._asdict().items()}})
    yield {
        "tokens": list(TOY_TOKENS),
        "query": settings.query,
        "keys": wire.encode(k.numpy()),
        "printed": list(TOY_PRINTED) if settings.query == 1 else None,
        "cases": cases,
    }
