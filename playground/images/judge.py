"""The judge: one small classifier of digits, by which GAN, VAE and diffusion are all scored alike.

What it reads of an image are F = 128 numbers, the features, and from them ten logits. Sets of images are compared by the
Fréchet distance between Gaussians fitted to their features (Heusel et al. 2017, arXiv:1706.08500, eq. 6), as FID does;
but FID's features are Inception's, so its numbers and these cannot be compared with each other.

N images; F features. Real images are the measure: even training images are not at distance 0 of the test images, but at
a floor that falls with N; so a distance is always told with the floor at its N (statistics.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from playground.errors import ModelError
from playground.images.mnist import as_floats

FOLDER = Path(__file__).parents[1] / "weights" / "judge"
WEIGHTS = "model.safetensors"
FEATURES, CLASSES = 128, 10
SLICE = 128  # images a forward pass: 20 ms on one core


def convolution(before: int, after: int, size: int, stride: int) -> nn.Sequential:
    """(N, before, H, W) → (N, after, H / stride, W / stride)."""
    conv = nn.Conv2d(before, after, size, stride, padding=size // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(after), nn.ReLU())


class Judge(nn.Module):
    """Four convolutions, a layer of features, a layer of logits."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            convolution(1, 24, 5, stride=2),  # (N, 24, 14, 14)
            convolution(24, 48, 3, stride=1),
            convolution(48, 64, 3, stride=2),  # (N, 64, 7, 7)
            convolution(64, 64, 3, stride=1),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(64 * 7 * 7, FEATURES, bias=False),
            nn.BatchNorm1d(FEATURES),
            nn.ReLU(),  # (N, F)
        )
        self.logits = nn.Sequential(nn.Dropout(0.3), nn.Linear(FEATURES, CLASSES))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (N, 1, 28, 28) in [0, 1] → features (N, F), logits (N, 10)."""
        features = self.features(x)
        return features, self.logits(features)


@cache
def judge() -> Judge:
    """The embedded judge, ready to judge: loaded once. Raises ModelError for a file that is missing or damaged."""
    model = Judge()
    try:
        model.load_state_dict({name: tensor.float() for name, tensor in load_file(FOLDER / WEIGHTS).items()})
    except (OSError, RuntimeError, SafetensorError) as error:
        raise ModelError("model_file_broken", file=f"{FOLDER.name}/{WEIGHTS}") from error
    return model.eval().requires_grad_(False).to(memory_format=torch.channels_last)


@torch.inference_mode()
def features_and_logits(images: Tensor) -> tuple[Tensor, Tensor]:
    """images (N, 28, 28) uint8 → features (N, F), logits (N, 10). In a run: at most SLICE images at a time."""
    return judge()(as_floats(images).to(memory_format=torch.channels_last))


def slices(images: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """features_and_logits of SLICE images after SLICE images."""
    for part in images.split(SLICE):
        yield features_and_logits(part)
