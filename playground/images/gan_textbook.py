"""Fix the textbook, of GANs: what each loss asks of G, and what a D that maximises its loss would do.

The original paper's loss is the log loss: min over G, max over D of V(D, G) = E log D(x) + E log(1 − D(G(z)))
(Goodfellow et al. 2014, eq. 1). Least squares came with LSGAN (Mao et al. 2017). D maximises V, and its loss is −V: to
maximise that loss is to hand G the game.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from playground import wire
from playground.images import mnist
from playground.images.gan_data import real_images
from playground.images.gan_lab_settings import LossShapeSettings, NoiseDataSettings, TurnedSignSettings
from playground.images.gan_losses import d_loss, g_loss
from playground.images.gan_networks import Discriminator, made
from playground.images.gan_players import BETAS, as_input
from playground.images.gan_settings import GanSettings
from playground.inference.control import Control

SHAPES = ("minimax", "non_saturating", "least_squares", "hinge")  # relativistic has no curve: it looks at pairs
REACH, PER_UNIT = 8, 20  # logits −8 … 8, twenty points to each unit
PLAIN = GanSettings(loss="minimax", labels=False, spectral_norm=False)  # the networks whose D is trained both ways
SIGNS = {"right": 1, "wrong": -1}  # D minimises sign · loss
BATCH = 64
SHOWN = 16  # pictures of what D is shown as real


def loss_shapes(settings: LossShapeSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: G's loss L and its slope ∂L/∂a for one generated image that D gives the logit a.

    {"logits": wire (N,), "losses": {name: wire (N,)}, "slopes": {name: wire (N,)}, "sure": {"probability", "logit",
    "slopes": {name: ∂L/∂a there}}}, all float32; "sure" is where D takes the image for made up, D(G(z)) = `sure`.
    """
    logits = torch.arange(-REACH * PER_UNIT, REACH * PER_UNIT + 1) / PER_UNIT  # (N,)
    sure = torch.tensor([math.log(settings.sure / (1 - settings.sure))])  # σ⁻¹
    frame: dict[str, Any] = {"logits": wire.encode(logits.numpy()), "losses": {}, "slopes": {}}
    frame["sure"] = {"probability": settings.sure, "logit": sure.item(), "slopes": {}}
    for name in SHAPES:
        losses, slopes = loss_and_slope(name, logits)
        frame["losses"][name] = wire.encode(losses.numpy())
        frame["slopes"][name] = wire.encode(slopes.numpy())
        frame["sure"]["slopes"][name] = loss_and_slope(name, sure)[1].item()
    yield frame


def loss_and_slope(name: str, logits: Tensor) -> tuple[Tensor, Tensor]:
    """G's loss for each of the logits (N,) alone, and its slope by autograd, (N,) each."""
    a = logits.clone().requires_grad_()
    losses = torch.stack([g_loss(name, None, one) for one in a.unbind()])
    (slopes,) = torch.autograd.grad(losses.sum(), a)
    return losses.detach(), slopes


def turned_sign(settings: TurnedSignSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """D alone, trained on one batch from the same first weights: once it minimises its loss, once it maximises it.

    One frame: {"right" | "wrong": {"loss", "value", "d_real", "d_fake"}}, `turned_steps` + 1 numbers each, before the
    first step and after every one; "value" is V(D, G), "d_real" the mean of D(x), "d_fake" that of D(G(z)).
    """
    digits = yield from mnist.opened("train")
    rng = torch.Generator().manual_seed(settings.seed)
    chosen = torch.randint(len(digits.images), (BATCH,), generator=rng)
    x = as_input(digits.images[chosen])  # (B, 1, 28, 28) in [−1, 1]
    z = torch.randn(BATCH, PLAIN.latent_size, generator=rng)
    frame = {}
    for name, sign in SIGNS.items():
        G, D = made(PLAIN, settings.seed)  # the same for both signs
        with torch.no_grad():  # G stands still
            made_up = G(z)
        adam = torch.optim.Adam(D.parameters(), settings.turned_rate, betas=BETAS)
        curve = [judged(D, x, made_up)]
        for _ in range(settings.turned_steps):
            d_step(D, adam, x, made_up, sign)
            curve.append(judged(D, x, made_up))
            yield None
        frame[name] = {number: [point[number] for point in curve] for number in curve[0]}
    yield frame


def d_step(D: Discriminator, adam: torch.optim.Adam, x: Tensor, made_up: Tensor, sign: int) -> None:
    """One step down the log loss, −V(D, G), or with sign −1 up."""
    loss = d_loss("minimax", D(x), D(made_up))
    adam.zero_grad()
    (sign * loss).backward()
    adam.step()


@torch.no_grad()
def judged(D: Discriminator, x: Tensor, made_up: Tensor) -> dict[str, float]:
    """What D makes of real images x and generated ones. Raises FloatingPointError."""
    real, fake = D(x), D(made_up)  # logits (B,)
    loss = d_loss("minimax", real, fake).item()
    if not math.isfinite(loss):
        raise FloatingPointError
    return {
        "loss": loss,
        "value": -loss,
        "d_real": real.sigmoid().mean().item(),
        "d_fake": fake.sigmoid().mean().item(),
    }


def shown_as_real(settings: NoiseDataSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: {"noise", "mnist"}, wire (SHOWN, 28, 28) uint8 each: some of what D is shown as real."""
    frame = {}
    for data in ("noise", "mnist"):
        images, _ = yield from real_images(GanSettings(data=data, seed=settings.seed))
        frame[data] = wire.encode(images[:SHOWN].numpy())
    yield frame
