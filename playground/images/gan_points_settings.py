"""What a person can ask of the GAN game on points in the plane. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

from playground.settings import Settings, choice, integer, number, numbers

DATA = ("ring", "eight", "grid", "moons", "spiral", "line", "clusters", "drawing")
LOSSES = ("non_saturating", "minimax", "least_squares", "hinge", "relativistic")
NOISES = {"uniform_1d": 1, "uniform_2d": 2, "gaussian_2d": 2}  # the kind of z → how many numbers it is
OPTIMIZERS = ("adam", "sgd")
MOST_DRAWN = 500  # points
UPDATES = 12  # of both networks together in one unit of work


@dataclass(frozen=True)
class PointsSettings(Settings):
    """Two small networks and a data set of points.

    data                     the real points; "drawing" takes those of `drawn`
    drawn                    x, y, x, y, … of at most 500 points, each within [-1, 1]
    noise                    what z is drawn from: one or two numbers, each uniform in [-1, 1] or standard normal
    layers_*, neurons_*      hidden layers and their width; 0 layers leave a linear map
    loss                     see gan_losses.py
    optimizer_*              Adam with β = (0.5, 0.999), or plain gradient descent, which wants rates about 0.1
    d_updates, g_updates     updates of each network a round
    players                  whose turn it is: both networks learn, or one of them while the other keeps still
    r1                       γ of D's penalty γ/2 · E‖∇D(x)‖² on real points; 0 leaves it out
    batch_size, steps, seed  points an update, rounds, and what everything drawn at random is drawn from
    """

    data: str = choice("ring", DATA)
    drawn: tuple[float, ...] = numbers((), low=-1.0, high=1.0, limit=2 * MOST_DRAWN)
    noise: str = choice("uniform_2d", tuple(NOISES))
    layers_d: int = integer(2, low=0, high=4)
    layers_g: int = integer(2, low=0, high=4)
    neurons_d: int = integer(32, low=1, high=64)
    neurons_g: int = integer(32, low=1, high=64)
    loss: str = choice("non_saturating", LOSSES)
    optimizer_d: str = choice("adam", OPTIMIZERS)
    optimizer_g: str = choice("adam", OPTIMIZERS)
    learning_rate_d: float = number(0.003, low=0.0001, high=1.0)
    learning_rate_g: float = number(0.001, low=0.0001, high=1.0)
    d_updates: int = integer(1, low=1, high=5)
    g_updates: int = integer(1, low=1, high=5)
    players: str = choice("both", ("both", "d", "g"))
    r1: float = number(0.0, low=0.0, high=10.0, step=0.1)
    batch_size: int = integer(128, low=1, high=150)
    steps: int = integer(4000, low=1, high=10_000)
    seed: int = integer(0, low=0, high=2**53 - 9)


# What may change while a run goes on; all else belongs to the networks or the data, and needs a new run.
STEERABLE = (
    "loss", "optimizer_d", "optimizer_g", "learning_rate_d", "learning_rate_g", "d_updates", "g_updates",
    "players", "r1",
)  # fmt: skip


def rounds_a_unit(d_updates: int, g_updates: int) -> int:
    """How many rounds make one unit of a run, and one frame: about 20 ms of work."""
    return max(1, UPDATES // (d_updates + g_updates))
