"""The judge's network: a small classifier of digits whose last hidden layer serves as a measure of likeness."""

from __future__ import annotations

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
        """x (N, 1, 28, 28) in [0, 1] → features (N, F) ≥ 0, logits (N, 10)."""
        features = self.features(x)
        return features, self.logits(features)


@cache
def judge() -> Judge:
    """The embedded judge, ready to judge: loaded once. Raises ModelError for a file that is missing or damaged."""
    model = Judge()
    try:
        stored = load_file(FOLDER / WEIGHTS)
        model.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in stored.items()})
    except (OSError, RuntimeError, SafetensorError) as error:
        raise ModelError("model_file_broken", file=f"{FOLDER.name}/{WEIGHTS}") from error
    return model.eval().requires_grad_(False).to(memory_format=torch.channels_last)


@torch.no_grad()
def features_and_logits(images: Tensor) -> tuple[Tensor, Tensor]:
    """images (N, 28, 28) uint8 → features (N, F), logits (N, 10). A run asks for at most 128 at a time (20 ms)."""
    return judge()(as_floats(images).to(memory_format=torch.channels_last))
