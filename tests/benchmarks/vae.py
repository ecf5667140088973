"""The embedded VAE's bound against a published one, and what the live view costs: python -m tests.benchmarks.vae

elbo        of conv-2d on all 10,000 test images, cut at half grey, nats an image: one draw of ε for each, the mean of
            five such measurements and how far they differ; against -155.9, ten epochs of TensorFlow's tutorial network
            (a convolutional VAE with a code of two numbers, binarised at one half, a third party's run)
log p(x)    the importance-weighted estimate (Burda et al. 2016) with 100 draws, of the first 1,000 test images: what
            that bound is below
live view   steps a second of the processor's time with the frames of a run on the page, against the same steps with
            none; by turns, the median
"""

from __future__ import annotations

import math
import statistics
import time

import torch
from torch import Tensor
from torch.distributions import Normal

from playground.images import mnist
from playground.images.vae import VAE, binarised, reconstruction_error, reparameterise
from playground.images.vae_learner import Learner, held_out_terms
from playground.images.vae_models import load
from playground.images.vae_settings import VaeSettings
from playground.images.vae_training import train_vae
from playground.inference.control import replay
from playground.inference.device import prepare_torch
from playground.inference.units import finished

PUBLISHED = -155.9
SEEDS, DRAWS, ESTIMATED = 5, 100, 1000
TURNS, STEPS = 3, 500  # as many as the page begins with


@torch.no_grad()
def importance_weighted(model: VAE, images: Tensor, draws: int) -> float:
    """The mean over images (N, 28, 28) of log (1/K) Σ p(x|z) p(z) / q(z|x), K draws of z from q."""
    x, rng = binarised(images), torch.Generator().manual_seed(0)
    mu, log_variance = model.encode(x)
    q, prior = Normal(mu, (0.5 * log_variance).exp()), Normal(torch.zeros_like(mu), torch.ones_like(mu))
    weights = []
    for _ in range(draws):
        z = reparameterise(mu, log_variance, torch.randn(mu.shape, generator=rng))
        log_p = -reconstruction_error(model.decoder(z), x)
        weights.append(log_p + prior.log_prob(z).sum(1) - q.log_prob(z).sum(1))
    return (torch.stack(weights).logsumexp(0) - math.log(draws)).mean().item()


def bounds() -> None:
    model, test = load("conv-2d").model, mnist.images("test")
    elbos = [finished(held_out_terms(model, test, seed)).elbo for seed in range(SEEDS)]
    mean, apart = statistics.mean(elbos), max(elbos) - min(elbos)
    print(f"ELBO of conv-2d, {len(test):,} test images   {mean:8.2f} (±{apart / 2:.2f})   published {PUBLISHED}")
    several = [importance_weighted(model, part, DRAWS) for part in test[:ESTIMATED].split(100)]
    print(f"log p(x), {DRAWS} draws, first {ESTIMATED:,}      {statistics.mean(several):8.2f}")


def bare(settings: VaeSettings) -> float:
    """Steps a second without a view."""
    learner = Learner(settings, mnist.images("train"))
    start = time.process_time()
    for _ in range(settings.steps):
        finished(learner.step())
    return settings.steps / (time.process_time() - start)


def viewed(settings: VaeSettings) -> float:
    """The same as the page has it."""
    start = time.process_time()
    for _ in replay(train_vae, settings, []):
        pass
    return settings.steps / (time.process_time() - start)


def live_view(architecture: str) -> None:
    settings = VaeSettings(architecture=architecture, steps=STEPS)
    finished(Learner(settings, mnist.images("train")).step())  # the first optimizer of a process imports a lot
    turns = [(bare(settings), viewed(settings)) for _ in range(TURNS)]
    ratio = statistics.median(b / a for a, b in turns)
    without, with_view = (statistics.median(column) for column in zip(*turns, strict=True))
    print(f"live view, {architecture:<5}   {with_view:5.1f} steps/CPU s of {without:5.1f}  ratio {ratio:.2f} (0.90)")


def main() -> None:
    prepare_torch()
    bounds()
    for architecture in ("mlp", "conv"):
        live_view(architecture)


if __name__ == "__main__":
    main()
