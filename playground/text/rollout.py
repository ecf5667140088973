"""Attention rollout (Abnar & Zuidema 2020): attention followed through all layers, beside the plain mean.

A token's vector after a layer is half what it was (the residual connection) and half what attention brought, so
Ã = ½ A + ½ I with A the mean of the layer's heads, and what reaches the top from each token is Ã_L · … · Ã_1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from playground import wire
from playground.inference.control import Control
from playground.text.attention import Look, Watch, watched_for
from playground.text.attention_maps import EXACT, block_size, describe, levels_of, packed
from playground.text.attention_settings import PassageSettings
from playground.text.passages import read_passage


def rollout(layers: Sequence[Tensor]) -> Iterator[Tensor]:
    """From each layer's mean attention A (T, T), first layer first, the rollout up to and with each: rows sum to 1."""
    reached = torch.eye(len(layers[0]))
    for A in layers:
        reached = (A + torch.eye(len(A))) / 2 @ reached
        yield reached


class Means:
    """The mean over the heads of each layer, (T, T), gathered as the text is read."""

    def __init__(self, layers: int, length: int) -> None:
        self.layers = [torch.zeros(length, length) for _ in range(layers)]

    def add(self, look: Look) -> None:
        mean = look.weights.mean(0).cpu()
        self.layers[look.layer][look.start : look.start + len(mean), : mean.shape[1]] = mean


def attention_rollout(settings: PassageSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: {…describe, "rollout", "mean": wire (T, T) float32, "through": {"levels": wire (L, N) uint8 …}}.

    "mean" is the mean over all heads of all layers; "through" the rollout up to each layer, packed like the maps of
    attention_maps and left out for texts too long for that.
    """
    loaded = control.models[settings.model]
    watched = watched_for(loaded)
    passage = read_passage(loaded, settings)
    means = Means(len(watched.layers), len(passage))
    yield from watched.read([passage], Watch(range(len(watched.layers)), means.add))
    through = []
    for reached in rollout(means.layers):
        through.append(reached)
        yield
    frame = describe(loaded, watched, passage)
    frame["rollout"] = wire.encode(through[-1].numpy())
    frame["mean"] = wire.encode(torch.stack(means.layers).mean(0).numpy())
    if len(passage) <= EXACT and block_size(len(through), 1, len(passage), watched.causal) == 1:
        levels = np.stack([levels_of(matrix).numpy() for matrix in through])
        side = len(passage)
        frame["through"] = {"block": 1, "side": side, "levels": wire.encode(packed(levels, watched.causal))}
    yield frame
