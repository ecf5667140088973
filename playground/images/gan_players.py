"""Training a GAN: both players with their optimizers, and the step each of them takes. This is the whole of Algorithm 1
of Goodfellow et al. 2014, with Adam in the place of plain gradient descent.

    players = Players(settings)
    outcome = train_step(players, settings, digits)         # d_updates steps of D, then one of G

B images, Z numbers of noise.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from playground.images.gan_losses import d_loss, g_loss, probability, squared_slopes
from playground.images.gan_networks import CLASSES, made, one_hot_classes
from playground.images.gan_settings import GanSettings

BETAS = (0.5, 0.999)  # of Adam, as in DCGAN: with the usual 0.9 the players overshoot each other


class Batch(NamedTuple):
    """What one update is made on."""

    real: Tensor  # (B, 1, 28, 28) in [−1, 1]
    z: Tensor  # (B, Z), standard normal
    y: Tensor | None  # (B, 10) one-hot: the classes of the real images, asked of G too; None without labels


@dataclass(frozen=True)
class Outcome:
    """One training step in numbers: of the last update of D, and of G's."""

    d_loss: float
    g_loss: float
    d_real: float  # mean D(x), from 0 to 1
    d_fake: float  # mean D(G(z)), as D's update met it


class Players:
    """G and D, the average of G that is shown, their optimizers and the random numbers: all that a training is.

    `settings` say the networks, the learning rates and the seed; `state` is what another Players gave as state().
    """

    def __init__(self, settings: GanSettings, state: Mapping[str, Any] | None = None) -> None:
        self.g, self.d = (player.to(memory_format=torch.channels_last) for player in made(settings, settings.seed))
        self.shown = copy.deepcopy(self.g).requires_grad_(False).eval()
        self.g_optimizer = _adam(self.g, settings.learning_rate_g)
        self.d_optimizer = _adam(self.d, settings.learning_rate_d)
        self.rng = torch.Generator().manual_seed(settings.seed)
        self.step = 0  # training steps so far
        if state is not None:
            self.load(state)
            self.set_rates(settings)

    def set_rates(self, settings: GanSettings) -> None:
        """Learning rates as `settings` have them now."""
        for optimizer, rate in (
            (self.g_optimizer, settings.learning_rate_g),
            (self.d_optimizer, settings.learning_rate_d),
        ):
            optimizer.param_groups[0]["lr"] = rate

    def state(self) -> dict[str, Any]:
        """Everything, for Players(settings, state) to go on from as if there had been no end. Copy it before training
        goes on: its tensors are the ones in use."""
        return {name: getattr(self, name).state_dict() for name in PARTS} | {
            "rng": self.rng.get_state(),
            "step": self.step,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from there, in those parts that `state` has."""
        for name in PARTS:
            if name in state:  # weights from a file bring no optimizers
                getattr(self, name).load_state_dict(copy.deepcopy(state[name]))
        if "rng" in state:
            self.rng.set_state(state["rng"])
        self.step = state["step"]


PARTS = ("g", "d", "shown", "g_optimizer", "d_optimizer")


def _adam(player: nn.Module, rate: float) -> torch.optim.Adam:
    return torch.optim.Adam(player.parameters(), rate, BETAS, fused=True)


def draw_batch(players: Players, settings: GanSettings, images: Tensor, labels: Tensor) -> Batch:
    """A random batch of images (N, 28, 28) uint8 with labels (N,), and noise."""
    places = torch.randint(len(images), (settings.batch_size,), generator=players.rng)
    z = torch.randn(settings.batch_size, settings.latent_size, generator=players.rng)
    return Batch(as_input(images[places]), z, one_hot_classes(labels[places]) if settings.labels else None)


def as_input(images: Tensor) -> Tensor:
    """(B, 28, 28) uint8, 0 black, as the players take them: (B, 1, 28, 28) in [−1, 1]."""
    return images.unsqueeze(1).float() / 127.5 - 1


def as_images(made: Tensor) -> Tensor:
    """What G made, (B, 1, 28, 28) in [−1, 1], as images (B, 28, 28) uint8. Raises FloatingPointError for NaN."""
    if not made.isfinite().all():
        raise FloatingPointError
    return ((made.squeeze(1) + 1) * 127.5).round().to(torch.uint8)


def d_step(players: Players, settings: GanSettings, batch: Batch, fake: Tensor) -> tuple[float, float, float]:
    """One update of D, and of nothing else: its loss, mean D(x), mean D(G(z)). `fake` is G(z), (B, 1, 28, 28)."""
    players.d.train()  # spectral norms are followed here only
    real, fake, y = batch.real, fake.detach(), batch.y
    penalised = settings.r1 > 0 or settings.r2 > 0
    both = torch.cat([real, fake]).requires_grad_(penalised)  # (2B, 1, 28, 28): D has no batch norm, so one pass does
    logits = players.d(both, None if y is None else torch.cat([y, y]))
    real_logits, fake_logits = logits.chunk(2)
    loss = d_loss(settings.loss, real_logits, fake_logits)
    total = loss + penalty(settings, logits, both) if penalised else loss
    players.d_optimizer.zero_grad()
    total.backward()
    players.d_optimizer.step()
    says = [probability(settings.loss, logits.detach()).mean().item() for logits in (real_logits, fake_logits)]
    return loss.item(), says[0], says[1]


def penalty(settings: GanSettings, logits: Tensor, both: Tensor) -> Tensor:
    """γ₁/2 E‖∇D(x)‖² + γ₂/2 E‖∇D(G(z))‖², which D pays besides its loss. both (2B, …), the real ones first."""
    of_real, of_fake = squared_slopes(logits, both).chunk(2)
    return (settings.r1 * of_real.mean() + settings.r2 * of_fake.mean()) / 2


def g_step(players: Players, settings: GanSettings, batch: Batch, fake: Tensor) -> float:
    """One update of G, and of nothing else: its loss. `fake` is G(z) with its gradient."""
    players.d.eval()
    real_logits = None
    if settings.loss == "relativistic":
        with torch.no_grad():
            real_logits = players.d(batch.real, batch.y)
    loss = g_loss(settings.loss, real_logits, players.d(fake, batch.y))
    players.g_optimizer.zero_grad()
    loss.backward(inputs=list(players.g.parameters()))  # through D, but not into it
    players.g_optimizer.step()
    return loss.item()


@torch.no_grad()
def follow(players: Players, ema: float) -> None:
    """Move the shown G a little towards G: an exponential moving average, of which the first steps count more."""
    keep = min(ema, (1 + players.step) / (10 + players.step))
    for shown, now in zip(players.shown.state_dict().values(), players.g.state_dict().values(), strict=True):
        if shown.is_floating_point():
            shown.lerp_(now, 1 - keep)
        else:
            shown.copy_(now)


def fixed_noise(settings: GanSettings, count: int, stream: int = 1) -> tuple[Tensor, Tensor | None]:
    """z (count, Z) and classes (count, 10), image i of digit i mod 10, that belong to the seed and never change.

    Streams are different noise of the same seed; training has one of its own, which this does not touch.
    """
    rng = torch.Generator().manual_seed(settings.seed + stream)
    z = torch.randn(count, settings.latent_size, generator=rng)
    return z, one_hot_classes(torch.arange(count) % CLASSES) if settings.labels else None
