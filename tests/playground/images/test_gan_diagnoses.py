"""The rules on evidence made by hand. That each fires on its preset and none on the healthy one is measured by
tests/benchmarks/gan_diagnoses.py, which takes minutes."""

import pytest
import torch

from playground.images import mnist
from playground.images.gan_diagnoses import (
    LEARNED,
    WINDOW,
    Evidence,
    contrast,
    diagnose,
    smoothness,
    spread,
)
from playground.images.gan_players import Players
from playground.images.gan_settings import GanSettings

HEALTHY = {"d_loss": 1.2, "g_loss": 0.8, "d_real": 0.6, "d_fake": 0.4}
FAIR = {"step": 400, "entropy": 0.99, "class_histogram": [50] * 10}
DIGITS = mnist.images("train")[:200]


def keys(point: dict, judged: dict | None = FAIR, samples=DIGITS[:64], images=DIGITS, bend: float = 1.0) -> list[str]:
    evidence = Evidence(images)
    for _ in range(WINDOW):
        evidence.add(point, samples)
    evidence.judged, evidence.bend = judged, bend
    return [told["key"].removeprefix("gan_") for told in diagnose(evidence)]


def test_a_fair_fight_has_no_diagnosis():
    assert keys(HEALTHY) == []


def test_each_rule_has_its_own_evidence():
    assert keys(HEALTHY | {"d_real": 0.999, "d_fake": 0.001}) == ["d_too_strong"]
    assert keys(HEALTHY | {"d_loss": 40.0}) == ["losses_swing"]
    assert keys(HEALTHY, bend=1e-6) == ["no_nonlinearity"]
    few = {"step": LEARNED, "entropy": 0.1, "class_histogram": [490, 10, *[0] * 8]}
    assert keys(HEALTHY, few) == ["mode_collapse"]
    assert keys(HEALTHY, few | {"step": LEARNED - 1}) == []  # all generators begin with one image
    assert keys(HEALTHY, samples=DIGITS[:1].expand(64, -1, -1)) == ["mode_collapse"]
    assert keys(HEALTHY, None, samples=DIGITS[:1].expand(64, -1, -1)) == ["samples_alike"]
    assert keys(HEALTHY, samples=torch.full((64, 28, 28), 127, dtype=torch.uint8)) == []  # grey: it has yet to begin
    static = torch.randint(256, (200, 28, 28), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    assert keys(HEALTHY, samples=static[:64], images=static) == ["noise_data"]


def test_the_sentence_of_a_collapse_names_the_digit():
    evidence = Evidence(DIGITS)
    for _ in range(WINDOW):
        evidence.add(HEALTHY, DIGITS[:64])
    evidence.judged = {"step": 500, "entropy": 0.1, "class_histogram": [0, 10, 0, 490, *[0] * 6]}
    (told,) = diagnose(evidence)
    assert "98% of its images for a 3" in told["sentence"]


@pytest.mark.parametrize("labels", [True, False])
def test_a_linear_d_has_no_bend_and_another_has(labels: bool):
    evidence = Evidence(DIGITS)
    bends = []
    for kind in ("none", "leaky_relu"):
        evidence.look(Players(GanSettings(channels=16, nonlinearity=kind, labels=labels)))
        bends.append(evidence.bend)
    assert bends[0] < 1e-4 and bends[1] > 1e-2


def test_measures_of_images():
    assert spread(DIGITS[:1].expand(9, -1, -1).float()) == 0
    flat = torch.arange(4.0)[:, None, None].expand(4, 28, 28)
    assert contrast(flat) == 0 and spread(flat) == pytest.approx(torch.arange(4.0).std().item())
    assert smoothness(DIGITS.float()) > 0.75
