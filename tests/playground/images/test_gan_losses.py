"""Each loss against its formula, worked out by hand with math on three real and three fake logits."""

from math import exp, log

import pytest
import torch
from torch import nn

from playground.images.gan_losses import LOSSES, d_loss, g_loss, probability, squared_slopes

REAL, FAKE = [2.0, 0.5, -1.0], [-1.5, 0.0, 3.0]


def sigmoid(a: float) -> float:
    return 1 / (1 + exp(-a))


def mean(values) -> float:
    values = list(values)
    return sum(values) / len(values)


LOG_D = -mean(log(sigmoid(r)) for r in REAL) - mean(log(1 - sigmoid(f)) for f in FAKE)
BY_HAND = {  # name: (what D minimises, what G minimises)
    "minimax": (LOG_D, mean(log(1 - sigmoid(f)) for f in FAKE)),
    "non_saturating": (LOG_D, -mean(log(sigmoid(f)) for f in FAKE)),
    "least_squares": (
        mean((r - 1) ** 2 for r in REAL) / 2 + mean(f**2 for f in FAKE) / 2,
        mean((f - 1) ** 2 for f in FAKE) / 2,
    ),
    "hinge": ((0 + 0.5 + 2) / 3 + (0 + 1 + 4) / 3, -(-1.5 + 0 + 3) / 3),
    "relativistic": (
        mean(log(1 + exp(-(r - f))) for r, f in zip(REAL, FAKE, strict=True)),
        mean(log(1 + exp(-(f - r))) for r, f in zip(REAL, FAKE, strict=True)),
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_its_formula(name: str):
    real, fake = torch.tensor(REAL, dtype=torch.float64), torch.tensor(FAKE, dtype=torch.float64)
    of_d, of_g = BY_HAND[name]
    assert d_loss(name, real, fake).item() == pytest.approx(of_d, rel=1e-12)
    assert g_loss(name, real, fake).item() == pytest.approx(of_g, rel=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_both_losses_push_where_the_game_says(name: str):
    """Lowering D's loss raises D(x) and lowers D(G(z)); lowering G's raises D(G(z)). And huge logits stay finite."""
    real, fake = torch.tensor([0.3], requires_grad=True), torch.tensor([-0.2], requires_grad=True)
    up, down = torch.autograd.grad(d_loss(name, real, fake), (real, fake))
    assert up < 0 and (down > 0 or name == "least_squares")  # least squares pulls −0.2 up to its target, 0
    assert torch.autograd.grad(g_loss(name, real, fake), fake)[0] < 0
    far = torch.tensor([-1e4, 1e4])
    assert d_loss(name, far, -far).isfinite() and g_loss(name, far, -far).isfinite()


def test_minimax_gives_g_no_gradient_where_non_saturating_does():
    """The reason why section 3 of the paper swaps G's loss: a D that is sure leaves nothing to learn from."""
    sure = torch.tensor([-12.0], requires_grad=True)
    saturated = torch.autograd.grad(g_loss("minimax", None, sure), sure)[0]
    alive = torch.autograd.grad(g_loss("non_saturating", None, sure), sure)[0]
    assert abs(saturated) < 1e-5 and alive == pytest.approx(-1, abs=1e-4)


def test_the_squared_slope_of_a_linear_d_is_its_squared_weight_everywhere():
    d = nn.Linear(6, 1)
    x = torch.randn(5, 6, generator=torch.Generator().manual_seed(0)).requires_grad_()
    slopes = squared_slopes(d(x), x)
    assert torch.allclose(slopes, d.weight.square().sum().expand(5), rtol=1e-5)
    slopes.mean().backward()  # d/dw ‖w‖² = 2 w, by which D learns to be less steep
    assert torch.allclose(d.weight.grad, 2 * d.weight, rtol=1e-5)


def test_squared_slopes_are_those_of_each_input():
    """D(x) = ½ ‖x‖² has ∇D = x."""
    x = torch.randn(4, 1, 3, 3, generator=torch.Generator().manual_seed(1)).requires_grad_()
    logits = x.square().flatten(1).sum(1) / 2
    assert torch.allclose(squared_slopes(logits, x), x.square().sum((1, 2, 3)), rtol=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_a_probability_lies_between_0_and_1(name: str):
    said = probability(name, torch.tensor([-30.0, 0.25, 30.0]))
    assert said[0] == pytest.approx(0, abs=1e-9) and said[2] == 1
    assert said[1] == pytest.approx(0.25 if name == "least_squares" else sigmoid(0.25))


def test_an_unknown_loss_is_refused():
    with pytest.raises(ValueError, match="wasserstein"):
        d_loss("wasserstein", torch.zeros(1), torch.zeros(1))
    with pytest.raises(ValueError, match="wasserstein"):
        g_loss("wasserstein", None, torch.zeros(1))
