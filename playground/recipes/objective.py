"""What a language model is trained to do, as the training loop and the export must know it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor
from transformers import PreTrainedConfig, PreTrainedModel

from playground.recipes.card import Card, Told

if TYPE_CHECKING:
    from playground.recipes.export import Prepared
    from playground.recipes.language_model import Plan


class Objective(Protocol):
    config: type[PreTrainedConfig]
    model: type[PreTrainedModel]
    block: str  # in the names of the weights that lie inside a block, and in no others

    def build(self, config: PreTrainedConfig, dropout: float) -> PreTrainedModel:
        """A new model to train."""

    def begin(self, model: PreTrainedModel, stream: Tensor) -> None:
        """Before the first step: give the new model what can be had of the training stream (N,) at once."""

    def loss(self, model: PreTrainedModel, tokens: Tensor, step: int, plan: Plan, dtype: torch.dtype) -> Tensor:
        """Mean loss in nats a target of one batch of windows (B, W + 1); the same for the same step."""

    def validation_loss(self, model: PreTrainedModel, stream: Tensor, plan: Plan, dtype: torch.dtype) -> float:
        """Mean loss in nats a target of a held-out stream (N,); `model` is in eval mode."""

    def tell(self, folder: Path, prepared: Prepared, card: Card, plan: dict) -> Told:
        """What the card says of the weights in `folder`, measured on all of the held-out text in fp32."""
