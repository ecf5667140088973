"""What the page says went wrong, for five seeds of each preset: python -m tests.benchmarks.gan_diagnoses [SECONDS]

A preset that is meant to fail must be told by its own diagnosis in every run; the healthy one must never be told any.
SECONDS are of training time on one core, 20 by default; a failing run ends as soon as it is told.
"""

from __future__ import annotations

import sys
import time

from playground.images.gan_settings import PRESETS, GanSettings
from playground.images.gan_training import train_gan
from playground.inference.control import Control
from playground.inference.device import prepare_torch

SEEDS = range(5)
EXPECTED = {
    "dcgan": None,
    "d_too_strong": "gan_d_too_strong",
    "lr_x10": "gan_losses_swing",
    "mode_collapse": "gan_mode_collapse",
    "no_nonlinearity": "gan_no_nonlinearity",
    "noise_data": "gan_noise_data",
}


def told(preset: str, seed: int, seconds: float) -> tuple[set[str], int, float]:
    """The diagnoses that a run is given within `seconds` of its own time, or until the expected one; the step and the
    time at which it ended."""
    settings = GanSettings(**PRESETS[preset], seed=seed, steps=20_000)
    control, keys = Control(settings), set()
    begin, step = time.process_time(), 0
    for frame in train_gan(settings, control):
        control.step += 1
        if frame is not None:
            step = frame["step"]
            keys |= {notice["key"] for notice in frame["diagnoses"]}
        if EXPECTED[preset] in keys or time.process_time() - begin > seconds:
            break
    return keys, step, time.process_time() - begin


def main(seconds: float = 20.0) -> None:
    prepare_torch()
    print(f"{'preset':<18}{'as it should':>14}   seeds: step and seconds at which it was told, and all that was told")
    for preset, expected in EXPECTED.items():
        runs = [told(preset, seed, seconds) for seed in SEEDS]
        right = sum((expected in keys) if expected else not keys for keys, _, _ in runs)
        each = "  ".join(
            f"{step} ({spent:.0f} s) {'+'.join(sorted(k[4:] for k in keys))}" for keys, step, spent in runs
        )
        print(f"{preset:<18}{right:>10} of {len(SEEDS)}   {each}", flush=True)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
