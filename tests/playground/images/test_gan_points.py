"""The GAN game on points: each turn moves its own player, and what is told of a moment is what the networks say."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from playground import wire
from playground.errors import PlaygroundError
from playground.images import gan_losses, points
from playground.images.gan_points import Game, Player, mlp, train_points
from playground.images.gan_points_pictures import COUNTED, EDGE, LINES, SHOWN, SIDE, Teller
from playground.images.gan_points_settings import LOSSES, STEERABLE, PointsSettings
from playground.images.gan_points_tasks import MOMENTS, TRAIN_POINTS, conclude, merge
from playground.inference.control import Control, replay

QUICK = {"steps": 12, "batch_size": 16, "neurons_d": 8, "neurons_g": 8}


def frames(log: list | None = None, **settings) -> list[dict]:
    return list(replay(train_points, PointsSettings(**QUICK | settings), log or []))


def weights(player: Player) -> torch.Tensor:
    return player.weights.clone()


# ---------------------------------------------------------------- the game


@pytest.mark.parametrize("loss", LOSSES)
def test_a_turn_moves_its_own_player_only(loss):
    game = Game(PointsSettings(loss=loss, **QUICK))
    d, g = weights(game.D), weights(game.G)
    game.turn_of_d()
    assert not torch.equal(weights(game.D), d) and torch.equal(weights(game.G), g)
    d = weights(game.D)
    game.turn_of_g()
    assert torch.equal(weights(game.D), d) and not torch.equal(weights(game.G), g)


def test_the_settings_know_every_loss():
    assert LOSSES == gan_losses.LOSSES


@pytest.mark.parametrize("kind", ["adam", "sgd"])
def test_a_player_learns_as_with_torch_optim(kind):
    """On a loss of its own, twenty steps: the weights are those of torch's optimizer, and so is the gradient's norm."""
    mine, theirs = mlp(2, 2, 8, 1), mlp(2, 2, 8, 1)
    theirs.load_state_dict(mine.state_dict())
    make = {
        "adam": lambda w: torch.optim.Adam(w, lr=0.01, betas=(0.5, 0.999)),
        "sgd": lambda w: torch.optim.SGD(w, lr=0.01),
    }
    optimizer, player = make[kind](theirs.parameters()), Player(mine, kind, 0.01)
    for x in torch.randn(20, 16, 2, generator=torch.Generator().manual_seed(0)):
        norm = player.descend(player(x).square().mean())
        optimizer.zero_grad()
        theirs(x).square().mean().backward()
        assert norm == pytest.approx(
            torch.nn.utils.get_total_norm([w.grad for w in theirs.parameters()]).item(), rel=1e-4
        )
        optimizer.step()
    torch.testing.assert_close(player.weights, torch.nn.utils.parameters_to_vector(theirs.parameters()).detach())
    torch.testing.assert_close(mine.state_dict(), theirs.state_dict())


@pytest.mark.parametrize("loss", LOSSES)
def test_points_are_pushed_down_the_gradient_of_their_own_loss(loss):
    """Against finite differences: moving one point alone changes G's loss as its arrow says."""
    game = Game(PointsSettings(loss=loss, **QUICK))
    game.D.network.double()
    fake, real = torch.randn(5, 2, dtype=torch.float64), torch.randn(5, 2, dtype=torch.float64)
    pushed = game.push(fake, real)

    def loss_at(points: torch.Tensor) -> float:
        with torch.no_grad():
            return 5 * gan_losses.g_loss(loss, game.judge(real), game.judge(points)).item()

    for i in range(5):
        for axis in range(2):
            nudge = torch.zeros_like(fake)
            nudge[i, axis] = 1e-6
            slope = (loss_at(fake + nudge) - loss_at(fake - nudge)) / 2e-6
            assert pushed[i, axis].item() == pytest.approx(-slope, abs=1e-6)


@pytest.mark.parametrize("noise", ["uniform_1d", "uniform_2d", "gaussian_2d"])
def test_noise_is_what_it_is_called(noise):
    z = Game(PointsSettings(noise=noise, **QUICK)).noise(4000, torch.Generator().manual_seed(0))
    assert z.shape == (4000, 1 if noise == "uniform_1d" else 2)
    expected = 1.0 if noise == "gaussian_2d" else 1 / math.sqrt(3)  # standard deviation
    assert z.std().item() == pytest.approx(expected, rel=0.05) and abs(z.mean()) < 0.05
    assert (z.abs().max() > 1) == (noise == "gaussian_2d")


