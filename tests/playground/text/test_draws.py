"""Many draws of one token, against the distribution they come from; the test, against its formula and a table."""

import math

import numpy as np
import pytest
import torch

from playground import wire
from playground.errors import SettingError
from playground.inference.engine import Engine
from playground.inference.models import ModelStore
from playground.text.draws import at_least, cells, chi_squared, draw_many, experiment, told, total_variation
from playground.text.settings import DrawSettings, NextTokenSettings
from playground.text.tasks import DRAW, NEXT_TOKEN


@pytest.fixture(scope="module")
def engine():
    engine = Engine(ModelStore())
    yield engine
    engine.close()


def frame_of(engine, task, settings):
    *_, event = engine.frames(engine.submit(task, settings))
    assert event.error is None, event.error
    return event.frame


def some_p(size: int, seed: int = 0) -> torch.Tensor:
    """A distribution (size,) with a steep head, a long tail and some tokens cut away."""
    generator = torch.Generator().manual_seed(seed)
    p = (3 * torch.randn(size, generator=generator, dtype=torch.float64)).softmax(0)
    p[torch.rand(size, generator=generator) < 0.3] = 0
    return p / p.sum()


@pytest.mark.parametrize("seed", range(5))
def test_draws_follow_the_distribution(seed):
    p = some_p(200, seed)
    counts = draw_many(p, 50_000, torch.Generator().manual_seed(seed)).bincount(minlength=200)
    assert counts.sum() == 50_000
    assert counts[p == 0].sum() == 0
    assert chi_squared(counts.double(), p).p_value > 1e-4


def test_the_test_finds_a_distribution_that_is_not_the_one():
    p = some_p(200)
    counts = draw_many(p, 50_000, torch.Generator().manual_seed(0)).bincount(minlength=200).double()
    other = p**1.1 / (p**1.1).sum()
    assert chi_squared(counts, other).p_value < 1e-12


def test_a_token_that_is_cut_is_never_drawn_whatever_the_number():
    """Zeros at both ends and in the middle; numbers as near to the seams as they come."""
    p = torch.tensor([0, 0.25, 0, 0.5, 0.25, 0, 0], dtype=torch.float64)
    drawn = draw_many(p, 200_000, torch.Generator().manual_seed(1))
    assert set(drawn.tolist()) == {1, 3, 4}


def test_p_values_of_uniform_experiments_are_uniform():
    """Right p-values fall below x in a share x of all experiments."""
    p = torch.full((20,), 0.05, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    values = [chi_squared(draw_many(p, 500, generator).bincount(minlength=20).double(), p).p_value for _ in range(1000)]
    for share in (0.05, 0.25, 0.5, 0.9):
        assert np.mean(np.array(values) < share) == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 1000))


# Critical values of the chi-squared distribution as printed in statistics tables: (k, value, upper tail).
TABLE = [(1, 3.841, 0.05), (1, 6.635, 0.01), (2, 5.991, 0.05), (4, 13.277, 0.01), (10, 18.307, 0.05), (10, 4.865, 0.9)]
TABLE += [(30, 43.773, 0.05), (100, 124.342, 0.05), (100, 149.449, 0.001)]


@pytest.mark.parametrize(("k", "value", "tail"), TABLE)
def test_the_upper_tail_is_the_tables(k, value, tail):
    assert at_least(value, k) == pytest.approx(tail, rel=2e-3)


def test_the_statistic_is_the_plain_formula():
    """600 throws of a die, Pearson's own example in kind: every face expected 100 times."""
    counts = [90, 105, 112, 98, 95, 100]
    expected = sum((count - 100) ** 2 / 100 for count in counts)
    got = chi_squared(torch.tensor(counts, dtype=torch.float64), torch.full((6,), 1 / 6, dtype=torch.float64))
    assert got.statistic == pytest.approx(expected)
    assert got.degrees_of_freedom == 5
    assert got.p_value == pytest.approx(at_least(expected, 5))


