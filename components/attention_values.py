"""Attention as the API documents it: the frames of its views, with numbers that belong together side by side."""

from __future__ import annotations

from typing import Any

from playground import wire


def head_value(frame: dict[str, Any]) -> dict[str, Any]:
    """What every answer about attention has, the model by its id."""
    return frame | {"model": frame["model"]["id"]}


def attention_value(frame: dict[str, Any]) -> dict[str, Any]:
    """One head, and the kinds of the heads that have one."""
    kinds = frame["kinds"]
    scores = dict(zip(kinds["names"], wire.decode(kinds["scores"]), strict=True))
    named = [
        {"layer": layer, "head": head, "kind": kind, "score": float(scores[kind][layer, head])}
        for layer, row in enumerate(kinds["labels"])
        for head, kind in enumerate(row)
        if kind
    ]
    return head_value(frame) | {"kinds": named}


def rollout_value(frame: dict[str, Any]) -> dict[str, Any]:
    """Rollout and the mean."""
    value = {name: part for name, part in head_value(frame).items() if name not in ("rollout", "through")}
    return value | {"matrix": frame["rollout"]}


def rollout_for_page(value: dict[str, Any]) -> dict[str, Any]:
    """What a page draws: after each layer both, the last of which are the two that are left out here."""
    return {name: part for name, part in value.items() if name not in ("rollout", "mean")}


def lens_value(frame: dict[str, Any]) -> dict[str, Any]:
    """A list a position, a step a layer."""
    arrays = {name: wire.decode(frame[name]) for name in ("top", "p", "rank", "p_final", "entropy_bits")}
    layers, length = arrays["top"].shape

    def step(layer: int, place: int) -> dict[str, Any]:
        token, p, *others = (array[layer, place].item() for array in arrays.values())
        top = {"id": token, "text": frame["texts"][str(token)], "p": p}
        return {"top": top, **dict(zip(("rank", "p_final", "entropy_bits"), others, strict=True))}

    value = {name: part for name, part in head_value(frame).items() if name not in (*arrays, "texts")}
    return value | {"positions": [[step(layer, place) for layer in range(layers)] for place in range(length)]}
