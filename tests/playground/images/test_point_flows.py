"""Diffusion and flow matching on points: the paths and their velocities, what follows them, and what a run tells."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from playground import wire
from playground.errors import SettingError
from playground.frames import append
from playground.images import point_flows
from playground.images.diffusion_settings import SAMPLERS
from playground.images.point_flow_settings import PATHS, FlowSettings
from playground.images.point_flows import SCALE, half, on_path, round_the_circle, straight, straightness
from playground.images.point_flows_as_python import point_flows_as_python
from playground.inference.control import Control, replay

pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # from within diffusers
TARGET = torch.tensor([0.7, -0.4])  # data that is a single point, so that every velocity is known


def noise(n=20):
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(0))


def result(generator):
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize("path, constant", [("flow", 1.0), ("diffusion", torch.pi / 2)])
def test_the_velocity_is_the_derivative_of_the_path(path, constant):
    x0, epsilon, t, dt = noise(), noise().flip(0), torch.linspace(0.1, 0.9, 20).double(), 1e-5
    after, before = (on_path(path, x0.double(), epsilon.double(), t + sign * dt)[0] for sign in (1, -1))
    _, velocity = on_path(path, x0.double(), epsilon.double(), t)
    torch.testing.assert_close((after - before) / (2 * dt), constant * velocity, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_goes_from_data_to_noise(path):
    x0, epsilon = noise(), noise().flip(0)
    torch.testing.assert_close(on_path(path, x0, epsilon, torch.zeros(20))[0], x0)
    torch.testing.assert_close(on_path(path, x0, epsilon, torch.ones(20))[0], epsilon, atol=1e-6, rtol=0)


@pytest.mark.parametrize("steps", [1, 7])
def test_straight_paths_to_one_point_arrive_in_any_number_of_steps(steps):
    places, times = result(straight(lambda x, t: (x - TARGET) / t[:, None], noise(), steps))
    assert places.shape == (steps + 1, 20, 2) and times[0] == 1.0 and times[-1] == 0.0
    torch.testing.assert_close(places[-1], TARGET.expand(20, 2), atol=1e-5, rtol=0)
    expected = torch.lerp(noise(), TARGET.expand(20, 2), 1 - torch.tensor(times)[:, None, None])
    torch.testing.assert_close(places, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_of_diffusion_arrives_at_one_point(sampler):
    def velocity(x, t):
        sin, cos = (torch.pi / 2 * t[:, None]).sin(), (torch.pi / 2 * t[:, None]).cos()
        return (cos * x - TARGET) / sin

    places, times = result(round_the_circle(velocity, noise(), sampler, 20, torch.Generator().manual_seed(0)))
    assert len(places) == len(times) and times == sorted(times, reverse=True) and times[-1] == 0
    assert (places[-1] - TARGET).abs().mean() < (0.05 if "ddpm" in sampler else 0.02)
    if sampler == "ddim":  # it stays on the quarter circle from the noise to the point, where its times say
        t = torch.pi / 2 * torch.tensor(times)[:, None, None]
        torch.testing.assert_close(places, t.cos() * TARGET + t.sin() * noise(), atol=2e-3, rtol=0)


@pytest.mark.parametrize("path", PATHS)
def test_a_run_learns_to_carry_noise_to_the_data(path):
    settings = FlowSettings(path=path, data="clusters", updates=200 if path == "reflow" else 400, steps=15)
    frames = list(replay(point_flows.train, settings, []))
    told = [frame["js"] for frame in frames if "js" in frame]
    assert told[0] > 0.4 and told[-1] < 0.25
    whole = append(frames)
    assert [point["step"] for point in whole["curve"]] == list(range(20, 401, 20))
    assert whole["curve"][-1]["loss"] < 0.9 * whole["curve"][0]["loss"] and 0 < whole["floor"] < 0.2
    assert [walk["steps"] for walk in whole["walks"]] == [1, 2, 3, 5, 10, 15, 20]
    fifteen = whole["walks"][5]
    trajectories, samples = wire.decode(fifteen["trajectories"]), wire.decode(whole["samples"])
    assert trajectories.shape == (16, 300, 2) and (trajectories[-1] == samples).all()
    assert fifteen["js"] == whole["js"] == whole["curve"][-1]["js"]
    assert abs(trajectories[0].std() * SCALE - 1) < 0.1  # they begin as noise
    assert wire.decode(whole["fields"]).shape == (6, 15, 15, 2)
    fine = wire.decode(whole["fine"]["fields"])
    assert fine.shape == (21, 15, 15, 2) and whole["fine"]["moments"][12] == whole["moments"][3] == 0.6
    assert (fine[12] == wire.decode(whole["fields"])[3]).all()


def test_straight_pairs_make_bent_ways_and_pairing_them_anew_makes_straight_ones_that_one_step_follows():
    last = {}
    for path in ("flow", "reflow"):
        settings = FlowSettings(path=path, data="ring", updates=600)
        last[path] = append(list(replay(point_flows.train, settings, [])))["walks"]
    [one_flow, *_, flow], [one_reflow, *_, reflow] = last["flow"], last["reflow"]
    assert flow["straightness"] < 0.8 < 0.97 < reflow["straightness"]
    assert one_flow["js"] > 0.9 and one_reflow["js"] < 0.35
    # one step of flow matching goes to the mean of all data, which lies in the middle of the ring
    assert abs(wire.decode(one_flow["trajectories"])[-1]).mean() < 0.1


@pytest.mark.parametrize("asked", [{"sampler": "ddim", "steps": 7}, {"sampler": "euler_ancestral", "data": "drawing"}])
def test_the_copied_program_carries_the_noise_to_the_same_points(asked, tmp_path, monkeypatch):
    settings = FlowSettings(
        **{"updates": 40, "neurons": 16, "steps": 3, "drawn": [0.1, 0.2, -0.3, 0.4, 0.5, -0.6]} | asked
    )
    monkeypatch.chdir(tmp_path)
    exec(point_flows_as_python(settings), {})
    for path in PATHS:
        walks = append(list(replay(point_flows.train, replace(settings, path=path), [])))["walks"]
        (walk,) = (walk for walk in walks if walk["steps"] == settings.steps)
        ends = np.loadtxt(tmp_path / f"{path}.csv", delimiter=",", skiprows=1)
        assert np.abs(wire.decode(walk["trajectories"])[-1] - ends).max() < 2e-3  # told as float16


def test_of_a_drawing_of_two_points_there_is_no_program():
    with pytest.raises(SettingError, match="3"):
        point_flows_as_python(FlowSettings(data="drawing", drawn=(0.1, 0.2, 0.3, 0.4)))


def test_straightness_is_a_chord_by_its_arc():
    angle = torch.linspace(0, torch.pi, 1001)
    half_circle = torch.stack([angle.cos(), angle.sin()], -1)[:, None]  # (1001, 1, 2)
    assert straightness(half_circle) == pytest.approx(2 / torch.pi, abs=1e-4)
    assert straightness(half_circle[[0, -1]]) == 1.0 and straightness(half_circle[:1]) == 1.0


def test_a_long_walk_is_no_single_unit_of_work():
    asked = []

    def network(x, t):
        asked.append(len(x))
        return torch.zeros_like(x)

    for walk in (round_the_circle(network, noise(), "ddim", 100, torch.Generator()), straight(network, noise(), 100)):
        asked.clear()
        counts = [len(asked) for _ in walk]
        assert max(b - a for a, b in pairwise([0, *counts, len(asked)])) <= 25 and len(asked) == 100


def test_a_unit_of_work_has_few_updates(monkeypatch):
    made = []
    update = point_flows.Learner.update
    monkeypatch.setattr(point_flows.Learner, "update", lambda self, n: made.append(n) or update(self, n))
    settings = FlowSettings(path="flow", updates=40, steps=1)
    counts = [len(made) for _ in point_flows.train(settings, Control(settings))]
    assert max(b - a for a, b in pairwise([0, *counts])) <= 5 and made == list(range(40))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_can_be_tried_in_every_number_of_steps(sampler):
    whole = append(list(replay(point_flows.train, FlowSettings(sampler=sampler, updates=20, steps=4), [])))
    for walk in whole["walks"]:
        trajectories = wire.decode(walk["trajectories"])
        assert len(trajectories) == len(walk["times"]) and len(walk["times"]) - 1 in (walk["steps"], walk["steps"] - 1)


def test_near_the_noise_the_field_points_to_the_middle_of_the_data():
    settings = FlowSettings(path="flow", data="drawing", drawn=[0.5, 0.5] * 4, updates=200)
    whole = append(list(replay(point_flows.train, settings, [])))
    field = torch.from_numpy(wire.decode(whole["fields"])).float()[-1]  # t = 0.95: x₀ − ε, seen from x ≈ ε
    along = torch.linspace(-1.5, 1.5, 15)
    y, x = torch.meshgrid(along, along, indexing="ij")
    towards = torch.stack([0.5 - x, 0.5 - y], -1)
    assert torch.cosine_similarity(field, towards, dim=-1)[5:10, 5:9].mean() > 0.9


def test_the_same_settings_give_the_same_frames():
    settings = FlowSettings(updates=40, sampler="ddpm", steps=5, data="grid")
    first, again = (list(replay(point_flows.train, settings, [])) for _ in range(2))
    assert first == again


def test_a_stopped_run_tells_where_it_was():
    control, frames = Control(FlowSettings(updates=1000, steps=4)), []
    for frame in filter(None, point_flows.train(control.settings, control)):
        frames.append(frame)
        if len(frames) == 3:
            control.deliver({"stop": "stopped"})
    assert append(frames)["step"] == 40 and [walk["steps"] for walk in frames[-1]["walks"]] == [1, 2, 3, 4, 5, 10, 20]


def test_what_is_not_finite_ends_the_run():
    with pytest.raises(FloatingPointError):
        half(torch.tensor([torch.nan]))
    with pytest.raises(FloatingPointError):
        half(torch.tensor([1e6]))


@pytest.mark.parametrize("drawn, key", [([], "points_few"), ([0.1, 0.2, 0.3], "points_odd"), ([2.0], "out_of_range")])
def test_a_drawing_that_is_none_is_refused(drawn, key):
    with pytest.raises(SettingError) as refused:
        list(replay(point_flows.train, FlowSettings(data="drawing", drawn=drawn), []))
    assert refused.value.key == key
