"""The variational autoencoder (Kingma & Welling 2014, arXiv:1312.6114): encoder, decoder, and the bound it maximises.

    q(z|x) = N(μ(x), σ²(x))     the encoder: a small cloud of codes for each image
    p(x|z) = Π Bernoulli(pᵢ)    the decoder: each pixel's probability of being ink
    p(z)   = N(0, 1)            the prior that the clouds should fill

    ELBO(x) = E_q[log p(x|z)] − KL(q(z|x) ‖ p(z)) ≤ log p(x)                                   (their equation 3)

Pixels are 0 or 1 (grey is cut at one half), so that the likelihood of a Bernoulli is one: of grey pixels it is not.
B images, Z numbers a code. Everything is in nats, summed over an image's pixels and a code's numbers.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIDE = 28  # pixels of an image's side
LOWEST, HIGHEST = -12.0, 8.0  # log σ² is kept between: e⁻⁶ ≤ σ ≤ e⁴, far outside what training reaches


def mlp_encoder(Z: int) -> nn.Sequential:
    """(B, 1, 28, 28) → (B, 2 Z): the network of the paper, one hidden layer."""
    return nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 400), nn.ReLU(), nn.Linear(400, 2 * Z))


def mlp_decoder(Z: int) -> nn.Sequential:
    """(B, Z) → (B, 1, 28, 28) logits."""
    return nn.Sequential(nn.Linear(Z, 400), nn.ReLU(), nn.Linear(400, SIDE * SIDE), nn.Unflatten(1, (1, SIDE, SIDE)))


def conv_encoder(Z: int) -> nn.Sequential:
    """(B, 1, 28, 28) → (B, 2 Z)."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, stride=2, padding=1),  # (B, 32, 14, 14)
        nn.SiLU(),
        nn.Conv2d(32, 64, 3, stride=2, padding=1),  # (B, 64, 7, 7)
        nn.SiLU(),
        nn.Flatten(),  # (B, 3136)
        nn.Linear(64 * 7 * 7, 64),
        nn.SiLU(),
        nn.Linear(64, 2 * Z),
    )


def conv_decoder(Z: int) -> nn.Sequential:
    """(B, Z) → (B, 1, 28, 28) logits. Two numbers must become any digit, so most of the work is done before there are
    pixels: two hidden layers, then two transposed convolutions."""
    return nn.Sequential(
        nn.Linear(Z, 128),
        nn.SiLU(),
        nn.Linear(128, 128),
        nn.SiLU(),
        nn.Linear(128, 32 * 7 * 7),
        nn.SiLU(),
        nn.Unflatten(1, (32, 7, 7)),
        nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1),  # (B, 16, 14, 14)
        nn.SiLU(),
        nn.ConvTranspose2d(16, 1, 4, stride=2, padding=1),  # (B, 1, 28, 28)
    )


ARCHITECTURES = {"mlp": (mlp_encoder, mlp_decoder), "conv": (conv_encoder, conv_decoder)}


class VAE(nn.Module):
    """An encoder and a decoder. Its first weights come from the global generator: see `seeded`."""

    def __init__(self, architecture: str, latent_size: int) -> None:
        super().__init__()
        encoder, decoder = ARCHITECTURES[architecture]
        self.latent_size = latent_size
        self.encoder, self.decoder = encoder(latent_size), decoder(latent_size)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, 1, 28, 28) of zeros and ones → μ, log σ², each (B, Z)."""
        mu, log_variance = self.encoder(x - 0.5).chunk(2, dim=1)
        return mu, log_variance.clamp(LOWEST, HIGHEST)

    def decode(self, z: Tensor) -> Tensor:
        """z (B, Z) → each pixel's probability of being ink, (B, 1, 28, 28)."""
        return self.decoder(z).sigmoid()


def seeded(architecture: str, latent_size: int, seed: int) -> VAE:
    """A new VAE whose first weights are those of `seed`; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return VAE(architecture, latent_size)


def binarised(images: Tensor) -> Tensor:
    """images (N, 28, 28) uint8 → (N, 1, 28, 28) float32, 1 where there is at least half as much ink as fits."""
    return (images > 127).float()[:, None]


def reparameterise(mu: Tensor, log_variance: Tensor, epsilon: Tensor) -> Tensor:
    """z = μ + σ ε, with ε from N(0, 1): the draw is outside, so the gradient reaches μ and σ (§2.4)."""
    return mu + (0.5 * log_variance).exp() * epsilon


def kl_per_latent(mu: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(μ, σ²) ‖ N(0, 1)) = ½ (μ² + σ² − 1 − log σ²), of each number of each code, (B, Z) nats (appendix B)."""
    return 0.5 * (mu**2 + log_variance.exp() - 1.0 - log_variance)


def reconstruction_error(logits: Tensor, x: Tensor) -> Tensor:
    """−log p(x|z) = −Σᵢ [xᵢ log pᵢ + (1 − xᵢ) log(1 − pᵢ)] of each image, (B,) nats."""
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)


def elbo_terms(model: VAE, x: Tensor, epsilon: Tensor) -> tuple[Tensor, Tensor]:
    """The two parts of −ELBO for x (B, 1, 28, 28), one draw ε (B, Z) an image: reconstruction (B,), KL (B, Z)."""
    mu, log_variance = model.encode(x)
    logits = model.decoder(reparameterise(mu, log_variance, epsilon))
    return reconstruction_error(logits, x), kl_per_latent(mu, log_variance)
