"""The judge: how often it is right, what real images score, how fast it is: python -m tests.benchmarks.judge

The floors are drawn anew, with other luck than the embedded ones. Speed is that of a run's own work, a slice at a time,
against a peer in the same run, by turns: judging against one pass through all images at once, the distance against the
eigenvalues of the two covariances' product (no symmetry used), the nearest training image against torch.cdist.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

import torch
from torch import Tensor

from playground.images import judge, mnist
from playground.images.frechet import Statistics, frechet
from playground.inference.device import prepare_torch
from tests.benchmarks.decoding import seconds

TURNS, DRAWS, N = 5, 10, 1_000
PASSES = 500  # images, of what is measured only


def all_of(images: Tensor) -> tuple[Tensor, Tensor]:
    """features (N, F) and logits (N, 10)."""
    features, logits = zip(*(judge.features_and_logits(part) for part in images.split(PASSES)), strict=True)
    return torch.cat(features), torch.cat(logits)


def finished(units) -> object:
    """What a generator returns."""
    while True:
        try:
            next(units)
        except StopIteration as end:
            return end.value


def by_products(a: Statistics, b: Statistics) -> float:
    roots = torch.linalg.eigvals(a.cov @ b.cov).real.clamp(min=0).sqrt().sum()
    return ((a.mean - b.mean).square().sum() + a.cov.trace() + b.cov.trace() - 2 * roots).item()


def compare(ours: Callable[[], object], peer: Callable[[], object]) -> tuple[float, float, float]:
    """Seconds of ours and of the peer, medians, and the median of each turn's ratio."""
    pairs = [(seconds(ours), seconds(peer)) for _ in range(TURNS + 1)][1:]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    return mine, theirs, statistics.median(theirs / ours for ours, theirs in pairs)


def print_floors(training: Tensor) -> None:
    rng = torch.Generator().manual_seed(1)
    print(f"\n{'n':>7}{'floor, embedded':>18}{'drawn anew':>13}")
    for point in judge.figures()["floors"]:
        n = point["n"]
        drawn = [training[torch.randperm(len(training), generator=rng)[:n]] for _ in range(DRAWS)]
        anew = statistics.mean(frechet(features, judge.test_statistics()) for features in drawn)
        print(f"{n:>7,}{point['mean']:>18.4f}{anew:>13.4f}", flush=True)


def main() -> None:
    prepare_torch()  # one thread, as the playground has it
    _, logits = all_of(mnist.images("test"))
    accuracy = judge.conditional_accuracy(logits, mnist.labels("test"))
    print(f"test accuracy {accuracy:.2%} of {len(logits):,} (target 99.40 %)", flush=True)
    images = mnist.images("train")[:N]
    features = all_of(images)[0]
    ours, real = Statistics.of(features), judge.test_statistics()
    everyone = judge.training_levels().float()
    rows = [
        ("judging", lambda: finished(judge.judged(images)), lambda: judge.features_and_logits(images)),
        ("Fréchet distance", lambda: frechet(ours, real), lambda: by_products(ours, real)),
        (
            "nearest of 60,000",
            lambda: finished(judge.nearest_to(features)),
            lambda: torch.cdist(features, everyone).min(1),
        ),
    ]
    print(f"\n{f'{N:,} images, ms':<22}{'ours':>10}{'peer':>10}{'ratio':>8}{'images/s':>12}")
    for name, mine, peer in rows:
        took, theirs, ratio = compare(mine, peer)
        each = "" if mine is rows[1][1] else f"{N / took:,.0f}"  # a distance is one of a set, however large
        print(f"{name:<22}{1000 * took:>10.1f}{1000 * theirs:>10.1f}{ratio:>7.2f}×{each:>12}", flush=True)
    print_floors(all_of(mnist.images("train"))[0])


if __name__ == "__main__":
    main()
