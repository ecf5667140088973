"""The two players: G, which makes images of noise, and D, which scores how real an image is.

Two architectures: the fully connected one of textbooks, and a small DCGAN (Radford et al. 2016) for 28 × 28. Both can
be class-conditional: G then adds a learned vector of the class to its noise, and D is a projection discriminator
(Miyato & Koyama 2018). Images are (B, 1, 28, 28) in [−1, 1], noise z (B, Z), classes y (B, 10): one-hot, or a blend.

B images, Z numbers of noise, C channels at the widest, F features of D's last hidden layer.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot
from torch.nn.utils.parametrizations import spectral_norm

from playground.images.gan_settings import GanSettings

CLASSES, SIDE = 10, 28
SLOPE = 0.2  # of LeakyReLU below zero
WIDTHS = (256, 512, 1024)  # hidden layers of the textbook's G; its D has two, 512 and 256


def activation(settings: GanSettings) -> nn.Module:
    """What stands between two layers. Without it ("none") a stack of layers is one linear map, however deep."""
    return nn.LeakyReLU(SLOPE) if settings.nonlinearity == "leaky_relu" else nn.Identity()


class Generator(nn.Module):
    """z (B, Z) and, if class-conditional, y (B, 10) → images (B, 1, 28, 28) in [−1, 1]."""

    def __init__(self, settings: GanSettings) -> None:
        super().__init__()
        self.of_class = nn.Linear(CLASSES, settings.latent_size, bias=False) if settings.labels else None
        self.layers = _mlp_generator(settings) if settings.architecture == "mlp" else _dcgan_generator(settings)
        self.apply(first_weights)

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        if self.of_class is not None:
            z = z + self.of_class(y)  # (B, Z)
        return self.layers(z)


class Discriminator(nn.Module):
    """Images (B, 1, 28, 28) in [−1, 1] and, if class-conditional, y (B, 10) → logits (B,): above 0 means real."""

    def __init__(self, settings: GanSettings) -> None:
        super().__init__()
        mlp = settings.architecture == "mlp"
        self.features, F = _mlp_discriminator(settings) if mlp else _dcgan_discriminator(settings)
        self.score = nn.Linear(F, 1)
        self.of_class = nn.Linear(CLASSES, F, bias=False) if settings.labels else None
        self.apply(first_weights)
        if settings.spectral_norm:
            for layer in [layer for layer in self.modules() if isinstance(layer, (nn.Conv2d, nn.Linear))]:
                spectral_norm(layer)  # divides each weight by its largest singular value (Miyato et al. 2018)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        phi = self.features(x)  # (B, F)
        logits = self.score(phi).squeeze(1)  # (B,)
        if self.of_class is not None:
            logits = logits + (phi * self.of_class(y)).sum(1)
        return logits


def first_weights(layer: nn.Module) -> None:
    """DCGAN's N(0, 0.02²) for convolutions; all else begins as torch has it."""
    if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(layer.weight, std=0.02)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def _dcgan_generator(settings: GanSettings) -> nn.Sequential:
    C = settings.channels
    return nn.Sequential(
        nn.Linear(settings.latent_size, C * 7 * 7, bias=False),
        nn.Unflatten(1, (C, 7, 7)),  # (B, C, 7, 7)
        nn.BatchNorm2d(C),
        activation(settings),
        nn.ConvTranspose2d(C, C // 2, 4, stride=2, padding=1, bias=False),  # (B, C/2, 14, 14)
        nn.BatchNorm2d(C // 2),
        activation(settings),
        nn.ConvTranspose2d(C // 2, 1, 4, stride=2, padding=1),  # (B, 1, 28, 28)
        nn.Tanh(),
    )


def _dcgan_discriminator(settings: GanSettings) -> tuple[nn.Sequential, int]:
    C = settings.channels
    layers = nn.Sequential(
        nn.Conv2d(1, C // 2, 4, stride=2, padding=1),  # (B, C/2, 14, 14)
        activation(settings),
        nn.Conv2d(C // 2, C, 4, stride=2, padding=1),  # (B, C, 7, 7)
        activation(settings),
        nn.Flatten(),
    )
    return layers, C * 7 * 7


def _mlp_generator(settings: GanSettings) -> nn.Sequential:
    layers: list[nn.Module] = []
    width = settings.latent_size
    for wider in WIDTHS:
        layers += [nn.Linear(width, wider), activation(settings)]
        width = wider
    return nn.Sequential(*layers, nn.Linear(width, SIDE * SIDE), nn.Tanh(), nn.Unflatten(1, (1, SIDE, SIDE)))


def _mlp_discriminator(settings: GanSettings) -> tuple[nn.Sequential, int]:
    first, second = WIDTHS[1], WIDTHS[0]
    linear = (nn.Linear(SIDE * SIDE, first), activation(settings), nn.Linear(first, second), activation(settings))
    return nn.Sequential(nn.Flatten(), *linear), second


def made(settings: GanSettings, seed: int) -> tuple[Generator, Discriminator]:
    """Both players with their first weights, which depend on `seed` alone."""
    with torch.random.fork_rng(devices=[]):  # layers draw their first weights from the global generator
        torch.manual_seed(seed)
        return Generator(settings), Discriminator(settings)


def one_hot_classes(labels: Tensor) -> Tensor:
    """(B,) int64 → (B, 10) float32."""
    return one_hot(labels, CLASSES).float()