# ---------------------------------------------------------------- what is told


def teller(**settings) -> Teller:
    made = Teller(Game(PointsSettings(**QUICK | settings)))
    for _ in range(3):
        made.play(in_full=True)
    return made


def test_the_field_is_d_at_the_places_of_the_picture():
    told = teller()
    field = wire.decode(told.frame(3)["picture"]["field"])
    assert field.shape == (SIDE, SIDE) and SIDE >= 30
    cell = 2 * EDGE / SIDE
    for row, column in ((0, 0), (0, SIDE - 1), (7, 22), (SIDE - 1, 3)):
        place = torch.tensor([[-EDGE + (column + 0.5) * cell, EDGE - (row + 0.5) * cell]])
        assert field[row, column] / 255 == pytest.approx(told.game.judge(place).sigmoid().item(), abs=0.51 / 255)


def test_points_arrows_and_grid_are_of_the_same_moment():
    told = teller()
    picture = told.frame(3)["picture"]
    made = wire.decode(picture["generated"])
    np.testing.assert_allclose(made, told.game.G(told.z[:SHOWN]).detach().numpy(), atol=2e-3)
    pushed = told.game.push(torch.tensor(made, dtype=torch.float32), told.compared)
    np.testing.assert_allclose(wire.decode(picture["arrows"]), pushed.numpy(), atol=2e-3)
    grid = wire.decode(picture["manifold"])
    corner = told.game.G(torch.tensor([[-1.0, 1.0]])).detach().numpy()[0]
    assert grid.shape == (LINES, LINES, 2)
    np.testing.assert_allclose(grid[-1, 0], corner, atol=2e-3)


def test_cells_of_a_gaussian_grid_are_equally_likely():
    told = teller(noise="gaussian_2d")
    edges = told.lattice.view(LINES, LINES, 2)[0, :, 0]
    z = torch.randn(200_000, generator=torch.Generator().manual_seed(0))
    counts = torch.histogram(z[(z > edges[0]) & (z < edges[-1])], edges.contiguous()).hist
    assert ((counts - counts.mean()) ** 2 / counts.mean()).sum() < 43.8  # χ², 19 degrees of freedom, p = 0.001


def test_a_round_in_full_is_the_turns_that_were_taken():
    """D's scores are of before its update, the points move from where they were to where G puts them now."""
    told = teller()
    d_before, field_before = weights(told.game.D), told.field()
    told.play(in_full=True)
    now = told.round
    assert now["d"]["field"] == field_before and told.field() != field_before
    old = Game(PointsSettings(**QUICK))
    old.D.weights.copy_(d_before)
    real = torch.tensor(wire.decode(now["d"]["real"]), dtype=torch.float32)
    np.testing.assert_allclose(wire.decode(now["d"]["score_real"]), old.judge(real).sigmoid().detach(), atol=2e-3)
    z = torch.tensor(wire.decode(now["g"]["z"]), dtype=torch.float32)
    np.testing.assert_allclose(wire.decode(now["g"]["moved"]), told.generate(z), atol=4e-3)
    assert not np.allclose(wire.decode(now["g"]["moved"]), wire.decode(now["g"]["fake"]), atol=1e-3)


@pytest.mark.parametrize("data", ["ring", "drawing"])
def test_a_perfect_copy_is_as_far_as_the_floor_and_an_untrained_one_is_further(data):
    drawing = [0.5, 0.5, -0.5, 0.5, 0.0, -0.5]
    told = teller(data=data, drawn=drawing)
    [js] = told.frame(0)["curve"]["js"]
    assert told.floor < 0.1 < js <= 1
    rng = torch.Generator().manual_seed(5)
    copy = points.ring(COUNTED, rng) if data == "ring" else torch.tensor(drawing).view(3, 2).repeat(300, 1)
    assert told.point(0, copy)["js"] == pytest.approx(told.floor, abs=0.01)


# ---------------------------------------------------------------- runs


def test_it_learns_the_ring():
    told = frames(steps=700, neurons_d=32, neurons_g=32, batch_size=64)
    js = [frame["curve"]["js"][0] for frame in told]
    assert js[0] > 0.9 and min(js[-20:]) < 0.4


