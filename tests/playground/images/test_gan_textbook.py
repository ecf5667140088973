"""Fix the textbook, of GANs: losses and slopes against closed forms, and D's loss climbed instead of descended."""

import functools
import math

import numpy as np
import pytest
import torch

from playground import wire
from playground.images import mnist
from playground.images.gan_lab_settings import LossShapeSettings, NoiseDataSettings, TurnedSignSettings
from playground.images.gan_losses import d_loss
from playground.images.gan_networks import made
from playground.images.gan_players import BETAS, as_input
from playground.images.gan_textbook import PLAIN, SHAPES, loss_shapes, shown_as_real, turned_sign
from playground.inference.control import Control
from playground.settings import Settings


def only_frame(task, settings: Settings) -> dict:
    [frame] = [frame for frame in task(settings, Control(settings)) if frame is not None]
    return frame


def sigmoid(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


BY_HAND = {  # name: (G's loss, its slope) of one image with the logit a
    "minimax": (lambda a: np.log(1 - sigmoid(a)), lambda a: -sigmoid(a)),
    "non_saturating": (lambda a: -np.log(sigmoid(a)), lambda a: sigmoid(a) - 1),
    "least_squares": (lambda a: (a - 1) ** 2 / 2, lambda a: a - 1),
    "hinge": (lambda a: -a, lambda a: -np.ones_like(a)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_curve_and_its_slope_are_their_closed_forms(name: str):
    told = only_frame(loss_shapes, LossShapeSettings())
    a = wire.decode(told["logits"]).astype(float)
    assert (a[0], a[-1]) == (-8, 8) and np.allclose(np.diff(a), 0.05, atol=1e-6)
    loss, slope = BY_HAND[name]
    assert np.allclose(wire.decode(told["losses"][name]), loss(a), atol=2e-4)
    assert np.allclose(wire.decode(told["slopes"][name]), slope(a), atol=1e-5)


def test_where_d_is_sure_the_first_formula_is_silent():
    sure = only_frame(loss_shapes, LossShapeSettings(sure=0.01))["sure"]
    assert sure["logit"] == pytest.approx(math.log(0.01 / 0.99))
    expected = {"minimax": -0.01, "non_saturating": -0.99, "least_squares": math.log(0.01 / 0.99) - 1, "hinge": -1}
    assert sure["slopes"] == pytest.approx(expected, abs=1e-6)


@functools.cache
def both_signs(seed: int = 3) -> dict:
    return only_frame(turned_sign, TurnedSignSettings(seed=seed, turned_steps=12, turned_rate=1e-3))


def test_minimising_the_loss_raises_v_and_maximising_it_lowers_v():
    told = both_signs()
    for curve in told.values():
        assert [len(numbers) for numbers in curve.values()] == [13] * 4
        assert curve["value"] == pytest.approx([-loss for loss in curve["loss"]])
    right, wrong = told["right"], told["wrong"]
    assert {name: numbers[0] for name, numbers in right.items()} == {name: n[0] for name, n in wrong.items()}
    assert abs(right["value"][0] + 2 * math.log(2)) < 0.1  # a D that knows nothing says ½
    assert right["value"][1] > right["value"][0] > wrong["value"][1]
    assert right["value"][-1] > -1 and wrong["value"][-1] < -2
    assert right["d_real"][-1] > 0.6 > 0.4 > wrong["d_real"][-1]


def test_the_turned_sign_is_what_torch_calls_maximize():
    """Every number again, by an Adam that is told to go up."""
    seed = 3
    rng = torch.Generator().manual_seed(seed)
    chosen = torch.randint(60_000, (64,), generator=rng)
    x, z = as_input(mnist.images("train")[chosen]), torch.randn(64, PLAIN.latent_size, generator=rng)
    G, D = made(PLAIN, seed)
    fake = G(z).detach()
    adam = torch.optim.Adam(D.parameters(), 1e-3, betas=BETAS, maximize=True)
    losses = []
    for _ in range(13):
        loss = d_loss("minimax", D(x), D(fake))
        losses.append(loss.item())
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert both_signs()["wrong"]["loss"] == pytest.approx(losses, rel=1e-4)


def test_what_is_shown_as_real_is_static_or_digits():
    told = only_frame(shown_as_real, NoiseDataSettings(seed=1))
    noise, digits = wire.decode(told["noise"]).astype(float), wire.decode(told["mnist"])
    assert (digits == mnist.images("train")[: len(digits)].numpy()).all()
    assert noise.shape == digits.shape and abs(noise.mean() - 127.5) < 3 and abs(noise.std() - 255 / 12**0.5) < 3
    beside = np.corrcoef(noise[..., :-1].ravel(), noise[..., 1:].ravel())[0, 1]
    assert abs(beside) < 0.05  # no pixel knows its neighbour
