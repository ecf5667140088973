"""How a token is chosen: from logits to one draw, a stage at a time.

Every filter (top-k, top-p, min-p) keeps the most probable tokens and cuts the rest, so on a distribution sorted from
the most probable token down each one keeps a *prefix*, and all three together keep the shortest of their prefixes.
Then the Gumbel-max trick draws: add to each token's score a random number of its own, -ln(-ln u) with u uniform in
(0, 1), and take the largest sum; a token wins exactly as often as softmax says (Gumbel 1954; Maddison et al. 2014).
With the same seed each token has the same luck at every step of two runs, so that they part only where their
settings matter, and rounding in the last digit all but never changes a draw.

The order of the stages and what each keeps are those of transformers' logits processors and warpers; the tests hold
them equal. Shapes: B rows (streams), V tokens of the vocabulary, K ≤ V of them sorted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from playground.text.settings import ShapeSettings, seed_after

HEAD = 128  # the most probable tokens, sorted first: where filters cut among them, no row is sorted whole


def penalise_repetition(logits: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """Makes the `seen` token ids less likely (penalty > 1): positive logits ÷ penalty, negative × penalty.

    logits (V,), seen (n,) int64 → (V,). Keskar et al. 2019 (CTRL), §4.1, with the sign handled as in transformers.
    """
    at_seen = logits[seen]
    return logits.index_put((seen,), torch.where(at_seen < 0, at_seen * penalty, at_seen / penalty))


def penalise_counts(logits: Tensor, made: Tensor, presence: float, frequency: float) -> Tensor:
    """Makes each token less likely that was made before: logits - presence · [count > 0] - frequency · count.

    logits (V,), made (n,) int64 token ids, with repeats → (V,). As OpenAI's API defines the two penalties and vLLM
    computes them: what counts are the tokens since the prompt. A negative penalty makes repeats more likely.
    """
    count = made.bincount(minlength=len(logits))
    return logits - presence * (count > 0) - frequency * count


def apply_temperature(logits: Tensor, temperature: Tensor) -> Tensor:
    """logits ÷ temperature, shifted so that the largest is 0. At temperature 0 all of the mass is on the arg max.

    logits (B, V), temperature (B, 1) → (B, V).
    """
    scaled = (logits - logits.amax(-1, keepdim=True)) / temperature
    greedy = temperature == 0
    if greedy.any():
        best = torch.zeros_like(logits, dtype=torch.bool).scatter_(-1, logits.argmax(-1, keepdim=True), True)
        scaled = torch.where(greedy, torch.where(best, 0.0, -torch.inf), scaled)
    return scaled


def keep_top_k(p: Tensor, top_k: Tensor) -> Tensor:
    """Which of the sorted p (B, K) are among the top_k (B, 1) first or tie with the last; 0 keeps all → bool (B, K)."""
    kth = p.gather(-1, (top_k - 1).clamp(0, p.shape[-1] - 1))
    return (p >= kth) | (top_k == 0)


def keep_top_p(p: Tensor, top_p: Tensor) -> Tensor:
    """Which of the sorted p (B, K), summing to 1, the nucleus keeps: tokens are taken until they reach top_p (B, 1).

    A token stays when those before it have not reached top_p yet; so at least one does. → bool (B, K).
    """
    before = p.cumsum(-1) - p
    keep = (before < top_p) | (top_p >= 1)
    keep[..., 0] = True
    return keep


def keep_min_p(p: Tensor, min_p: Tensor) -> Tensor:
    """Which of the sorted p (B, K) are at least min_p (B, 1) times as probable as the first → bool (B, K)."""
    return p >= min_p * p[..., :1]


@dataclass(frozen=True)
class Knobs:
    """The settings of B rows as columns (B, 1), and whether any row uses each stage (an unused one costs nothing)."""

    temperature: Tensor
    top_k: Tensor
    top_p: Tensor
    min_p: Tensor
    unfiltered: Tensor  # (B,) bool
    uses_top_k: bool
    uses_top_p: bool
    uses_min_p: bool

    @staticmethod
    def of(rows: Sequence[ShapeSettings], device: torch.device | str = "cpu") -> Knobs:
        """On the device of the logits that they shape."""

        def column(name: str, dtype: torch.dtype) -> Tensor:
            return torch.tensor([getattr(row, name) for row in rows], dtype=dtype, device=device).unsqueeze(-1)

        unfiltered = [row.top_k == 0 and row.top_p >= 1 and row.min_p <= 0 for row in rows]
        return Knobs(
            temperature=column("temperature", torch.float32),
            top_k=column("top_k", torch.int64),
            top_p=column("top_p", torch.float32),
            min_p=column("min_p", torch.float32),
            unfiltered=torch.tensor(unfiltered, dtype=torch.bool, device=device),
            uses_top_k=any(row.top_k > 0 for row in rows),
            uses_top_p=any(row.top_p < 1 for row in rows),
            uses_min_p=any(row.min_p > 0 for row in rows),
        )

    def row(self, i: int) -> Knobs:
        """The knobs of row i alone."""
        columns = (c[i : i + 1] for c in (self.temperature, self.top_k, self.top_p, self.min_p, self.unfiltered))
        return Knobs(*columns, self.uses_top_k, self.uses_top_p, self.uses_min_p)


def luck(seed: int, made: int = 0) -> torch.Generator:
    """The random numbers of a text that goes on after `made` tokens chosen before."""
    return torch.Generator().manual_seed(seed_after(seed, made))


def gumbel(vocabulary: int, generator: torch.Generator) -> Tensor:
    """-ln(-ln u) for each token, u uniform in [0, 1): (V,), on the CPU, where a seed means the same everywhere."""
    return torch.rand(vocabulary, generator=generator).log_().neg_().log_().neg_()


def last_kept(p: Tensor, knobs: Knobs, whole: bool) -> tuple[Tensor, Tensor]:
    """The last of the sorted probabilities p (B, K) that all filters keep: its index (B, 1), and whether it is (B,).

    It may not be when p is only the head of the distribution (not `whole`) and the cut lies in the tail.
    """
    keep = p > 0
    known = torch.ones_like(keep[:, 0])
    mass = torch.ones_like(p[:, :1])  # of what top-k keeps: top-p takes its share of that
    if knobs.uses_top_k:
        keep = keep & keep_top_k(p, knobs.top_k)
        limited = knobs.top_k > 0
        mass = torch.where(limited, (p * keep).sum(-1, keepdim=True), mass)
        known = ~(limited.squeeze(-1) & keep[:, -1])  # else the k-th lies in the tail
    if knobs.uses_top_p:
        keep = keep & keep_top_p(p / mass, knobs.top_p)
    if knobs.uses_min_p:
        keep = keep & keep_min_p(p, knobs.min_p)
    return keep.sum(-1, keepdim=True) - 1, known & ~keep[:, -1] | whole


def cut(z: Tensor, knobs: Knobs) -> Tensor:
    """Scores z (B, V) with -∞ for every token that a filter cuts; sorts only the HEAD where that decides."""
    total = z.logsumexp(-1, keepdim=True)
    head = z.topk(min(HEAD, z.shape[-1]), sorted=True).values
    last, known = last_kept((head - total).exp(), knobs, whole=head.shape == z.shape)
    floor = head.gather(-1, last)  # (B, 1): the least score that is kept
    for i in (~(known | knobs.unfiltered)).nonzero().flatten().tolist():
        row = z[i : i + 1].sort(dim=-1, descending=True).values
        last, _ = last_kept((row - total[i : i + 1]).exp(), knobs.row(i), whole=True)
        floor[i] = row.gather(-1, last)
    floor = floor.masked_fill(knobs.unfiltered.unsqueeze(-1), -torch.inf)
    return z.masked_fill(z < floor, -torch.inf)


def draw(logits: Tensor, knobs: Knobs, noise: Tensor) -> tuple[Tensor, Tensor]:
    """One token a row from logits (B, V) and Gumbel noise (B, V): ids (B,), and the probability each was drawn with."""
    z = apply_temperature(logits, knobs.temperature)
    if knobs.uses_top_k or knobs.uses_top_p or knobs.uses_min_p:
        z = cut(z, knobs)
    token = (z + noise).argmax(-1)
    q = (z.gather(-1, token.unsqueeze(-1)) - z.logsumexp(-1, keepdim=True)).exp()
    return token, q.squeeze(-1)


@dataclass(frozen=True)
class Stage:
    """One step of the waterfall: the distribution p (V,) over the whole vocabulary after `name` was applied."""

    name: str
    p: Tensor

    @property
    def entropy_bits(self) -> float:
        """H = -Σ p log₂ p; 2^H is the number of equally likely choices that would be as uncertain."""
        p = self.p[self.p > 0].double()
        return float(-(p * p.log2()).sum())

    @property
    def kept(self) -> int:
        """How many tokens can still be drawn."""
        return int((self.p > 0).sum())


def stages(
    logits: Tensor, seen: Tensor, settings: ShapeSettings, made: Tensor | None = None, keep: Tensor | None = None
) -> list[Stage]:
    """The sampling waterfall for one position: logits (V,) float32, seen (n,) token ids already in the context.

    Model → repetition penalty → temperature → top-k → top-p → min-p; each stage is renormalised to sum to 1. Before
    the temperature come "penalties", when presence or frequency are penalised, with `made` (m,), the tokens since the
    prompt; and "words", when there are banned or forced ones, with `keep` (V,) bool, the tokens they leave.
    """
    knobs = Knobs.of([settings])
    scores = penalise_repetition(logits, seen, settings.repetition_penalty)
    walk = [Stage("model", logits.softmax(-1)), Stage("repetition_penalty", scores.softmax(-1))]
    if settings.presence_penalty or settings.frequency_penalty:
        made = seen[:0] if made is None else made
        scores = penalise_counts(scores, made, settings.presence_penalty, settings.frequency_penalty)
        walk.append(Stage("penalties", scores.softmax(-1)))
    if keep is not None:
        scores = scores.masked_fill(~keep, -torch.inf)
        walk.append(Stage("words", scores.softmax(-1)))
    z = apply_temperature(scores.unsqueeze(0), knobs.temperature)
    p, order = z.softmax(-1).sort(dim=-1, descending=True, stable=True)  # (1, V)

    def unsorted(p: Tensor) -> Tensor:
        return torch.empty_like(p).scatter_(-1, order, p).squeeze(0)

    walk.append(Stage("temperature", unsorted(p)))
    for name, keep in (("top_k", keep_top_k), ("top_p", keep_top_p), ("min_p", keep_min_p)):
        p = p * keep(p, getattr(knobs, name))
        p = p / p.sum(-1, keepdim=True)
        walk.append(Stage(name, unsorted(p)))
    return walk
