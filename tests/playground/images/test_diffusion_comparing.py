"""Comparisons of the diffusion tab: a run in the middle beside shorter runs, and grids as people type them."""

from __future__ import annotations

import numpy as np
import pytest

from playground import wire
from playground.errors import SettingError
from playground.images import diffusion_snapshot
from playground.images.denoiser import Walk, evaluations
from playground.images.diffusion_comparing import ComparisonSettings, SnapshotSettings, listed
from playground.images.diffusion_settings import SAMPLERS, GridSettings
from tests.playground.images.gaussian_denoiser import MEANS
from tests.playground.images.test_diffusion import MODEL, denoised, run

pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # from within diffusers


def compared(**asked):
    return run(diffusion_snapshot.side_by_side, SnapshotSettings(**asked))


def pictures(told):
    return wire.decode(told["images"])


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_snapshots_are_the_long_run_s_own_and_short_runs_are_runs(sampler):
    asked = {"digits": [2, 7], "sampler": sampler, "guidance": 2.0, "eta": 1.0}
    frame, whole = compared(**asked, steps=9), denoised(**asked, steps=9)
    lengths = frame["opening"]["lengths"]
    assert lengths[0] == 1 and lengths[-1] == len(whole["steps"])
    assert [seen["k"] for seen in frame["snapshots"]] == lengths == sorted(one["k"] for one in frame["runs"])
    for seen in frame["snapshots"]:
        assert np.array_equal(pictures(seen["x0"]), whole["steps"][seen["k"] - 1].x0)
        after = whole["steps"][seen["k"]].x_t if seen["k"] < lengths[-1] else wire.decode(whole["closing"]["images"])
        assert np.array_equal(pictures(seen["x_t"]), after)
    for short in frame["runs"]:
        alone = denoised(**asked, steps=short["k"])
        assert short["images"]["images"] == alone["closing"]["images"]
        assert short["images"]["accuracy"] == alone["closing"]["judged"]["conditional_accuracy"]
        assert short["timesteps"] == alone["opening"]["timesteps"]


@pytest.mark.parametrize("steps", range(1, 11))
def test_ancestral_steps_stay_finite_however_few(steps):
    """diffusers' own arithmetic makes the first of three steps from σ = 20,000 not a number."""
    images = wire.decode(denoised(digits=[7], sampler="euler_ancestral", steps=steps)["closing"]["images"])
    assert np.abs(images.astype(float) - 127.5 * (1 + MEANS[7].item())).mean() < 60


def test_all_images_are_judged_and_ten_are_told():
    frame = compared(digits=[1, 4], num_images=7, steps=2)
    assert {pictures(one["images"]).shape for one in frame["runs"]} == {(10, 28, 28)}
    assert {one["images"]["accuracy"] * 14 % 1 for one in frame["runs"]} == {0.0}


def test_a_comparison_that_is_stopped_keeps_what_is_done():
    frame = run(diffusion_snapshot.side_by_side, SnapshotSettings(digits=[1], steps=16), stop_after=2)
    assert [seen["k"] for seen in frame["snapshots"]] == [1, 2] and frame["runs"] == []


def test_after_a_stop_no_sampler_is_made_any_more(monkeypatch):
    made = []

    class Counted(diffusion_snapshot.Run):
        def __init__(self, *arguments):
            made.append(arguments)
            super().__init__(*arguments)

    monkeypatch.setattr(diffusion_snapshot, "Run", Counted)
    run(diffusion_snapshot.side_by_side, SnapshotSettings(digits=[1], steps=16), stop_after=2)
    assert len(made) == 1


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("steps", [1, 2, 7, 999, 1000])
def test_a_walk_has_the_evaluations_that_are_told_beforehand(sampler, steps):
    assert evaluations(sampler, steps) == len(Walk(MODEL, sampler, steps).timesteps)


def test_the_short_runs_halve():
    assert SnapshotSettings(per_halving=1).lengths(40) == [1, 2, 5, 10, 20, 40]
    assert SnapshotSettings(per_halving=1).lengths(1) == [1]
    assert set(SnapshotSettings(per_halving=1).lengths(1000)) < set(SnapshotSettings(per_halving=3).lengths(1000))


# ---------------------------------------------------------------- grids as they are typed


def test_a_typed_grid_is_the_grid_it_means():
    typed = ComparisonSettings(
        x="guidance", x_values="1, 2，4;1", y="sampler", y_values="DDIM, DPM-Solver++ 2M、Euler a", images=20, seed=5
    )
    assert typed.grid() == GridSettings(
        x="guidance", x_values=(1, 2, 4), y="sampler", y_values=(1, 5, 3), images=20, seed=5
    )


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_is_known_by_its_own_name(sampler):
    assert listed("sampler", sampler) == (SAMPLERS.index(sampler),)


@pytest.mark.parametrize(
    "asked, key, field",
    [
        ({"x_values": "four"}, "not_a_number", "steps"),
        ({"x_values": "4, 2.5"}, "not_an_integer", "steps"),
        ({"x_values": "0"}, "out_of_range", "steps"),
        ({"x_values": "1e99"}, "out_of_range", "steps"),
        ({"x_values": "nan"}, "not_a_number", "steps"),
        ({"x_values": " , "}, "grid_no_values", "x_values"),
        ({"x_values": "1 2 3 4 5 6 7 8 9"}, "not_numbers", "x_values"),
        ({"y_values": "PLMS"}, "not_one_of", "sampler"),
        ({"y_values": "3, 4", "y": "steps"}, "grid_one_axis", "y"),
        ({"x_values": "1000", "images": 1000}, "grid_too_big", "images"),
    ],
)
def test_a_typed_grid_that_cannot_be_is_refused(asked, key, field):
    with pytest.raises(SettingError) as refused:
        ComparisonSettings(**asked).grid()
    assert (refused.value.key, refused.value.values["field"]) == (key, field)
