"""What kind of head each is on this text: plain scores, each a mean over the tokens for which it makes sense.

previous    weight on the token before
next        weight on the token after (encoders only)
duplicate   weight on other places where the same token stands
induction   weight on what came after such a place (Olsson et al. 2022): a text given twice shows it
sink        weight on the first token and on markers such as [SEP], where heads look that have nothing to do
broad       entropy of the weights, as a part of what it would be if all visible tokens got the same
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from playground import wire
from playground.text.attention import Look, Watched
from playground.text.passages import Passage

# A head is called by the first kind whose score reaches this, and is CLEAR times what a head would score that looks at
# all it sees alike. The order is from what says most to what says least.
THRESHOLDS = {"induction": 0.25, "duplicate": 0.25, "previous": 0.25, "next": 0.25, "sink": 0.4, "broad": 0.9}
CLEAR = 3.0


class LookedFor(NamedTuple):
    """What a kind's score adds up in a stretch of rows."""

    places: Tensor  # (Q, K) bool: the keys whose weights count
    counted: Tensor  # (Q,) bool: the rows that have any
    even: float  # what rows would score, summed, that look at all they see alike


class HeadKinds:
    """The scores, gathered as the text is read."""

    def __init__(self, watched: Watched, passage: Passage) -> None:
        self._passage, self._causal = passage, watched.causal
        names = [name for name in THRESHOLDS if name != "next" or not watched.causal]
        size = (len(watched.layers), watched.heads)
        self._sums = {name: torch.zeros(size, dtype=torch.float64) for name in names}
        self._evens = {name: torch.zeros(size[0], dtype=torch.float64) for name in names}
        self._counts = {name: torch.zeros(size[0], dtype=torch.int64) for name in names}
        self._stretch: tuple[int, Tensor, dict[str, LookedFor]] = (-1, torch.empty(0), {})  # the last one looked at

    def add(self, look: Look) -> None:
        """Take in a stretch of a layer's rows; tokens written since the passage was read are left out."""
        rows = range(look.start, min(look.start + look.weights.shape[1], len(self._passage)))
        if not rows:
            return
        weights, visible = look.weights[:, : len(rows)].cpu(), look.visible[: len(rows)].cpu()  # (H, Q, K), (Q, K)
        for name, looked_for in self._places(rows, visible).items():
            score = _evenness(weights, visible) if name == "broad" else (weights * looked_for.places).sum(-1)
            self._sums[name][look.layer] += score[:, looked_for.counted].sum(-1, dtype=torch.float64)
            self._evens[name][look.layer] += looked_for.even
            self._counts[name][look.layer] += int(looked_for.counted.sum())

    def _places(self, rows: range, visible: Tensor) -> dict[str, LookedFor]:
        """What each kind looks for in these rows, whose queries see `visible` (Q, K): mostly as in the layer before."""
        start, seen, places = self._stretch
        if start != rows.start or not torch.equal(seen, visible):  # some models see a window only in every other layer
            places = dict(self._look_for(rows, visible))
            self._stretch = (rows.start, visible, places)
        return places

    def _look_for(self, rows: range, visible: Tensor) -> Iterator[tuple[str, LookedFor]]:
        ids, keys = torch.tensor(self._passage.ids), visible.shape[1]
        markers = torch.zeros(len(ids), dtype=torch.bool)
        markers[sorted(self._passage.markers)] = True
        i, j = torch.tensor(rows)[:, None], torch.arange(keys)[None]
        seen = j < i if self._causal else j != i
        same = (ids[rows.start : rows.stop, None] == ids[None, :keys]) & ~markers[None, :keys] & seen
        after = torch.zeros_like(same)
        after[:, 1:] = same[:, :-1]
        places = {
            "previous": j == i - 1,
            "next": j == i + 1,
            "duplicate": same,
            "induction": after & seen,
            "sink": (markers[None, :keys] | (j == 0)) & (i != j),
            "broad": visible,
        }
        plain = ~markers[rows.start : rows.stop] & (i[:, 0] > 0)  # the first token and markers tell nothing
        even = visible / visible.sum(-1, keepdim=True)
        for name in self._sums:
            counted = places[name].any(-1) & plain
            chance = (even * places[name]).sum(-1)  # of "broad" it is 1: nothing is more even
            yield name, LookedFor(places[name], counted, float(chance[counted].sum()))

    def scores(self) -> dict[str, Tensor]:
        """(L, H) float64 of each kind that this text can show; layers that were not looked at are 0."""
        return {name: self._sums[name] / count.clamp_min(1)[:, None] for name, count in self._shown().items()}

    def even(self) -> dict[str, float]:
        """What a head would score that looks at all it sees alike."""
        return {name: float(self._evens[name].sum() / count.sum()) for name, count in self._shown().items()}

    def labels(self) -> list[list[str]]:
        """The name of each head's kind, "" for none: (L, H)."""
        layers, heads = next(iter(self._sums.values())).shape
        named, even = [[""] * heads for _ in range(layers)], self.even()
        for name, score in reversed(self.scores().items()):
            least = THRESHOLDS[name] if name == "broad" else max(THRESHOLDS[name], CLEAR * even[name])
            for layer, head in (score >= least).nonzero().tolist():
                named[layer][head] = name
        return named

    def as_dict(self) -> dict[str, Any]:
        """{"names", "scores": wire (kinds, L, H) float32, "even": [a kind], "labels", "thresholds", "clear"}."""
        scores, even = self.scores(), self.even()
        none = torch.zeros(0, *next(iter(self._sums.values())).shape)
        return {
            "names": list(scores),
            "scores": wire.encode((torch.stack([*scores.values()]) if scores else none).float().numpy()),
            "even": [even[name] for name in scores],
            "labels": self.labels(),
            "thresholds": [THRESHOLDS[name] for name in scores],
            "clear": CLEAR,
        }

    def _shown(self) -> dict[str, Tensor]:
        """Of each kind that has any, in how many rows of each layer it was looked for."""
        return {name: count for name, count in self._counts.items() if count.any()}


def _evenness(weights: Tensor, visible: Tensor) -> Tensor:
    """Entropy of each row over the logarithm of how many keys it sees: (…, Q, K) → (…, Q), 1 when all are alike."""
    entropy = -torch.special.xlogy(weights, weights).sum(-1)
    return entropy / visible.sum(-1).clamp_min(2).log()
