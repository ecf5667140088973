"""The embedded GAN: the page's own class-conditional DCGAN, trained as the page trains it, only longer.

    python -m playground.recipes.gan --work runs/gan --out playground/weights/gan

The learning rates fall to zero in a straight line, and the average of G that is kept is a longer one. A run that was
broken off goes on from its work folder. About five minutes on one core.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch

from playground.images import mnist
from playground.images.gan_players import Players, d_step, draw_batch, follow, g_step
from playground.images.gan_settings import GanSettings

SETTINGS = GanSettings(ema=0.999, seed=1)
STEPS = 10_000
RATE_G, RATE_D = 3e-3, 6e-3  # at the beginning
SAVED = 500  # steps between two saves


def trained(work: Path, steps: int) -> Iterator[Players]:
    """The players every SAVED steps, and at the end."""
    file = work / "players.pt"
    state = torch.load(file, weights_only=True) if file.exists() else None
    players = Players(SETTINGS, state)
    images, labels = mnist.digits("train")
    while players.step < steps:
        left = 1 - players.step / steps
        now = replace(SETTINGS, learning_rate_g=left * RATE_G, learning_rate_d=left * RATE_D)
        players.set_rates(now)
        batch = draw_batch(players, now, images, labels)
        fake = players.g(batch.z, batch.y)
        d_step(players, now, batch, fake)
        g_step(players, now, batch, fake)
        players.step += 1
        follow(players, now.ema)
        if players.step % SAVED == 0 or players.step == steps:
            torch.save(players.state(), file.with_suffix(".new"))
            file.with_suffix(".new").replace(file)
            yield players


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for players in trained(options.work, options.steps):
        print(f"step {players.step}, {time.process_time():.0f} s", flush=True)


if __name__ == "__main__":
    main()
