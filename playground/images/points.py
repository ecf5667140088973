"""Data sets of points in the plane, for the GAN game in two dimensions (gan_points.py), and how far two sets are apart.

Each is N points with both coordinates in [-1, 1]; what is drawn by hand is taken as it was drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from playground.errors import SettingError

N = 500  # points of a data set that is made here
BLUR = 0.03  # standard deviation across a line, and of each cluster of a grid
CELLS = 20  # of a histogram's side; each is 0.1 wide
FEWEST = 3  # points that a drawing must have


def ring(n: int, rng: torch.Generator) -> Tensor:
    """A circle of radius 0.8. (n, 2)."""
    return on_circle(2 * math.pi * torch.rand(n, generator=rng), 0.8) + blur(n, rng)


def eight(n: int, rng: torch.Generator) -> Tensor:
    """Eight Gaussians on that circle: the classic test for lost modes (Metz et al. 2017, arXiv:1611.02163). (n, 2)."""
    return on_circle(2 * math.pi * torch.randint(8, (n,), generator=rng) / 8, 0.8) + blur(n, rng)


def grid(n: int, rng: torch.Generator) -> Tensor:
    """Nine Gaussians, three by three. (n, 2)."""
    return 0.7 * (torch.randint(3, (n, 2), generator=rng) - 1) + 2 * blur(n, rng)


def moons(n: int, rng: torch.Generator) -> Tensor:
    """Two half circles, each reaching into the other. (n, 2)."""
    angle, lower = math.pi * torch.rand(n, generator=rng), torch.randint(2, (n,), generator=rng)
    upper = on_circle(angle, 0.6)  # (n, 2)
    turned = torch.where(lower[:, None] == 1, -upper, upper)  # the lower one is the upper one turned by half a turn
    aside = torch.stack([0.6 * lower - 0.3, 0.3 * lower - 0.15], dim=1)  # …and moved to the right, and up into it
    return turned + aside + blur(n, rng)


def spiral(n: int, rng: torch.Generator) -> Tensor:
    """One and a half turns outwards, as many points on every part of the way. (n, 2)."""
    way = torch.rand(n, generator=rng).sqrt()
    return 0.85 * way[:, None] * on_circle(3 * math.pi * way, 1.0) + blur(n, rng)


def line(n: int, rng: torch.Generator) -> Tensor:
    """A slanted line, which one number z is enough for. (n, 2)."""
    along = 2 * torch.rand(n, generator=rng) - 1
    return torch.stack([0.8 * along, 0.5 * along], dim=1) + blur(n, rng)


def clusters(n: int, rng: torch.Generator) -> Tensor:
    """Two Gaussians apart. (n, 2)."""
    side = 2.0 * torch.randint(2, (n, 1), generator=rng) - 1  # (n, 1) of -1 and 1
    return side * torch.tensor([0.5, 0.35]) + 4 * blur(n, rng)


SETS: dict[str, Callable[[int, torch.Generator], Tensor]] = {
    "ring": ring, "eight": eight, "grid": grid, "moons": moons, "spiral": spiral, "line": line,
    "clusters": clusters,
}  # fmt: skip


def on_circle(angle: Tensor, radius: float) -> Tensor:
    """angle (n,) → (n, 2)."""
    return radius * torch.stack([angle.cos(), angle.sin()], dim=1)


def blur(n: int, rng: torch.Generator) -> Tensor:
    return BLUR * torch.randn(n, 2, generator=rng)


def drawn(numbers: Sequence[float]) -> Tensor:
    """x, y, x, y, … → (n, 2). Raises SettingError: an odd number of them, or fewer than FEWEST points."""
    if len(numbers) % 2:
        raise SettingError("points_odd", field="drawn", count=len(numbers))
    if len(numbers) < 2 * FEWEST:
        raise SettingError("points_few", field="drawn", count=len(numbers) // 2, least=FEWEST)
    return torch.tensor(numbers, dtype=torch.float32).view(-1, 2)


def data_set(name: str, numbers: Sequence[float], rng: torch.Generator) -> Tensor:
    """The points of a data set, or of a drawing, (n, 2). Raises SettingError for a drawing that is none."""
    return drawn(numbers) if name == "drawing" else SETS[name](N, rng).clamp(-1, 1)


def drawn_again(name: str, data: Tensor, n: int, rng: torch.Generator) -> Tensor:
    """n points as a perfect copy would make them, (n, 2): new ones of the same source; of a drawing its own again."""
    if name == "drawing":
        return data[torch.randint(len(data), (n,), generator=rng)]
    return SETS[name](n, rng).clamp(-1, 1)


def histogram(points: Tensor) -> Tensor:
    """points (n, 2) → the probability of each of CELLS² cells of [-1, 1]², (CELLS²,).

    Points outside count in the nearest cell, so that the probabilities of every set sum to 1.
    """
    column, row = ((points + 1) * CELLS / 2).floor().clamp(0, CELLS - 1).long().unbind(1)
    return torch.bincount(row * CELLS + column, minlength=CELLS * CELLS) / len(points)


def kl_bits(p: Tensor, q: Tensor) -> float:
    """KL(p ‖ q) = Σ p log₂ (p / q) of two histograms, where q is nowhere 0 that p is not."""
    there = p > 0
    return float((p[there] * (p[there] / q[there]).log2()).sum())


def js_bits(p: Tensor, q: Tensor) -> float:
    """Jensen-Shannon divergence of two histograms: 0 for equal ones, 1 bit for ones that share no cell.

    It is what a GAN of 2014 makes small if D is always the best there is (Goodfellow et al. 2014, theorem 1).
    """
    mixed = (p + q) / 2
    return (kl_bits(p, mixed) + kl_bits(q, mixed)) / 2


def smoothed(p: Tensor, n: int) -> Tensor:
    """A histogram of n points with one more point spread over all cells, so that a KL divergence to it is finite."""
    return (n * p + 1 / len(p)) / (n + 1)
