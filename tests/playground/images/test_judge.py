"""The judge as shipped: it knows the digits, and what it says of a set of images is what can be computed otherwise."""

import json
import math
import re

import numpy as np
import pytest
import torch

from playground import wire
from playground.errors import ModelError, SettingError
from playground.images import judge, judge_network, mnist
from playground.images.frechet import Statistics, frechet
from playground.images.judge_settings import MOST, JudgeSettings
from playground.images.judge_tasks import JUDGE_IMAGES
from playground.inference.control import Control


def run(generator):
    """What a generator returns."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


def drawn(split, n, seed=0):
    """n images of one split, with their labels and places."""
    places = torch.randperm(mnist.COUNT[split], generator=torch.Generator().manual_seed(seed))[:n]
    return mnist.images(split)[places], mnist.labels(split)[places], places


@pytest.fixture(scope="module")
def all_tested():
    """Features and logits of all test images."""
    parts = [judge.features_and_logits(part) for part in mnist.images("test").split(judge.SLICE)]
    return torch.cat([features for features, _ in parts]), torch.cat([logits for _, logits in parts])


# ---------------------------------------------------------------- the classifier


def test_it_is_right_about_enough_test_images(all_tested):
    accuracy = judge.conditional_accuracy(all_tested[1], mnist.labels("test"))
    assert accuracy >= 0.994
    assert judge.figures()["test"]["accuracy"] == pytest.approx(accuracy, abs=2e-4)
    card = (judge_network.FOLDER / "README.md").read_text()
    assert f"test accuracy | {accuracy:.2%}" in card
    assert f"| {sum(p.numel() for p in judge_network.Judge().parameters()):,} |" in card


def test_what_it_says_of_an_image_does_not_depend_on_the_others():
    images, _, _ = drawn("test", 96)
    together = judge.features_and_logits(images)
    apart = [judge.features_and_logits(image[None]) for image in images[::8]]
    for whole, alone in zip(together, map(torch.cat, zip(*apart, strict=True)), strict=True):
        torch.testing.assert_close(whole[::8], alone, rtol=1e-4, atol=1e-4)


def test_the_embedded_statistics_are_those_of_the_test_images(all_tested):
    told, now = judge.test_statistics(), all_tested[0].double()
    torch.testing.assert_close(told.mean, now.mean(0), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(told.cov, torch.from_numpy(np.cov(now.numpy(), rowvar=False)), rtol=1e-2, atol=1e-3)
    assert frechet(all_tested[0], told) < 1e-3 * judge.floor(10_000)


def test_the_floor_is_what_training_images_score():
    training = mnist.images("train")
    for n in (500, 2_000):
        images, _, _ = drawn("train", n, seed=1)
        told = run(judge.judged(images))
        spread = next(point["sd"] for point in judge.figures()["floors"] if point["n"] == n)
        assert told["floor"] == judge.floor(n)
        assert abs(told["frechet"] - told["floor"]) < 6 * spread
    floors = [judge.floor(n) for n in (500, 700, 1_000, 1_500, 2_000, 5_000, 10_000, 60_000)]
    assert floors == sorted(floors, reverse=True) and floors[-1] > 0 and len(training) == 60_000


# ---------------------------------------------------------------- the scores


def test_frechet_of_a_set_with_itself_is_nothing(all_tested):
    features = all_tested[0][:1_000]
    assert frechet(features, features) < 1e-6 * Statistics.of(features).cov.trace()
    assert frechet(features, features.flip(0)) < 1e-6 * Statistics.of(features).cov.trace()


def test_frechet_of_gaussians_whose_covariances_commute():
    """There it is Σ (μ_a − μ_b)² + (√λ_a − √λ_b)², along the common axes."""
    rng = np.random.default_rng(0)
    axes, _ = np.linalg.qr(rng.normal(size=(16, 16)))
    spread_a, spread_b = rng.uniform(0, 4, 16), rng.uniform(0, 4, 16)
    spread_a[3] = 0  # a direction in which nothing varies
    mean_a, mean_b = rng.normal(size=(2, 16))
    a, b = (
        Statistics(torch.from_numpy(mean), torch.from_numpy(axes @ np.diag(spread) @ axes.T))
        for mean, spread in ((mean_a, spread_a), (mean_b, spread_b))
    )
    expected = ((mean_a - mean_b) ** 2).sum() + ((np.sqrt(spread_a) - np.sqrt(spread_b)) ** 2).sum()
    assert frechet(a, b) == pytest.approx(expected, rel=1e-6) == frechet(b, a)


def test_frechet_of_gaussians_whose_covariances_do_not_commute():
    """The product of two covariances has the squares of the wanted roots as its eigenvalues (no symmetry needed)."""
    rng = np.random.default_rng(1)
    left, right = (mixed @ mixed.T for mixed in rng.normal(size=(2, 12, 12)))
    zero = torch.zeros(12, dtype=torch.float64)
    roots = np.sqrt(np.linalg.eigvals(left @ right).real).sum()
    expected = np.trace(left) + np.trace(right) - 2 * roots
    assert frechet(*(Statistics(zero, torch.from_numpy(cov)) for cov in (left, right))) == pytest.approx(expected)


def test_frechet_takes_sets_of_features_by_their_means_and_covariances():
    rng = np.random.default_rng(2)
    features = rng.normal(size=(50, 5)) @ rng.normal(size=(5, 5)) + 3
    told = Statistics.of(torch.from_numpy(features))
    np.testing.assert_allclose(told.mean, features.mean(0))
    np.testing.assert_allclose(told.cov, np.cov(features, rowvar=False))
    shifted = torch.from_numpy(features + 2)
    assert frechet(torch.from_numpy(features), shifted) == pytest.approx(5 * 2**2)


def test_histogram_entropy_confidence_and_conditional_accuracy_by_hand():
    logits = torch.full((6, 10), -100.0)
    logits[torch.arange(6), torch.tensor([3, 3, 3, 7, 7, 0])] = 0
    logits[5, 9] = -math.log(3)  # odds of 3 to 1
    histogram = judge.class_histogram(logits)
    assert histogram.tolist() == [1, 0, 0, 3, 0, 0, 0, 2, 0, 0]
    p = np.array([1, 3, 2]) / 6
    assert judge.entropy(histogram) == pytest.approx(-(p * np.log(p)).sum() / math.log(10))
    assert judge.entropy(torch.full((10,), 4)) == pytest.approx(1) and judge.entropy(torch.eye(10).long()[4]) == 0
    assert judge.confidences(logits).tolist() == pytest.approx([1, 1, 1, 1, 1, 0.75])
    assert judge.conditional_accuracy(logits, torch.tensor([3, 3, 1, 7, 7, 0])) == pytest.approx(5 / 6)


def test_one_digit_is_told_from_ten_and_noise_from_digits():
    images, labels, _ = drawn("test", 2_000)
    fair = run(judge.judged(images[:600], labels[:600]))
    sevens = run(judge.judged(mnist.images("test")[mnist.labels("test") == 7][:600]))
    noise = torch.randint(256, (600, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    static = run(judge.judged(noise))
    assert fair["entropy"] > 0.99 and sevens["entropy"] < 0.1
    assert fair["conditional_accuracy"] > 0.98 and fair["confidence"] > 0.98
    assert fair["frechet"] < 2 * fair["floor"] and sevens["frechet"] > 10 * sevens["floor"]
    assert static["frechet"] > sevens["frechet"]


# ---------------------------------------------------------------- the nearest training image


def test_the_nearest_of_a_training_image_is_itself():
    images, _, places = drawn("train", 300)
    found, distances = judge.nearest(images)
    assert torch.equal(found, places)
    assert distances.max() < 2 * judge.figures()["level"]  # what rounding leaves


def test_the_nearest_is_that_of_an_exhaustive_search():
    images, labels, _ = drawn("test", 40)
    features = torch.cat([judge.features_and_logits(images)[0]])
    found, distances = judge.nearest(images)
    everyone = judge.training_levels().double() * judge.figures()["level"]
    exact = torch.cdist(judge.levels(features).double() * judge.figures()["level"], everyone)
    torch.testing.assert_close(distances.double(), exact.amin(1), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(exact.gather(1, found[:, None])[:, 0], exact.amin(1), rtol=1e-9, atol=1e-9)
    assert (mnist.labels("train")[found] == labels).float().mean() > 0.9


# ---------------------------------------------------------------- inside a run


def frame_of(images):
    frames = [frame for frame in JUDGE_IMAGES.run(JudgeSettings(images=wire.encode(images)), Control(None)) if frame]
    assert len(frames) == 1
    return json.loads(json.dumps(frames[0], allow_nan=False))


def test_the_task_tells_plain_data():
    images, labels, places = drawn("train", 500)
    told = frame_of(images.numpy())
    assert (wire.decode(told["classes"]) == labels.numpy()).mean() > 0.99
    assert told["confidence"] == pytest.approx(wire.decode(told["confidences"]).mean())
    assert sum(told["class_histogram"]) == 500 and told["frechet"] > 0 and told["floor"] == judge.floor(500)
    assert wire.decode(told["nearest"]["index"]).tolist() == places.tolist()
    assert told["real"]["accuracy"] >= 0.994


@pytest.mark.parametrize("value", [0, 255])
def test_few_images_and_empty_ones_are_judged_without_a_distance(value):
    told = frame_of(np.full((3, 28, 28), value, np.uint8))
    assert told["frechet"] is told["floor"] is None and sum(told["class_histogram"]) == 3
    assert wire.decode(told["nearest"]["index"]).shape == (3,)


@pytest.mark.parametrize(
    "images",
    [
        None, 7, "digits", [[0] * 28] * 28, {},
        wire.encode(np.zeros((28, 28), np.uint8)),
        wire.encode(np.zeros((2, 28, 27), np.uint8)),
        wire.encode(np.zeros((2, 1, 28, 28), np.uint8)),
        wire.encode(np.zeros((0, 28, 28), np.uint8)),
        wire.encode(np.zeros((MOST + 1, 28, 28), np.uint8)),
        wire.encode(np.zeros((2, 28, 28), np.float32)),
        wire.encode(np.zeros((2, 28, 28), np.uint8)) | {"shape": [3, 28, 28]},
    ],
)  # fmt: skip
def test_what_are_no_images_is_a_sentence(images):
    with pytest.raises(SettingError, match=r"^images must be .*\.$"):
        JudgeSettings(images=images)


def test_damaged_files_are_named(tmp_path, monkeypatch):
    caches = (judge_network.judge, judge.test_statistics, judge.figures, judge.training_levels)
    for module in (judge_network, judge):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    for name in (judge_network.WEIGHTS, judge.STATISTICS, judge.FIGURES, judge.TRAINING):
        (tmp_path / name).write_bytes(b"{ something else")
    try:
        for function in caches:
            function.cache_clear()
            with pytest.raises(ModelError, match=re.escape(tmp_path.name)):
                function()
    finally:
        for function in caches:
            function.cache_clear()
