"""Each step of training changes its own network and nothing else, and does what its formula says."""

import copy

import pytest
import torch

from playground.images.gan_losses import d_loss, g_loss
from playground.images.gan_networks import made
from playground.images.gan_players import Players, as_images, as_input, d_step, draw_batch, fixed_noise, follow, g_step
from playground.images.gan_settings import LOSSES, PRESETS, TEXTBOOK, GanSettings

SMALL = {"channels": 16, "batch_size": 6, "latent_size": 8}
IMAGES = torch.randint(256, (40, 28, 28), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
LABELS = torch.arange(40) % 10
KINDS = {
    "dcgan": SMALL,
    "penalised": SMALL | {"r1": 0.5, "r2": 0.2, "loss": "relativistic"},
    "mlp": TEXTBOOK | {"batch_size": 6},
    "linear": SMALL | {"nonlinearity": "none", "labels": False},
}


def started(**values):
    settings = GanSettings(**values)
    players = Players(settings)
    batch = draw_batch(players, settings, IMAGES, LABELS)
    return players, settings, batch, players.g(batch.z, batch.y)


def everything(network) -> dict:
    return copy.deepcopy(network.state_dict())


def same(before: dict, network) -> bool:
    return all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def parameters_moved(before: dict, network) -> bool:
    return all(not torch.equal(p, before[name]) for name, p in network.named_parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_of_d_changes_only_d_and_one_of_g_only_g(kind: str):
    players, settings, batch, fake = started(**KINDS[kind])
    g, d, shown = everything(players.g), everything(players.d), everything(players.shown)
    d_step(players, settings, batch, fake)
    assert parameters_moved(d, players.d) and same(g, players.g)
    d = everything(players.d)  # weights and the followed spectral norms
    g_step(players, settings, batch, fake)
    assert same(d, players.d)
    moved = {n for n, p in players.g.named_parameters() if not torch.equal(p, g[n])}
    assert moved == {n for n, _ in players.g.named_parameters()}
    assert same(shown, players.shown)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_losses_told_are_the_formulas_on_what_the_players_say(loss: str):
    players, settings, batch, fake = started(**SMALL, loss=loss, spectral_norm=False)
    with torch.no_grad():
        real_logits, fake_logits = players.d(batch.real, batch.y), players.d(fake, batch.y)
    told, d_real, d_fake = d_step(players, settings, batch, fake)
    assert told == pytest.approx(d_loss(loss, real_logits, fake_logits).item(), rel=1e-4)
    assert 0 <= d_real <= 1 and 0 <= d_fake <= 1
    with torch.no_grad():  # G is judged by the D that has just learned
        real_logits, fake_logits = players.d(batch.real, batch.y), players.d(fake, batch.y)
    expected = g_loss(loss, real_logits, fake_logits).item()
    assert g_step(players, settings, batch, fake) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("weights", [{"r1": 3.0}, {"r2": 0.5}, {"r1": 0.2, "r2": 3.0}])
def test_r1_and_r2_are_half_gamma_times_the_mean_squared_gradient_on_real_and_generated_images(weights: dict):
    """The gradient of D's whole loss with γ is that without, plus γ/2 of the penalty's, computed apart."""
    players, settings, batch, fake = started(**SMALL, spectral_norm=False)
    d = copy.deepcopy(players.d)
    loss = d_loss(settings.loss, d(batch.real, batch.y), d(fake.detach(), batch.y))
    for name, images in (("r1", batch.real), ("r2", fake)):
        x = images.detach().clone().requires_grad_()
        (slope,) = torch.autograd.grad(d(x, batch.y).sum(), x, create_graph=True)
        loss = loss + weights.get(name, 0.0) / 2 * slope.square().sum((1, 2, 3)).mean()
    loss.backward()
    d_step(players, GanSettings(**SMALL, spectral_norm=False, **weights), batch, fake)
    for mine, theirs in zip(players.d.parameters(), d.parameters(), strict=True):
        assert torch.allclose(mine.grad, theirs.grad, rtol=1e-3, atol=1e-6)


def test_spectral_norm_keeps_every_layer_of_d_at_one():
    players, settings, batch, fake = started(**SMALL)
    for _ in range(30):
        d_step(players, settings, batch, fake)
    for layer in (*players.d.features, players.d.score):
        if hasattr(layer, "weight"):
            largest = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2)
            assert largest == pytest.approx(1, abs=0.1)


def test_the_shown_g_is_the_moving_average():
    players, settings, batch, fake = started(**SMALL)
    players.step = 10**6  # far past the first steps, which count more
    before = players.shown.layers[0].weight.clone()
    d_step(players, settings, batch, fake)
    g_step(players, settings, batch, fake)
    follow(players, 0.9)
    expected = 0.9 * before + 0.1 * players.g.layers[0].weight
    assert torch.allclose(players.shown.layers[0].weight, expected, atol=1e-6)
    follow(players, 0.0)
    assert same(everything(players.g), players.shown)


def test_pixels_go_to_the_players_and_back():
    assert torch.equal(as_images(as_input(IMAGES)), IMAGES)
    assert as_input(IMAGES).min() == -1 and as_input(IMAGES).max() == 1
    with pytest.raises(FloatingPointError):
        as_images(torch.full((1, 1, 28, 28), torch.nan))


def test_first_weights_depend_on_the_seed_alone_and_leave_the_global_generator_be():
    state = torch.random.get_rng_state()
    first, again, other = (made(GanSettings(**SMALL), seed)[0] for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert same(everything(first), again) and not same(everything(first), other)


def test_asked_for_digits_go_round():
    z, y = fixed_noise(GanSettings(), 64)
    assert z.shape == (64, 64) and y.argmax(1).tolist() == [i % 10 for i in range(64)]
    assert fixed_noise(GanSettings(labels=False), 3)[1] is None


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_makes_a_pair_that_fits(preset: str):
    settings = GanSettings(**PRESETS[preset])
    g, d = made(settings, 0)
    z, y = fixed_noise(settings, 4)
    images = g(z, y)
    assert images.shape == (4, 1, 28, 28) and images.abs().max() <= 1 and d(images, y).shape == (4,)


def test_without_nonlinearity_d_is_one_linear_map_and_with_it_is_not():
    a, b = as_input(IMAGES[:8]), as_input(IMAGES[8:16])
    for kind, bends in (("none", False), ("leaky_relu", True)):
        d = made(GanSettings(**SMALL, labels=False, nonlinearity=kind), 0)[1].eval()
        middle, mean = d((a + b) / 2), (d(a) + d(b)) / 2
        assert torch.allclose(middle, mean, atol=1e-5) is not bends