@pytest.mark.parametrize(
    ("expected", "cells_expected"),
    [
        ([50, 30, 20], [50, 30, 20]),  # nothing to pool
        ([80, 10, 4, 3, 3], [80, 10, 10]),  # the rest is a cell of its own
        ([80, 16, 2, 2], [80, 20]),  # a rest below 5 joins the rarest
        ([4, 4, 4], [12]),  # nothing but rest
        ([50, 50, 0, 0], [50, 50]),
    ],
)
def test_rare_tokens_share_a_cell(expected, cells_expected):
    counts = torch.arange(len(expected)).double() * (torch.tensor(expected) > 0)
    pooled, e = cells(counts, torch.tensor(expected).double())
    assert e.tolist() == cells_expected
    assert pooled.sum() == counts.sum()


def test_total_variation_is_half_the_sum_of_differences():
    counts, p = torch.tensor([6.0, 4.0, 0.0]), torch.tensor([0.5, 0.3, 0.2])
    assert total_variation(counts, p) == pytest.approx((0.1 + 0.1 + 0.2) / 2)


@pytest.mark.parametrize("draws", [1, 7, 1000, 100_000])
@pytest.mark.parametrize("top", [1, 20, 1000])
def test_what_is_told_adds_up(draws, top):
    p, settings = some_p(300), DrawSettings(draws=draws, top=top)
    drawn, counts = experiment(p, settings)
    outcome = told(p, drawn, counts, settings)
    cells_told = [*outcome["tokens"], outcome["other"]]
    assert sum(cell["count"] for cell in cells_told) == draws
    assert sum(cell["p"] for cell in cells_told) == pytest.approx(1)
    assert sum(cell["expected"] for cell in cells_told) == pytest.approx(draws)
    order = wire.decode(outcome["order"])
    listed = len(outcome["tokens"])
    assert listed == min(top, int((p > 0).sum()))
    assert np.bincount(order, minlength=listed + 1).tolist() == [cell["count"] for cell in cells_told]
    ids = [token["id"] for token in outcome["tokens"]]
    assert [ids[i] if i < listed else None for i in order] == [t if t in ids else None for t in drawn.tolist()]
    recounted = np.bincount(drawn, minlength=300)
    assert [token["count"] for token in outcome["tokens"]] == recounted[ids].tolist()
    assert [token["p"] for token in outcome["tokens"]] == np.sort(p.numpy())[::-1][:listed].tolist()


def test_it_draws_from_the_last_stage_of_the_waterfall(engine):
    shape = {"prompt": "Once upon a", "temperature": 1.6, "top_k": 12, "top_p": 0.95, "repetition_penalty": 1.2}
    shape |= {"banned": "day"}
    drawn = frame_of(engine, DRAW, DrawSettings(**shape, draws=5000, seed=3))
    last = frame_of(engine, NEXT_TOKEN, NextTokenSettings(**shape))["stages"][-1]
    assert [token["id"] for token in drawn["tokens"]] == [t["id"] for t in last["top"] if t["p"] > 0]
    for token, stage in zip(drawn["tokens"], last["top"], strict=False):
        assert token["p"] == pytest.approx(stage["p"], abs=1e-6)
        assert token["text"] == stage["text"]
    assert drawn["other"] == {
        "p": pytest.approx(0, abs=1e-9),
        "expected": pytest.approx(0, abs=1e-6),
        "count": 0,
        "kinds": 0,
    }
    assert drawn["p_value"] > 1e-4


def test_a_seed_reproduces_and_another_differs(engine):
    def counts(seed):
        return [t["count"] for t in frame_of(engine, DRAW, DrawSettings(prompt="The", seed=seed, top=5))["tokens"]]

    assert counts(4) == counts(4) != counts(5)


def test_at_temperature_zero_there_is_one_token_and_nothing_to_test(engine):
    outcome = frame_of(engine, DRAW, DrawSettings(prompt="Once upon a", temperature=0, draws=200))
    assert [(t["text"], t["p"], t["count"]) for t in outcome["tokens"]] == [(" time", 1.0, 200)]
    assert (outcome["chi_squared"], outcome["degrees_of_freedom"], outcome["p_value"]) == (0, 0, None)
    assert outcome["total_variation"] == 0


@pytest.mark.parametrize("bad", [{"draws": 0}, {"draws": 100_001}, {"draws": 2.5}, {"top": 0}, {"seed": -1}], ids=str)
def test_bad_settings_are_named(bad):
    with pytest.raises(SettingError, match=next(iter(bad))):
        DrawSettings(**bad)
