"""The GAN game on points in the plane, small enough to be seen whole: what D says of every place, where G puts points.

The same game as on images (Goodfellow et al. 2014, algorithm 1): in a round D takes its turn, then G takes its own.
B points a batch, Z numbers z has. gan_losses.py has the losses, gan_points_pictures.py what is told of a moment.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from playground.images.gan_losses import d_loss, g_loss, squared_slopes
from playground.images.gan_points_pictures import Teller
from playground.images.gan_points_settings import NOISES, PointsSettings, rounds_a_unit
from playground.images.points import data_set
from playground.inference.control import Control


def mlp(inputs: int, layers: int, neurons: int, outputs: int) -> nn.Sequential:
    """(B, inputs) → (B, outputs), with `layers` hidden layers between."""
    widths = [inputs] + layers * [neurons]
    hidden = [each for a, b in pairwise(widths) for each in (nn.Linear(a, b), nn.LeakyReLU(0.2))]
    return nn.Sequential(*hidden, nn.Linear(widths[-1], outputs))


class Player:
    """A network and how it learns: by gradient descent, or by Adam (Kingma & Ba 2015, algorithm 1).

    Adam's β₁ is 0.5, since with the usual 0.9 a GAN's two players chase each other round (Radford et al. 2016).
    """

    beta_1, beta_2, epsilon = 0.5, 0.999, 1e-8

    def __init__(self, network: nn.Sequential, kind: str, learning_rate: float) -> None:
        self.network, self.learning_rate = network, learning_rate
        self.weights = parameters_to_vector(network.parameters()).detach()  # (W,), of which the layers now hold views:
        vector_to_parameters(self.weights, network.parameters())
        self.learn_by(kind)

    def learn_by(self, kind: str) -> None:
        """From now on, and with no memory of before."""
        self.kind, self.t = kind, 0
        self.m, self.v = torch.zeros_like(self.weights), torch.zeros_like(self.weights)

    def descend(self, loss: Tensor) -> float:
        """One step down `loss`, of this player's weights alone. Returns the norm of the gradient.

        Raises FloatingPointError where there is no such number.
        """
        gradients = torch.autograd.grad(loss, list(self.network.parameters()))
        g = torch.cat([gradient.flatten() for gradient in gradients])  # (W,)
        norm = g.norm().item()
        if not math.isfinite(norm) or not math.isfinite(loss.item()):
            raise FloatingPointError("the loss or its gradient")
        if self.kind == "sgd":
            self.weights -= self.learning_rate * g
            return norm
        self.t += 1
        self.m.lerp_(g, 1 - self.beta_1)  # β₁ m + (1 − β₁) g
        self.v.lerp_(g * g, 1 - self.beta_2)
        m, v = self.m / (1 - self.beta_1**self.t), self.v / (1 - self.beta_2**self.t)
        self.weights -= self.learning_rate * m / (v.sqrt() + self.epsilon)
        return norm

    def __call__(self, x: Tensor) -> Tensor:
        return self.network(x)


class Turn(NamedTuple):
    """One update of one network, as it was computed: the batch, what D said of it before the update, and the loss."""

    z: Tensor  # (B, Z)
    fake: Tensor  # (B, 2) = G(z)
    fake_logits: Tensor  # (B,)
    loss: float
    gradient_norm: float  # of the loss, over all of the network's weights
    real: Tensor | None = None  # (B, 2), in D's turns
    real_logits: Tensor | None = None  # (B,)


class Game:
    """Two players, the data, and the random numbers they play with. `now` holds what may be changed."""

    def __init__(self, settings: PointsSettings) -> None:
        s = self.settings = settings
        self.now: dict[str, Any] = s.as_dict()
        self.rng = torch.Generator().manual_seed(s.seed)
        self.data = data_set(s.data, s.drawn, self.rng)  # (N, 2)
        with torch.random.fork_rng(devices=[]):  # layers draw their first weights from the global generator
            torch.manual_seed(s.seed)
            self.D = Player(mlp(2, s.layers_d, s.neurons_d, 1), s.optimizer_d, s.learning_rate_d)
            self.G = Player(mlp(NOISES[s.noise], s.layers_g, s.neurons_g, 2), s.optimizer_g, s.learning_rate_g)

    # ------------------------------------------------------------------ the game

    def noise(self, n: int, rng: torch.Generator) -> Tensor:
        """z, (n, Z)."""
        z = NOISES[self.settings.noise]
        if self.settings.noise == "gaussian_2d":
            return torch.randn(n, z, generator=rng)
        return 2 * torch.rand(n, z, generator=rng) - 1

    def real(self, n: int, rng: torch.Generator) -> Tensor:
        """n of the data, each drawn anew, (n, 2)."""
        return self.data[torch.randint(len(self.data), (n,), generator=rng)]

    def judge(self, points: Tensor) -> Tensor:
        """D's logits, (n, 2) → (n,)."""
        return self.D(points).squeeze(1)

    def turn_of_d(self) -> Turn:
        """D learns to tell x from G(z); G keeps still."""
        B, gamma = self.settings.batch_size, self.now["r1"]
        real, z = self.real(B, self.rng), self.noise(B, self.rng)
        with torch.no_grad():
            fake = self.G(z)
        real.requires_grad_(gamma > 0)
        real_logits, fake_logits = self.judge(real), self.judge(fake)
        loss = told = d_loss(self.now["loss"], real_logits, fake_logits)
        if gamma > 0:
            loss = loss + gamma / 2 * squared_slopes(real_logits, real).mean()
        norm = self.D.descend(loss)
        return Turn(z, fake, fake_logits.detach(), told.item(), norm, real.detach(), real_logits.detach())

    def turn_of_g(self) -> Turn:
        """G learns to have D say "real"; D keeps still, and only passes on where it would say so."""
        B, loss = self.settings.batch_size, self.now["loss"]
        z = self.noise(B, self.rng)
        with torch.no_grad():
            real_logits = self.judge(self.real(B, self.rng)) if loss == "relativistic" else None
        fake = self.G(z)
        fake_logits = self.judge(fake)
        loss = g_loss(loss, real_logits, fake_logits)
        norm = self.G.descend(loss)
        return Turn(z, fake.detach(), fake_logits.detach(), loss.item(), norm)

    def push(self, fake: Tensor, real: Tensor) -> Tensor:
        """Where each generated point is pushed, fake (n, 2) → (n, 2): −∂ℓ/∂x of its own part ℓ of G's loss.

        real (n, 2) are the points it is compared with, where the loss compares.
        """
        x = fake.clone().requires_grad_()
        loss = g_loss(self.now["loss"], self.judge(real).detach(), self.judge(x))  # a mean over n
        return -len(x) * torch.autograd.grad(loss, x)[0]

    # ------------------------------------------------------------------ what is changed on the way

    def change(self, name: str, value: Any) -> None:
        """One of STEERABLE takes another value from now on."""
        self.now[name] = value
        player = self.D if name.endswith("_d") else self.G
        if name.startswith("optimizer"):
            player.learn_by(value)
        elif name.startswith("learning_rate"):
            player.learning_rate = value


def train_points(settings: PointsSettings, control: Control) -> Iterator[dict[str, Any]]:
    """The game, round after round. A unit is a few rounds, or a single one while somebody takes single steps.

    Frames are as gan_points_pictures.Teller tells them; gan_points_tasks.py joins them. Raises SettingError.
    """
    game = Game(settings)
    teller = Teller(game)
    yield teller.opening()
    step, log = 0, []
    while step < settings.steps and control.reason is None:
        for name, value in control.changes():
            game.change(name, value)
            log.append({"step": step, name: value})
        rounds = 1 if control.paused else rounds_a_unit(game.now["d_updates"], game.now["g_updates"])
        rounds = min(rounds, settings.steps - step)
        for last in (n == rounds - 1 for n in range(rounds)):
            teller.play(last)
        step += rounds
        yield teller.frame(step) | {"log": log[-100:]}
