"""Data sets of the plane have the shape they are called by; histograms sum to 1; divergences are what theory says."""

import math

import pytest
import torch

from playground.errors import SettingError
from playground.images import points
from playground.images.gan_points_settings import DATA, PointsSettings


def made(name: str, seed: int = 0) -> torch.Tensor:
    return points.data_set(name, (), torch.Generator().manual_seed(seed))


def test_a_ring_has_its_radius_all_round():
    ring = made("ring")
    radius, angle = ring.norm(dim=1), torch.atan2(ring[:, 1], ring[:, 0])
    assert abs(radius.mean() - 0.8) < 0.01 and abs(radius.std() - points.BLUR) < 0.01
    counts = torch.histc(angle, 8, -math.pi, math.pi)
    assert ((counts - 62.5) ** 2 / 62.5).sum() < 24.3  # χ², 7 degrees of freedom, p = 0.001


@pytest.mark.parametrize(("name", "centres", "apart"), [("eight", 8, 0.45), ("grid", 9, 0.45), ("clusters", 2, 0.8)])
def test_clusters_stand_apart_and_all_of_them_have_points(name, centres, apart):
    data, found = made(name), []
    for point in data:
        if all((point - centre).norm() > apart for centre in found):
            found.append(point)
    assert len(found) == centres
    nearest = torch.cdist(data, torch.stack(found)).argmin(1).bincount()
    assert nearest.min() > 500 / centres / 2


def test_two_moons_are_half_circles_that_reach_into_each_other():
    """Seen from its own centre every point is 0.6 away, on its own side; no straight line parts the two."""
    data = made("moons")
    centres = torch.tensor([[-0.3, -0.15], [0.3, 0.15]])
    off = (torch.cdist(data, centres) - 0.6).abs()  # (500, 2)
    assert off.min(1).values.max() < 5 * points.BLUR
    upper = data[off.argmin(1) == 0]
    lower = data[off.argmin(1) == 1]
    assert 200 < len(upper) < 300
    assert upper[:, 1].min() < lower[:, 1].max() - 0.1 and upper[:, 0].max() > lower[:, 0].min() + 0.3


def test_a_spiral_is_the_farther_out_the_more_it_has_turned():
    """Each point lies on an arm that its direction allows, a quarter of them on the inner half."""
    data = made("spiral")
    radius, angle = data.norm(dim=1), torch.atan2(data[:, 1], data[:, 0]) % (2 * math.pi)
    turned = torch.stack([angle, angle + 2 * math.pi], 1)  # (500, 2): once round, or twice
    off = (radius[:, None] - 0.85 * turned / (3 * math.pi)).abs().min(1)
    assert (off.values < 5 * points.BLUR).float().mean() > 0.97  # in the middle, blur turns a point far
    assert 90 < (radius < 0.425).sum() < 160  # a quarter: the way grows as the square of the radius


def test_a_line_is_one():
    x, y = made("line").T
    assert (y - 0.625 * x).abs().max() < 0.2 and torch.corrcoef(made("line").T)[0, 1] > 0.98


@pytest.mark.parametrize("name", points.SETS)
def test_every_set_fits_the_picture_and_is_the_same_for_the_same_seed(name):
    data = made(name)
    assert data.shape == (points.N, 2) and data.abs().max() <= 1
    assert torch.equal(data, made(name)) and not torch.equal(data, made(name, seed=1))


def test_the_settings_know_every_set():
    assert set(DATA) == {*points.SETS, "drawing"}


@pytest.mark.parametrize("place", ["inside", "outside"])
def test_probabilities_of_a_histogram_sum_to_one(place):
    """Also of points outside the picture, which GAN Lab's own histogram would lose."""
    data = torch.randn(450, 2, generator=torch.Generator().manual_seed(0)) * (0.3 if place == "inside" else 30)
    p = points.histogram(data)
    assert p.shape == (points.CELLS**2,) and p.sum().item() == pytest.approx(1, abs=1e-6)
    assert points.smoothed(p, 450).sum().item() == pytest.approx(1, abs=1e-6)
    assert points.smoothed(p, 450).min() > 0


def test_a_point_counts_in_its_own_cell():
    p = points.histogram(torch.tensor([[-0.99, -0.99], [-0.95, -0.91], [0.99, 0.99], [7.0, -0.95]]))
    assert p[0] == 0.5 and p[-1] == 0.25 and p[points.CELLS - 1] == 0.25


def test_divergences_against_their_definitions():
    p, q = torch.tensor([0.5, 0.5, 0.0]), torch.tensor([0.25, 0.25, 0.5])
    assert points.kl_bits(p, q) == pytest.approx(1.0)
    entropy = lambda r: -sum(x * math.log2(x) for x in r.tolist() if x)  # noqa: E731
    assert points.js_bits(p, q) == pytest.approx(entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2, abs=1e-6)
    assert points.js_bits(p, p) == 0
    assert points.js_bits(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])) == 1


@pytest.mark.parametrize(
    ("drawn", "key"),
    [
        ([], "points_few"),
        ([0.1, 0.2, 0.3, 0.4], "points_few"),
        ([0.1] * 7, "points_odd"),
        ([math.nan, 0.0] * 5, "not_a_number"),
        ([1.5, 0.0] * 5, "out_of_range"),
        (["0.1", 0.0] * 5, "not_a_number"),
        ([0.1] * 1002, "not_numbers"),
        ("0.1, 0.2", "not_numbers"),
    ],
    ids=["nothing", "two points", "half a point", "NaN", "outside", "text", "too many", "no list"],
)
def test_a_drawing_that_is_none_is_refused_with_a_sentence(drawn, key):
    with pytest.raises(SettingError) as caught:
        points.drawn(PointsSettings(data="drawing", drawn=drawn).drawn)
    assert caught.value.key == key and caught.value.values["field"] == "drawn" and str(caught.value).endswith(".")


def test_a_drawing_is_taken_as_it_was_drawn():
    settings = PointsSettings(data="drawing", drawn=[0.5, -0.25, 1, -1, 0, 0])
    data = points.data_set(settings.data, settings.drawn, torch.Generator())
    assert data.tolist() == [[0.5, -0.25], [1, -1], [0, 0]]