def test_same_seed_same_frames_whoever_else_draws():
    state = torch.get_rng_state()
    once = frames()
    assert torch.equal(state, torch.get_rng_state())
    torch.manual_seed(99)
    assert once == frames() != frames(seed=1)


def test_settings_and_log_give_the_same_run():
    log = [{"step": 2, "set": {"loss": "hinge", "optimizer_d": "sgd", "learning_rate_g": 0.01}}]
    once, plain = frames(log, steps=40), frames(steps=40)
    assert once == frames(log, steps=40)
    assert once[0] == plain[0] and once[-1]["curve"] != plain[-1]["curve"]
    assert [list(entry) for entry in once[-1]["log"]] == [
        ["step", "loss"],
        ["step", "optimizer_d"],
        ["step", "learning_rate_g"],
    ]
    assert set(log[0]["set"]) <= set(STEERABLE) == set(TRAIN_POINTS.steerable)


PAUSED = [{"step": 1, "pause": True}, {"step": 1, "set": {"players": "d"}}]  # before the first round


def test_one_player_alone_may_take_single_steps():
    """Paused, D's turn, then G's: the other's network is as it was. A step is a round, and each has its frame."""
    told = frames([*PAUSED, {"step": 2, "set": {"players": "g"}}])
    first, d_played, g_played = told[:3]
    assert [frame["step"] for frame in told[:3]] == [0, 1, 2]
    assert d_played["picture"]["manifold"] == first["picture"]["manifold"]
    assert d_played["picture"]["field"] != first["picture"]["field"] and list(d_played["round"]) == ["d"]
    assert g_played["picture"]["field"] == d_played["picture"]["field"]
    assert g_played["picture"]["manifold"] != d_played["picture"]["manifold"] and list(g_played["round"]) == ["g"]
    assert d_played["curve"]["g_loss"] == [None] and g_played["curve"]["d_loss"] == [None]


@pytest.mark.parametrize("data", ["eight", "drawing"])
def test_stopped_before_the_first_step_it_shows_both_networks_as_they_were(data):
    settings = PointsSettings(data=data, drawn=[0.5, 0.5, -0.5, 0.5, 0, -0.5], **QUICK)
    told = list(replay(train_points, settings, [{"step": 0, "stop": "stopped"}]))
    last = conclude(settings, told, "stopped")
    assert last["step"] == 0 and [moment["step"] for moment in last["history"]] == [0]
    assert len(wire.decode(last["real"])) == (3 if data == "drawing" else 500)
    assert conclude(settings, [], "stopped") == {}


def test_the_end_holds_the_run_and_is_small_enough():
    settings = PointsSettings(**QUICK | {"steps": 800})
    told = list(replay(train_points, settings, []))
    last = conclude(settings, told, "length")
    assert last["step"] == 800 and len(last["history"]) == MOMENTS and last["history"][-1]["step"] == 800
    assert last["curve"]["step"] == merge(told)["curve"]["step"]
    assert len(json.dumps(last, allow_nan=False)) < 2_000_000
    assert max(len(json.dumps(frame)) for frame in told) < 100_000


def test_frames_joined_miss_no_point_of_a_curve():
    told = frames(steps=60)
    half = merge(told[4:])
    assert half["start"] == 4 and half["curve"]["step"] == [frame["step"] for frame in told[4:]]
    assert half["picture"] == told[-1]["picture"]


@pytest.mark.parametrize("data", [{"drawn": []}, {"drawn": [0.1] * 9}])
def test_no_drawing_no_run(data):
    with pytest.raises(PlaygroundError) as caught:
        frames(data="drawing", **data)
    assert caught.value.key in ("points_few", "points_odd")


def test_numbers_that_run_away_end_the_run():
    wild = {"optimizer_d": "sgd", "optimizer_g": "sgd", "learning_rate_d": 1.0, "learning_rate_g": 1.0}
    settings = PointsSettings(**QUICK | wild | {"steps": 4000, "loss": "least_squares"})
    told = []
    with pytest.raises(FloatingPointError):
        for frame in train_points(settings, Control(settings)):
            told += [frame] if frame else []
    assert np.isfinite(wire.decode(conclude(settings, told, "error")["picture"]["generated"])).all()
