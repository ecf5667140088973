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
from playground.text.attention_maps import MAP_BYTES, describe, levels_of, packed
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


def steps_of(layers: int, length: int, causal: bool) -> tuple[list[int], type[np.number]]:
    """Whose matrices travel, rollout and mean of each: their layers, the last one always, and how exactly.

    All layers, while MAP_BYTES hold their weights as float32, as float16, or as levels (uint8, see attention_maps);
    then as many, evenly spaced, as they hold.
    """
    cells = length * (length + 1) // 2 if causal else length**2
    for exactly in (np.float32, np.float16, np.uint8):
        most = MAP_BYTES // (2 * cells * np.dtype(exactly).itemsize)
        every = -(-layers // max(1, most))
        if every == 1:
            break
    return list(range(layers - 1, -1, -every))[::-1], exactly


def attention_rollout(settings: PassageSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: {…describe, "rollout", "mean": wire (T, T) float32, "through": {"layers", "rollout", "mean"}}.

    "mean" is the mean over all heads of all layers. "through" has both up to and with each of `layers` (see steps_of),
    wire (K, N), packed like the maps of attention_maps.
    """
    loaded = control.models[settings.model]
    watched = watched_for(loaded)
    passage = read_passage(loaded, settings)
    means = Means(len(watched.layers), len(passage))
    yield from watched.read([passage], Watch(range(len(watched.layers)), means.add))
    layers, exactly = steps_of(len(watched.layers), len(passage), watched.causal)
    through: dict[str, list[np.ndarray]] = {"rollout": [], "mean": []}
    total = torch.zeros_like(means.layers[0])
    for layer, reached in enumerate(rollout(means.layers)):
        total += means.layers[layer]
        matrices = {"rollout": reached, "mean": total / (layer + 1)}
        for name, matrix in matrices.items() if layer in layers else ():
            weights = levels_of(matrix) if exactly is np.uint8 else matrix
            through[name].append(packed(weights.numpy().astype(exactly), watched.causal))
        yield
    frame = describe(loaded, watched, passage)
    for name, matrix in matrices.items():
        frame[name] = wire.encode(matrix.numpy(), level=1)
        yield
    frame["through"] = {"layers": layers} | {
        name: wire.encode(np.stack(steps), level=1) for name, steps in through.items()
    }
    yield frame
