"""The recipe of the judge: an interrupted training goes on as if it had not been, and distorted digits stay whole."""

import torch

from playground.images import mnist
from playground.recipes import judge as recipe


def few(n=256):
    return mnist.Images(mnist.images("test")[:n], mnist.labels("test")[:n])


def test_an_interrupted_training_ends_with_the_same_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(recipe, "accuracy", lambda model, split: 0.5)
    whole, first, second = (tmp_path / name for name in ("whole", "first", "second"))
    for folder in (whole, first, second):
        folder.mkdir()
    uninterrupted = recipe.Training(whole, few(), epochs=2)
    uninterrupted.train()
    begun = recipe.Training(first, few(), epochs=2)
    begun.epoch()
    begun.save()
    resumed = recipe.Training(first, few(), epochs=2)
    resumed.load()
    assert 0 < resumed.step < resumed.steps
    resumed.train()
    for name in ("model", "mean"):
        there, here = (getattr(training, name).state_dict() for training in (uninterrupted, resumed))
        assert all(torch.equal(there[key], here[key]) for key in there)
    untrained = recipe.Training(second, few(), epochs=2)
    assert not torch.equal(untrained.model.logits[1].weight, resumed.model.logits[1].weight)


def test_distortion_moves_a_digit_a_little_and_by_its_seed():
    x = mnist.as_floats(few(64).images)
    moved = recipe.distorted(x, torch.Generator().manual_seed(3))
    assert torch.equal(moved, recipe.distorted(x, torch.Generator().manual_seed(3)))
    assert moved.shape == x.shape and moved.min() >= 0 and moved.max() <= 1
    ink, left = x.sum((1, 2, 3)), moved.sum((1, 2, 3))
    assert ((left / ink > 0.6) & (left / ink < 1.6)).all() and not torch.equal(moved, x)
    along = torch.arange(28.0)
    for axis in (2, 3):  # where the ink's centre lies, in pixels
        before, after = ((y.sum(tuple({1, 2, 3} - {axis})) * along).sum(1) / y.sum((1, 2, 3)) for y in (x, moved))
        assert (before - after).abs().max() < 2 * recipe.SHIFT + 2
