"""Trained VAEs by their ids: those that come with the project, and checkpoints of live training.

An embedded one is fp16 safetensors whose header holds its settings, its figures on the 10,000 test images, and the
percentiles of their reconstruction errors.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from playground.checkpoints import CHECKPOINTS
from playground.errors import ModelError, SettingError
from playground.images import mnist
from playground.images.mnist import Images
from playground.images.vae import VAE
from playground.images.vae_settings import EMBEDDED, VaeSettings

FOLDER = Path(__file__).parents[1] / "weights" / "vae"


@dataclass(frozen=True)
class Trained:
    """A VAE that has learned, in eval mode."""

    id: str
    model: VAE
    settings: VaeSettings
    step: int
    figures: dict[str, float] = field(default_factory=dict)  # elbo, reconstruction, kl on all test images, if measured
    percentiles: list[float] | None = None  # 0th … 100th of the test images' reconstruction errors, if measured

    @property
    def latent_size(self) -> int:
        return self.model.latent_size

    def card(self) -> dict[str, Any]:
        """What a page says of it."""
        return {
            "id": self.id,
            "architecture": self.settings.architecture,
            "latent_size": self.latent_size,
            "beta": self.settings.beta,
            "steps": self.step,
            "data": self.settings.data,
            "parameters": sum(p.numel() for p in self.model.parameters()),
            **self.figures,
        }


def load(id: str) -> Trained:
    """Raises ModelError: unknown_model, checkpoint_gone, model_file_broken."""
    if id in EMBEDDED:
        return _embedded(id)
    if not id.startswith("vae-"):
        raise ModelError("unknown_model", model=id, choices=EMBEDDED)
    CHECKPOINTS.get(id, "vae")  # whether it is still kept; its time begins anew
    return _checkpoint(id)


@cache
def _embedded(id: str) -> Trained:
    weights, header = read(FOLDER / f"{id}.safetensors")
    settings = VaeSettings(**header["settings"])
    return Trained(id, _model(settings, weights), settings, header["step"], header["figures"], header["percentiles"])


@lru_cache(maxsize=16)
def _checkpoint(id: str) -> Trained:
    kept = CHECKPOINTS.get(id, "vae")
    return Trained(id, _model(kept.settings, kept.state["model"]), kept.settings, kept.step)


def _model(settings: VaeSettings, weights: dict[str, Tensor]) -> VAE:
    model = VAE(settings.architecture, settings.latent_size).eval().requires_grad_(False)
    model.load_state_dict(weights)
    return model


def read(file: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Weights as float32, and the header. Raises ModelError("model_file_broken")."""
    try:
        with safe_open(file, "pt") as opened:
            header = {name: json.loads(value) for name, value in opened.metadata().items()}
            return {name: opened.get_tensor(name).float() for name in opened.keys()}, header  # noqa: SIM118
    except (SafetensorError, OSError) as broken:
        raise ModelError("model_file_broken", file=file.name) from broken


def images_of(trained: Trained, split: mnist.Split) -> Generator[None, None, Images]:
    """Those it learned from, or their test set, opened beside the run."""
    return (yield from mnist.opened(split, trained.settings.data))


def two_numbers(trained: Trained) -> None:
    """Raises SettingError unless its codes are points of a plane."""
    if trained.latent_size != 2:
        raise SettingError("vae_not_a_plane", field="model", model=trained.id, size=trained.latent_size)


def code(trained: Trained, z: tuple[float, ...]) -> list[float]:
    """`z` as a code of this model; empty is the middle of the prior. Raises SettingError for another number of them."""
    if z and len(z) != trained.latent_size:
        raise SettingError("vae_code_length", field="z", model=trained.id, size=trained.latent_size, value=len(z))
    return list(z) or [0.0] * trained.latent_size
