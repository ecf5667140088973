"""The Fréchet distance between two sets of features, each taken for a Gaussian.

    d² = |μ_a − μ_b|² + Tr(Σ_a + Σ_b − 2 (Σ_a^½ Σ_b Σ_a^½)^½)

(Dowson & Landau 1982; Heusel et al. 2017, arXiv:1706.08500, eq. 6, who call d² of Inception's features FID.) It is the
squared 2-Wasserstein distance between the two Gaussians. All in float64; F features.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Statistics:
    """What is left of a set of features, however large."""

    mean: Tensor  # (F,) float64
    cov: Tensor  # (F, F) float64, the unbiased estimate

    @staticmethod
    def of(features: Tensor) -> Statistics:
        """features (N, F), N ≥ 2."""
        features = features.double()
        mean = features.mean(0)
        centred = features - mean
        return Statistics(mean, centred.T @ centred / (len(features) - 1))

    @cached_property
    def root(self) -> Tensor:
        """Σ^½, (F, F): symmetric."""
        values, vectors = torch.linalg.eigh(self.cov)
        return (vectors * values.clamp(min=0).sqrt()) @ vectors.T


def frechet(a: Tensor | Statistics, b: Tensor | Statistics) -> float:
    """d² between two sets, features (N, F) or their Statistics; never negative, 0 for a set and itself."""
    a, b = (side if isinstance(side, Statistics) else Statistics.of(side) for side in (a, b))
    between = torch.linalg.eigvalsh(b.root @ a.cov @ b.root).clamp(min=0).sqrt().sum()
    apart = (a.mean - b.mean).square().sum() + a.cov.trace() + b.cov.trace() - 2 * between
    return max(0.0, apart.item())
