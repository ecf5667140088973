"""What a run of denoising tells. Imports no torch.

Frames are dicts that `playground.frames.append` joins: {"start": place of the first of them among all that are kept,
"steps": [Step, …], and with the first "opening", with the last "closing"}.

Each kept step is told twice. `x_t` and `x0` are images for whoever wants the numbers. `told` is for the page, which
draws everything from two arrays: x̂₀ in steps of 1/64 from −2, and ε̂ in steps of 1/32 from −4, each as the difference
to the step kept before (modulo 256), which packs into a fraction of the bytes. (Of many images the steps are twice as
wide, or the first frames, mostly noise, which does not pack, would be more than a frame may be.) From them

    x_t = √ᾱ_t x̂₀ + √(1−ᾱ_t) ε̂

follows to within one or two grey levels of 255, and |x_{t−1} − x_t| from two of those. Where x̂₀ lies beyond what can
be told of it, which is what much guidance does, ε̂ is told as what makes x_t right all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from playground import wire
from playground.images.diffusion_settings import MOST_KEPT

FINE, COARSE, MOST_FINE = {"x0": 64, "noise": 32}, {"x0": 32, "noise": 16}, 48  # levels to 1.0; images told finely
MIDDLE = 128  # the level that means 0
MOST_PICTURES = 1_200  # images of all kept steps together, each told as two arrays: at most 2 MB of text


@dataclass(frozen=True)
class Step:
    """One kept evaluation of the model. B images."""

    index: int  # evaluations before it
    t: float
    alpha_cumprod: float  # ᾱ_t
    x_t: np.ndarray  # (B, 28, 28) uint8: what the model saw
    x0: np.ndarray  # (B, 28, 28) uint8: its guess of the clean image
    told: dict[str, Any]  # {"x0", "noise"}: wire uint8 (B, 28, 28), differences to the step kept before


def kept(evaluations: int, images: int) -> list[int]:
    """Which evaluations are kept: all, or some at equal distances with the first and the last among them."""
    most = max(2, min(MOST_KEPT, MOST_PICTURES // images))
    if evaluations <= most:
        return list(range(evaluations))
    return [round(place * (evaluations - 1) / (most - 1)) for place in range(most)]


class Teller:
    """Makes the steps of a run as they are told: remembers the last one."""

    def __init__(self, images: int) -> None:
        self.levels = FINE if images <= MOST_FINE else COARSE
        self._before: dict[str, np.ndarray] = {}

    def step(
        self, index: int, t: float, alpha_cumprod: float, images: dict[str, np.ndarray], **exact: np.ndarray
    ) -> Step:
        """images: "x_t" and "x0" as uint8; exact: x0 and noise as floats, all (B, 28, 28)."""
        fine = self.levels["x0"]
        codes = {"x0": _coded(exact["x0"], fine)}
        beyond = exact["x0"] - (codes["x0"].astype(np.float32) - MIDDLE) / fine
        amiss = np.where(np.abs(beyond) > 1 / fine, (alpha_cumprod / (1 - alpha_cumprod)) ** 0.5 * beyond, 0)
        codes["noise"] = _coded(exact["noise"] + amiss, self.levels["noise"])
        told = {name: wire.encode(code - self._before.get(name, np.uint8(0))) for name, code in codes.items()}
        self._before = codes
        return Step(index, t, alpha_cumprod, images["x_t"], images["x0"], told)


def _coded(values: np.ndarray, levels: int) -> np.ndarray:
    return np.clip(np.rint(values * levels) + MIDDLE, 0, 255).astype(np.uint8)


def whole(frame: dict[str, Any]) -> dict[str, Any]:
    """The trace of a finished frame as arrays, of the n kept steps and B images: "timesteps" [n], "alphas_cumprod" [n],
    "x_t" (n + 1, B, 28, 28), of which the last are the finished images, and "x0" (n, B, 28, 28), both wire uint8.
    """
    steps, images = frame["steps"], wire.decode(frame["closing"]["images"])
    empty = np.zeros((0, *images.shape), np.uint8)
    return {
        "timesteps": [step.t for step in steps],
        "alphas_cumprod": [step.alpha_cumprod for step in steps],
        "x_t": wire.encode(np.stack([*(step.x_t for step in steps), images])),
        "x0": wire.encode(np.stack([step.x0 for step in steps]) if steps else empty),
    }
