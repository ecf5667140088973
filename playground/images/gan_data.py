"""What a GAN's discriminator is shown as real."""

from __future__ import annotations

from collections.abc import Generator

import torch
from torch import Tensor

from playground.images import mnist
from playground.images.gan_settings import GanSettings

STATIC = 5000  # images of noise


def real_images(settings: GanSettings) -> Generator[None, None, tuple[Tensor, Tensor]]:
    """Returns images (N, 28, 28) uint8 and their classes (N,) int64, opened beside the device thread.

    "noise" is the textbook's slip, `real_images = np.random.rand(…)` where the training set should stand: static, with
    classes that mean nothing. Raises ModelError for Fashion-MNIST where it has not been fetched.
    """
    if settings.data == "noise":
        rng = torch.Generator().manual_seed(settings.seed)
        images = torch.randint(256, (STATIC, 28, 28), generator=rng, dtype=torch.uint8)
        return images, torch.randint(10, (STATIC,), generator=rng)
    found = yield from mnist.opened("train", settings.data)
    return found.images, found.labels
