"""/judge_images of the real app: real digits, and whatever else can be posted."""

import math

import numpy as np
import pytest

from playground import wire
from playground.images import mnist
from tests.components.test_api import error_of, post


def test_real_digits_are_known_and_near_the_floor(app):
    places = np.arange(0, 60_000, 60)
    images = mnist.images("train")[places].numpy()
    event, [told] = post(app, "judge_images", [wire.encode(images)])[-1]
    assert event == "complete", told
    assert (wire.decode(told["classes"]) == mnist.labels("train")[places].numpy()).mean() > 0.99
    assert wire.decode(told["confidences"]).mean() == pytest.approx(told["confidence"])
    assert sum(told["class_histogram"]) == 1_000 and told["entropy"] > 0.99
    assert 0 < told["frechet"] < 3 * told["floor"]
    assert np.array_equal(wire.decode(told["nearest"]["index"]), places)


def test_few_images_have_no_distance(app):
    event, [told] = post(app, "judge_images", [wire.encode(np.zeros((499, 28, 28), np.uint8))])[-1]
    assert event == "complete" and told["frechet"] is None and told["floor"] is None


BAD = [
    (None, "wire form"), ("digits", "wire form"), ([[0] * 28] * 28, "wire form"), ({}, "wire form"),
    (wire.encode(np.zeros((0, 28, 28), np.uint8)), "(0, 28, 28)"),
    (wire.encode(np.zeros((28, 28), np.uint8)), "(28, 28)"),
    (wire.encode(np.zeros((2, 32, 32), np.uint8)), "(2, 32, 32)"),
    (wire.encode(np.zeros((2, 28, 28), np.float32)), "float32"),
    (wire.encode(np.zeros((10_001, 28, 28), np.uint8)), "bytes"),
    ({"shape": [1, 28, 28], "dtype": "uint8", "base64": "!"}, "base64"),
    ({"shape": [math.nan, 28, 28], "dtype": "uint8", "base64": ""}, "shape"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "said"), BAD, ids=lambda value: repr(value)[:30])
def test_bad_images_posted_raw_get_a_sentence(app, value, said):
    sentence = error_of(app, "judge_images", [value])
    assert sentence.startswith("images must be") and said in sentence and sentence.endswith(".")


def test_images_that_cannot_be_fetched_are_a_sentence(app):
    """The app is offline, and nobody has fetched Fashion-MNIST for it."""
    sentence = error_of(app, "train_vae", ["mlp-2d", 1, 0, None, None, None, None, None, "fashion"])
    assert sentence.startswith("Fashion-MNIST is not on this machine") and "Use MNIST" in sentence
