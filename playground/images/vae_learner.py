"""A VAE that learns: the model, Adam, and the random numbers of its batches and draws. One step is one update.

Shared by live training (vae_training.py) and the recipe of the embedded models (playground/recipes/vae.py).
"""

from __future__ import annotations

import copy
from collections.abc import Generator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor

from playground.images.vae import VAE, binarised, elbo_terms, seeded
from playground.images.vae_settings import VaeSettings

CHUNK = 64  # images whose gradient is computed at once: some 25 ms of a core for the convolutions
HELD_OUT_CHUNK = 250  # the same without a gradient


class Terms(NamedTuple):
    """The parts of the objective, nats an image: means over a batch or a set of images."""

    reconstruction: float
    kl: float  # summed over the code's numbers
    kl_per_latent: list[float]  # Z

    @property
    def elbo(self) -> float:
        """log p(x) is at least this."""
        return -(self.reconstruction + self.kl)


class Learner:
    """`images` (N, 28, 28) uint8 are what it learns from. Everything random comes from `settings.seed`."""

    def __init__(self, settings: VaeSettings, images: Tensor) -> None:
        self.images, self.batch_size, self.beta = images, settings.batch_size, settings.beta
        self.rng = torch.Generator().manual_seed(settings.seed)
        self.model = seeded(settings.architecture, settings.latent_size, settings.seed)
        self.learning_rate = settings.learning_rate
        self.steps = 0  # done

    @cached_property
    def optimizer(self) -> torch.optim.Adam:
        """Made when it is first needed: see inference/aside.py, `optimizers_imported`."""
        return torch.optim.Adam(self.model.parameters(), lr=self.learning_rate)

    def step(self) -> Generator[None, None, Terms]:
        """One update on a batch drawn with replacement: minimises reconstruction + β KL. Yields between chunks; closed
        before its end, it has changed nothing."""
        B, before = self.batch_size, self.rng.get_state()
        batch = torch.randint(len(self.images), (B,), generator=self.rng)
        epsilon = torch.randn(B, self.model.latent_size, generator=self.rng)
        total, kl_total = 0.0, torch.zeros(self.model.latent_size)
        self.optimizer.zero_grad()
        for chunk, noise in zip(batch.split(CHUNK), epsilon.split(CHUNK), strict=True):
            reconstruction, kl = elbo_terms(self.model, binarised(self.images[chunk]), noise)
            loss = (reconstruction.sum() + self.beta * kl.sum()) / B
            loss.backward()
            total, kl_total = total + reconstruction.sum().item(), kl_total + kl.detach().sum(0)
            try:
                yield
            except GeneratorExit:
                self.rng.set_state(before)
                raise
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate
        self.optimizer.step()
        self.steps += 1
        return terms(total, kl_total, B)

    @property
    def finite(self) -> bool:
        """No weight is infinite or undefined."""
        return all(weight.isfinite().all() for weight in self.model.parameters())

    def state(self) -> dict[str, Any]:
        """All that a learner of the same settings needs to go on exactly from here."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict() if "optimizer" in vars(self) else None,  # None: not made yet
            "rng": self.rng.get_state(),
            "steps": self.steps,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from there, with the learning rate of these settings."""
        self.model.load_state_dict(state["model"])
        if state["optimizer"] is not None:  # torch keeps the tensors that it is given, and learning writes to them
            self.optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))
        self.rng.set_state(state["rng"])
        self.steps = state["steps"]


def terms(reconstruction: float, kl: Tensor, n: int) -> Terms:
    """The means of sums over n images; kl (Z,)."""
    per_latent = (kl / n).tolist()
    return Terms(reconstruction / n, sum(per_latent), per_latent)


def held_out_terms(model: VAE, images: Tensor, seed: int = 0) -> Generator[None, None, Terms]:
    """The terms on images (N, 28, 28) uint8 with one draw of ε for each, the same draws for the same seed."""
    rng = torch.Generator().manual_seed(seed)
    total, kl_total = 0.0, torch.zeros(model.latent_size)
    for chunk in images.split(HELD_OUT_CHUNK):
        epsilon = torch.randn(len(chunk), model.latent_size, generator=rng)
        with torch.no_grad():
            reconstruction, kl = elbo_terms(model, binarised(chunk), epsilon)
        total, kl_total = total + reconstruction.sum().item(), kl_total + kl.sum(0)
        yield
    return terms(total, kl_total, len(images))


@torch.no_grad()
def ink_certainty(model: VAE, images: Tensor) -> float:
    """Σ p² / Σ p over the pixels of images (N, 28, 28) uint8, reconstructed from μ: where a decoder draws ink, how sure
    it is of it, from 1 (every pixel black or white) down to the least, near 0, of a grey haze."""
    mu, _ = model.encode(binarised(images))
    p = model.decode(mu)
    return float(p.square().sum() / p.sum())
