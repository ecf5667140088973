"""Draw 1,000: the same next token drawn again and again, and how far the counts are from the distribution.

All n draws are made at once by inverting the distribution function (inverse transform sampling: Devroye 1986, §II.2),
and three numbers say how well the counts fit p: Pearson's chi-squared (Pearson 1900), its p-value, and the total
variation distance. V tokens of the vocabulary, n draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from playground import wire
from playground.inference.control import Control
from playground.text.distribution import logits_after, stages_after
from playground.text.prompts import introduce
from playground.text.settings import DrawSettings
from playground.text.tokens import vocabulary_of

LEAST_EXPECTED = 5  # draws in a cell: below it the chi-squared distribution is a poor guide (Cochran 1954)


def draw_many(p: Tensor, draws: int, generator: torch.Generator) -> Tensor:
    """`draws` token ids (n,) drawn independently from p (V,), which sums to 1.

    Each is the first token whose cumulative probability exceeds a uniform number of its own.
    """
    cdf = p.cumsum(0)
    u = torch.rand(draws, generator=generator, dtype=torch.float64)
    return torch.searchsorted(cdf / cdf[-1], u, right=True)  # `right`: a token with p = 0 is never the first


def total_variation(counts: Tensor, p: Tensor) -> float:
    """½ Σ |count/n − p|: the share of the draws that would have to move to make the counts fit. 0 to 1."""
    return float((counts / counts.sum() - p).abs().sum() / 2)


@dataclass(frozen=True)
class ChiSquared:
    """How surprising the counts are if they were drawn from p.

    statistic           Σ (count − expected)² / expected over the cells
    degrees_of_freedom  cells − 1
    p_value             how often a statistic this large or larger comes up; None when there is but one cell
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float | None


def cells(counts: Tensor, expected: Tensor) -> tuple[Tensor, Tensor]:
    """counts and expected (V,) as cells (c,): every token expected LEAST_EXPECTED times or more, and the rest as one.

    Should even the rest together be expected less often, it joins the rarest of the others.
    """
    alone = expected >= LEAST_EXPECTED
    pooled = [torch.cat([x[alone], (x * ~alone).sum().unsqueeze(0)]) for x in (counts, expected)]
    counts, expected = (x[pooled[1] > 0] for x in pooled)
    if len(expected) > 1 and expected[-1] < LEAST_EXPECTED:
        rarest = expected[:-1].argmin()
        for x in (counts, expected):
            x[rarest] += x[-1]
        counts, expected = counts[:-1], expected[:-1]
    return counts, expected


def at_least(statistic: float, k: int) -> float:
    """P(χ² ≥ statistic) for k degrees of freedom: Q(k/2, statistic/2), the regularised upper incomplete gamma."""
    half_k, half = torch.tensor([k / 2, statistic / 2], dtype=torch.float64)
    return float(torch.special.gammaincc(half_k, half))


def chi_squared(counts: Tensor, p: Tensor) -> ChiSquared:
    """Pearson's test of counts (V,) against p (V,), both float64."""
    observed, expected = cells(counts, p * counts.sum())
    k = len(expected) - 1
    statistic = float(((observed - expected) ** 2 / expected).sum())
    return ChiSquared(statistic, k, at_least(statistic, k) if k else None)


def experiment(p: Tensor, settings: DrawSettings) -> tuple[Tensor, Tensor]:
    """The drawn ids (n,) and how often each token was drawn, (V,) int64."""
    drawn = draw_many(p, settings.draws, torch.Generator().manual_seed(settings.seed))
    return drawn, drawn.bincount(minlength=len(p))


def told(p: Tensor, drawn: Tensor, counts: Tensor, settings: DrawSettings) -> dict[str, Any]:
    """The outcome as plain data, the `top` most probable tokens first (ids only)."""
    n = settings.draws
    ids = p.topk(min(settings.top, int(p.count_nonzero()))).indices
    listed = len(ids)
    cell_of = torch.full(p.shape, listed).index_copy(0, ids, torch.arange(listed))  # token → cell; the last is `other`
    order = cell_of[drawn]
    p_of = torch.zeros(listed + 1, dtype=p.dtype).index_add(0, cell_of, p).tolist()
    count_of = order.bincount(minlength=listed + 1).tolist()
    told_of = [{"p": p_of[i], "expected": n * p_of[i], "count": count_of[i]} for i in range(listed + 1)]
    fit = chi_squared(counts.double(), p)
    return {
        "draws": n,
        "tokens": [{"id": token} | cell for token, cell in zip(ids.tolist(), told_of, strict=False)],
        "other": told_of[-1] | {"kinds": int(counts.count_nonzero()) - sum(count > 0 for count in count_of[:-1])},
        "chi_squared": fit.statistic,
        "degrees_of_freedom": fit.degrees_of_freedom,
        "p_value": fit.p_value,
        "total_variation": total_variation(counts.double(), p),
        "order": wire.encode(order.numpy().astype(np.uint16)),
    }


def draw_tokens(settings: DrawSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: what `told` says, with the tokens' texts, "model" and "notices".

    {"tokens": [{"id", "text", "p", "expected", "count"}], "other": {"p", "expected", "count", "kinds"},
    "chi_squared", "degrees_of_freedom", "p_value", "total_variation": all of them over the whole vocabulary,
    "order": wire uint16 (n,) of places in `tokens`, its length standing for `other`}
    """
    loaded, prompt, logits = yield from logits_after(settings, control)
    vocabulary = vocabulary_of(loaded)
    p = stages_after(prompt, logits, settings)[-1].p.double()
    p = p / p.sum()
    outcome = told(p, *experiment(p, settings), settings)
    for token in outcome["tokens"]:
        token |= vocabulary.piece(token["id"]).as_dict()
    yield outcome | {"model": introduce(loaded), "notices": prompt.notices}
