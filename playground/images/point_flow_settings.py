"""What a person can ask of diffusion and flow matching on points of the plane. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

from playground.images.diffusion_settings import SAMPLERS
from playground.images.gan_points_settings import DATA, MOST_DRAWN
from playground.settings import Settings, choice, integer, number, numbers

PATHS = ("diffusion", "flow", "reflow")


@dataclass(frozen=True)
class FlowSettings(Settings):
    """A small network that learns to carry noise to points.

    path                     how noise and data are joined: "diffusion" along a quarter of a circle, "flow" straight;
                             "reflow" straight, and in a second round of updates each noise to the point that the
                             first round carries it to
    data, drawn              the points; "drawing" takes those of `drawn`: x, y, x, y, … each within [-1, 1]
    sampler                  of the diffusion path; the straight ones are followed by Euler's method
    steps                    evaluations of the network from noise to a point, while it learns; in the end several
                             numbers of steps are tried
    updates                  of training, of each round
    batch_size               points an update
    learning_rate            of Adam at first; it falls in a half cosine
    neurons                  of each of the three hidden layers
    seed                     of the first weights, the batches and the noise
    """

    path: str = choice("diffusion", PATHS)
    data: str = choice("moons", DATA)
    drawn: tuple[float, ...] = numbers((), low=-1.0, high=1.0, limit=2 * MOST_DRAWN)
    sampler: str = choice("ddim", SAMPLERS)
    steps: int = integer(20, low=1, high=100)
    updates: int = integer(2000, low=1, high=10_000, slider_high=3000)
    batch_size: int = integer(256, low=1, high=512)
    learning_rate: float = number(1e-2, low=1e-5, high=1.0)
    neurons: int = integer(64, low=1, high=128)
    seed: int = integer(0, low=0, high=2**53 - 9)
