"""The VAE's formulas against torch.distributions, Monte Carlo, finite differences and numbers made by hand."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli, Normal, kl_divergence

from playground.images import mnist
from playground.images.vae import (
    VAE,
    binarised,
    elbo_terms,
    kl_per_latent,
    reconstruction_error,
    reparameterise,
    seeded,
)
from playground.images.vae_learner import Learner
from playground.images.vae_models import load
from playground.images.vae_settings import VaeSettings
from playground.inference.units import finished


def normals(B: int, Z: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(B, Z, generator=rng), torch.randn(B, Z, generator=rng)


def test_kl_is_that_of_two_normals():
    mu, log_variance = normals(5, 3)
    expected = kl_divergence(Normal(mu, (0.5 * log_variance).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(kl_per_latent(mu, log_variance), expected)
    assert kl_per_latent(torch.zeros(2, 3), torch.zeros(2, 3)).eq(0).all()  # the prior itself


def test_kl_is_the_mean_of_the_log_ratio():
    mu, log_variance = normals(1, 2, seed=3)
    q, p = Normal(mu, (0.5 * log_variance).exp()), Normal(torch.zeros(1, 2), torch.ones(1, 2))
    epsilon = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(1))
    z = reparameterise(mu, log_variance, epsilon)
    ratios = q.log_prob(z) - p.log_prob(z)  # (200000, 2)
    error = ratios.std(0) / math.sqrt(len(ratios))
    assert ((ratios.mean(0) - kl_per_latent(mu, log_variance)[0]).abs() < 5 * error).all()


def test_draws_have_the_mean_and_the_spread_that_were_asked_for():
    mu, log_variance = torch.tensor([[1.5, -2.0]]), torch.tensor([[math.log(0.25), math.log(9.0)]])
    z = reparameterise(mu, log_variance, torch.randn(200_000, 2, generator=torch.Generator().manual_seed(2)))
    torch.testing.assert_close(z.mean(0), mu[0], atol=0.03, rtol=0)
    torch.testing.assert_close(z.std(0), torch.tensor([0.5, 3.0]), atol=0.03, rtol=0)


def test_the_gradient_reaches_mu_and_sigma_through_the_draw():
    """Of f(z) = Σ z³ it is 3 z² by μ and 3 z² · ½ σ ε by log σ²."""
    mu, log_variance = (tensor.requires_grad_() for tensor in normals(4, 2, seed=5))
    epsilon = torch.randn(4, 2, generator=torch.Generator().manual_seed(6))
    z = reparameterise(mu, log_variance, epsilon)
    (z**3).sum().backward()
    sigma = (0.5 * log_variance).exp()
    torch.testing.assert_close(mu.grad, (3 * z**2).detach())
    torch.testing.assert_close(log_variance.grad, (3 * z**2 * 0.5 * sigma * epsilon).detach())


def test_reconstruction_error_is_the_bernoullis():
    rng = torch.Generator().manual_seed(0)
    logits, x = torch.randn(3, 1, 28, 28, generator=rng), torch.rand(3, 1, 28, 28, generator=rng).round()
    torch.testing.assert_close(reconstruction_error(logits, x), -Bernoulli(logits=logits).log_prob(x).sum((1, 2, 3)))
    blind = reconstruction_error(torch.zeros(2, 1, 28, 28), x[:2])
    torch.testing.assert_close(blind, torch.full((2,), 784 * math.log(2)))


class ByHand(nn.Module):
    """μ = (1, 0), σ² = (1, 4) of every image; decodes z to logits that are all z₁ + z₂."""

    latent_size = 2

    def encode(self, x):
        return torch.tensor([[1.0, 0.0]]).repeat(len(x), 1), torch.tensor([[0.0, math.log(4.0)]]).repeat(len(x), 1)

    def decoder(self, z):
        return z.sum(1)[:, None, None, None].expand(-1, 1, 28, 28)


def test_elbo_terms_on_numbers_made_by_hand():
    """ε = (0, ½): z = (1, 1), all logits 2. KL: ½ (1 + 1 − 1 − 0) = ½, and ½ (0 + 4 − 1 − ln 4) = 1.5 − ln 2."""
    x = torch.zeros(1, 1, 28, 28)
    x[0, 0, 0, :10] = 1.0  # 10 pixels of ink, 774 without
    reconstruction, kl = elbo_terms(ByHand(), x, torch.tensor([[0.0, 0.5]]))
    torch.testing.assert_close(kl, torch.tensor([[0.5, 1.5 - math.log(2)]]))
    p = 1 / (1 + math.exp(-2))
    assert reconstruction.item() == pytest.approx(-10 * math.log(p) - 774 * math.log(1 - p), rel=1e-5)


def test_grey_is_cut_at_one_half():
    images = torch.tensor([[0, 127], [128, 255]], dtype=torch.uint8).expand(3, 2, 2)
    assert binarised(images)[0, 0].tolist() == [[0.0, 0.0], [1.0, 1.0]]
    assert binarised(images).shape == (3, 1, 2, 2)


@pytest.mark.parametrize(("architecture", "Z"), [("mlp", 2), ("mlp", 32), ("conv", 2), ("conv", 16)])
def test_shapes(architecture, Z):
    model = VAE(architecture, Z)
    mu, log_variance = model.encode(torch.zeros(3, 1, 28, 28))
    assert mu.shape == log_variance.shape == (3, Z)
    p = model.decode(mu)
    assert p.shape == (3, 1, 28, 28) and p.ge(0).all() and p.le(1).all()
    if architecture == "mlp":  # 784-400-2Z and Z-400-784, with biases
        expected = 784 * 400 + 400 + 400 * 2 * Z + 2 * Z + Z * 400 + 400 + 400 * 784 + 784
        assert sum(parameter.numel() for parameter in model.parameters()) == expected


def test_a_seed_makes_the_weights_and_leaves_the_global_generator_alone():
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    a, b, c = seeded("conv", 2, 1), seeded("conv", 2, 1), seeded("conv", 2, 2)
    assert torch.rand(1) == expected
    assert all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))
    assert not torch.equal(next(a.parameters()), next(c.parameters()))


def test_the_elbo_lies_below_the_importance_weighted_estimate():
    """log p(x) ≥ E log (1/K) Σ p(x|z) p(z) / q(z|x) ≥ ELBO (Burda et al. 2016), with the embedded model."""
    model, x = load("conv-2d").model, binarised(mnist.images("test")[:40])
    K, rng = 50, torch.Generator().manual_seed(0)
    with torch.no_grad():
        mu, log_variance = model.encode(x)
        q, prior = Normal(mu, (0.5 * log_variance).exp()), Normal(torch.zeros_like(mu), torch.ones_like(mu))
        weights, elbos = [], []
        for _ in range(K):
            epsilon = torch.randn(mu.shape, generator=rng)
            z = reparameterise(mu, log_variance, epsilon)
            log_p = Bernoulli(logits=model.decoder(z)).log_prob(x).sum((1, 2, 3))
            weights.append(log_p + prior.log_prob(z).sum(1) - q.log_prob(z).sum(1))
            reconstruction, kl = elbo_terms(model, x, epsilon)
            elbos.append(-reconstruction - kl.sum(1))
    estimate = torch.stack(weights).logsumexp(0) - math.log(K)
    elbo, closed = torch.stack(weights).mean(0).mean(), torch.stack(elbos).mean(0).mean()
    assert estimate.mean() > elbo
    assert abs(elbo - closed) < 1.0  # the KL's closed form against its draws, both the mean of 2,000


def test_a_batch_in_chunks_has_the_gradient_of_the_whole():
    """100 images of one batch: 64 and 36 of them. β weighs the KL alone."""
    settings = VaeSettings(batch_size=100, beta=3.0, learning_rate=1e-3, seed=4)
    images = mnist.images("test")[:500]
    learner, model = Learner(settings, images), seeded("mlp", 2, 4)
    rng = torch.Generator().manual_seed(4)
    batch = torch.randint(500, (100,), generator=rng)
    epsilon = torch.randn(100, 2, generator=rng)
    reconstruction, kl = elbo_terms(model, binarised(images[batch]), epsilon)
    (reconstruction.mean() + 3.0 * kl.sum(1).mean()).backward()
    terms = finished(learner.step())
    for mine, expected in zip(learner.model.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, expected.grad, atol=1e-5, rtol=1e-4)
    assert terms.reconstruction == pytest.approx(reconstruction.mean().item(), rel=1e-5)
    assert terms.kl_per_latent == pytest.approx(kl.mean(0).tolist(), rel=1e-4)
    assert terms.elbo == pytest.approx(-(reconstruction.mean() + kl.sum(1).mean()).item(), rel=1e-5)
