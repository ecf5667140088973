"""What goes wrong in a GAN's training, told from what can be seen of it: each diagnosis is a rule with a threshold.

The thresholds were measured: each rule fires on the preset that provokes it for every one of five seeds within twenty
seconds of training, and none fires on the healthy preset (tests/benchmarks/gan_diagnoses.py).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from playground.errors import notice
from playground.images.gan_players import Players, as_input, one_hot_classes

WINDOW = 10  # points of the curve that a rule looks back on: about two seconds
PAIRS = 30  # of real images, that D's bend is measured on

SURE = 0.02  # D(G(z)) below, and D(x) above 1 − SURE …
SETTLED = 6  # … at so many points of the window: D always wins
JUMP, REMEMBERED = 5.0, 60  # a loss of D this high, within so many points: one that guesses blindly pays 2 ln 2 = 1.4
ALIKE, CONTRAST = 0.35, 0.4  # samples differ from each other less than this part of what real ones do, and are no grey
FEW, LEARNED = 0.5, 200  # entropy of the digits that the judge sees, of its maximum, after so many steps
STRAIGHT = 1e-3  # bend of a D that has none
STATIC = 0.2  # correlation of neighbouring pixels: of digits it is about 0.8


class Evidence:
    """What the rules look at. `images` are the real ones, (N, 28, 28) uint8."""

    def __init__(self, images: Tensor) -> None:
        some = images[:1000].float()
        self.real_pairs = images[: 2 * PAIRS].split(PAIRS)
        self.real_spread, self.real_contrast = spread(some), contrast(some)
        self.smoothness = smoothness(some)
        self.points: deque[dict[str, float]] = deque(maxlen=WINDOW)
        self.d_losses: deque[float] = deque(maxlen=REMEMBERED)
        self.alike: deque[bool] = deque(maxlen=WINDOW)
        self.bend: float | None = None
        self.judged: dict[str, Any] | None = None

    def add(self, point: dict[str, float], samples: Tensor) -> None:
        """A point of the curve, and the samples (64, 28, 28) uint8 of its moment."""
        samples = samples.float()
        self.points.append(point)
        self.d_losses.append(point["d_loss"])
        grey = contrast(samples) < CONTRAST * self.real_contrast
        self.alike.append(not grey and spread(samples) < ALIKE * self.real_spread)

    @torch.no_grad()
    def look(self, players: Players) -> None:
        """Measure D's bend: how far its score of two real images laid over each other is from the mean of their two
        scores, as a part of how much scores differ at all. 0 for a linear D."""
        a, b = map(as_input, self.real_pairs)  # (PAIRS, 1, 28, 28)
        y = None if players.d.of_class is None else one_hot_classes(torch.arange(PAIRS) % 10)
        players.d.eval()
        of_a, of_b, between = (players.d(x, y) for x in (a, b, (a + b) / 2))
        differ = torch.cat([of_a, of_b]).std().clamp(min=1e-6)
        self.bend = ((between - (of_a + of_b) / 2).abs().mean() / differ).item()

    @property
    def full(self) -> bool:
        return len(self.points) == WINDOW

    def mean(self, name: str) -> float:
        return sum(point[name] for point in self.points) / len(self.points)


def spread(images: Tensor) -> float:
    """How much images (N, 28, 28) differ from each other: a pixel's standard deviation, the mean over pixels."""
    return images.std(0).mean().item()


def contrast(images: Tensor) -> float:
    """How much the pixels of one image differ: their standard deviation, the mean over images."""
    return images.flatten(1).std(1).mean().item()


def smoothness(images: Tensor) -> float:
    """Correlation of each pixel with its right neighbour, over images (N, 28, 28): 0 in static."""
    sides = torch.stack([images[:, :, :-1].flatten(), images[:, :, 1:].flatten()])
    return torch.corrcoef(sides)[0, 1].item()


# ---------------------------------------------------------------- the rules: values for the sentence, or None


def noise_data(seen: Evidence) -> dict[str, Any] | None:
    """What D is shown as real is static."""
    return {"correlation": round(seen.smoothness, 2)} if seen.smoothness < STATIC else None


def no_nonlinearity(seen: Evidence) -> dict[str, Any] | None:
    """D has no bend anywhere."""
    return {} if seen.bend is not None and seen.bend < STRAIGHT else None


def d_too_strong(seen: Evidence) -> dict[str, Any] | None:
    """D is right about every image, and sure of it."""
    wins = sum(point["d_real"] > 1 - SURE and point["d_fake"] < SURE for point in seen.points)
    if not seen.full or wins < SETTLED:
        return None
    return {"real": f"{seen.mean('d_real'):.3f}", "fake": f"{seen.mean('d_fake'):.3f}"}


def losses_swing(seen: Evidence) -> dict[str, Any] | None:
    """D was far more wrong than one that knows nothing: steps so long that the players jump over each other."""
    worst = max(seen.d_losses, default=0.0)
    return {"d_loss": f"{worst:.1f}"} if worst > JUMP else None


def mode_collapse(seen: Evidence) -> dict[str, Any] | None:
    """Whatever the noise, the images are few: to the judge, or pixel by pixel."""
    if seen.judged is None or not seen.full:
        return None
    few = seen.judged["step"] >= LEARNED and seen.judged["entropy"] < FEW
    if not (few or all(seen.alike)):
        return None
    counts = seen.judged["class_histogram"]
    return {"digit": counts.index(max(counts)), "share": f"{max(counts) / sum(counts):.0%}"}


def samples_alike(seen: Evidence) -> dict[str, Any] | None:
    """The same where no judge looks: of clothes it knows nothing."""
    return {} if seen.judged is None and seen.full and all(seen.alike) else None


RULES: dict[str, Callable[[Evidence], dict[str, Any] | None]] = {
    "gan_noise_data": noise_data,
    "gan_no_nonlinearity": no_nonlinearity,
    "gan_d_too_strong": d_too_strong,
    "gan_losses_swing": losses_swing,
    "gan_mode_collapse": mode_collapse,
    "gan_samples_alike": samples_alike,
}


def diagnose(seen: Evidence) -> list[dict[str, Any]]:
    """What goes wrong now, as sentences in the form of errors.notice."""
    found = ((key, rule(seen)) for key, rule in RULES.items())
    return [notice(key, **values) for key, values in found if values is not None]
