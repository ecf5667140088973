"""The embedded GAN: the page's own class-conditional DCGAN, twice as wide, trained as the page trains it, only longer.

    python -m playground.recipes.gan --work runs/gan --out playground/weights/gan

The learning rates fall to zero in a straight line, and the average of G that is kept is a longer one. A run that was
broken off goes on from its work folder. About seven minutes on one core.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from playground.images import gan_file, mnist
from playground.images.gan_players import Players, as_images, d_step, draw_batch, fixed_noise, follow, g_step
from playground.images.gan_settings import GanSettings
from playground.images.judge import judged

SETTINGS = GanSettings(channels=64, ema=0.999, seed=1)
STEPS = 12_000
RATE_G, RATE_D = 2e-3, 4e-3  # at the beginning
SAVED = 500  # steps between two saves
SAMPLES, AT_ONCE = 10_000, 200  # that the figures in the card are of

CARD = """# gan

A generator of handwritten digits and the discriminator it was trained against: the GAN tab's own networks.

| | |
| --- | --- |
| architecture | class-conditional DCGAN for 28 × 28, {channels} channels at the widest, {latent} numbers of noise |
| parameters | G {g:,}, D {d:,} |
| trained | {steps:,} steps of {batch} images, hinge loss, spectral norm in D |
| Fréchet distance of {samples:,} samples | {frechet:.3f}, {ratio:.2f} × the {floor:.3f} of as many training images |
| mean confidence of the judge | {confidence:.4f} |
| asked for a digit, it draws it | {accuracy:.2%} of the samples, by the judge |
| classes, entropy | {entropy:.4f} of the maximum |
| stored as | fp16 safetensors: `g.` is the moving average of G, `d.` is D; used as fp32 |

The distance is the project's own judge's (see `../judge/README.md`), no FID.

**Data.** MNIST's training images (see `../mnist/README.md`: Yann LeCun, Corinna Cortes, Christopher J. C. Burges).

**Licence.** The weights may be used as the rest of this project.

**Recipe.** `python -m playground.recipes.gan --work runs/gan --out playground/weights/gan`

{history}

**Limits.** Digits in the style of MNIST, 28 × 28. In {wrong:.1%} the judge sees another digit than was asked for.
"""

HISTORY = "The first 6,000 steps of the run that made the weights fell along the line of 8,000 steps, not of 12,000."


def trained(work: Path, steps: int) -> Iterator[Players]:
    """The players every SAVED steps, and at the end."""
    file = work / "players.pt"
    players = Players(SETTINGS, torch.load(file, weights_only=True) if file.exists() else None)
    images, labels = mnist.digits("train")
    while players.step < steps:
        left = 1 - players.step / steps
        now = replace(SETTINGS, learning_rate_g=left * RATE_G, learning_rate_d=left * RATE_D)
        players.set_rates(now)
        batch = draw_batch(players, now, images, labels)
        with torch.autocast("cpu", torch.bfloat16):  # a quarter faster where the processor has it
            fake = players.g(batch.z, batch.y)
            d_step(players, now, batch, fake)
            g_step(players, now, batch, fake)
        players.step += 1
        follow(players, now.ema)
        if players.step % SAVED == 0 or players.step == steps:
            torch.save(players.state(), file.with_suffix(".new"))
            file.with_suffix(".new").replace(file)
            yield players


@torch.no_grad()
def figures(players: Players) -> dict[str, Any]:
    """What the judge says of SAMPLES samples."""
    z, y = fixed_noise(SETTINGS, SAMPLES)
    images = [as_images(players.shown(*part)) for part in zip(z.split(AT_ONCE), y.split(AT_ONCE), strict=True)]
    look = judged(torch.cat(images), labels=y.argmax(1))
    while True:
        try:
            next(look)
        except StopIteration as end:
            return end.value


def export(players: Players, out: Path) -> None:
    """The weights and their card."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "model.safetensors").write_bytes(gan_file.written(SETTINGS, players.step, players.state()))
    _, _, state = gan_file.read((out / "model.safetensors").read_bytes(), "model.safetensors")
    told = figures(Players(SETTINGS, state))  # of the weights as they are stored
    g, d = (sum(weights.numel() for weights in player.parameters()) for player in (players.g, players.d))
    card = CARD.format(
        channels=SETTINGS.channels,
        latent=SETTINGS.latent_size,
        g=g,
        d=d,
        steps=players.step,
        batch=SETTINGS.batch_size,
        samples=SAMPLES,
        ratio=told["frechet"] / told["floor"],
        accuracy=told["conditional_accuracy"],
        wrong=1 - told["conditional_accuracy"],
        history=HISTORY,
        **{name: told[name] for name in ("frechet", "floor", "confidence", "entropy")},
    )
    (out / "README.md").write_text(card, "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    players = Players(SETTINGS)
    if (options.work / "players.pt").exists():
        players = Players(SETTINGS, torch.load(options.work / "players.pt", weights_only=True))
    for players in trained(options.work, options.steps):
        print(f"step {players.step}, {time.process_time():.0f} s", flush=True)
    export(players, options.out)


if __name__ == "__main__":
    main()
