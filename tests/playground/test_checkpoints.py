"""Checkpoints are kept for a time, within a limit of bytes, under ids that say what made them."""

import numpy as np
import pytest
import torch

from playground.checkpoints import Checkpoints, array_bytes
from playground.errors import ModelError
from playground.images.vae_settings import VaeSettings


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def weights(value: float, items: int = 100) -> dict:
    return {"model": {"weight": torch.full((items,), float(value))}, "step": 3}


def test_equal_runs_have_one_checkpoint_and_others_another():
    kept = Checkpoints()
    settings = VaeSettings(seed=1)
    stopped = [{"step": 3, "stop": "stopped"}, {"step": 1, "pause": True}]
    first = kept.keep("vae", settings, [], 3, weights(1.0))
    assert kept.keep("vae", settings, stopped, 3, weights(1.0))["id"] == first["id"]
    ids = {
        first["id"],
        kept.keep("vae", VaeSettings(seed=2), [], 3, weights(1.0))["id"],
        kept.keep("vae", settings, [], 4, weights(1.0))["id"],
        kept.keep("vae", settings, [{"step": 1, "set": {"beta": 2.0}}], 3, weights(1.0))["id"],
    }
    assert len(ids) == 4


def test_runs_that_began_differently_and_were_steered_to_the_same_have_two():
    kept, log, now = Checkpoints(), [{"step": 5, "set": {"beta": 2.0}}], VaeSettings(beta=2.0)
    a, b = (kept.keep("vae", now, log, 9, weights(n), VaeSettings(beta=n))["id"] for n in (1.0, 4.0))
    assert a != b and kept.get(a, "vae").state["model"]["weight"].eq(1).all() and kept.get(b, "vae").settings == now


def test_what_is_kept_is_a_copy_with_its_story():
    kept, state = Checkpoints(), weights(1.0)
    told = kept.keep("vae", VaeSettings(seed=9), [], 3, state)
    state["model"]["weight"].zero_()
    checkpoint = kept.get(told["id"], "vae")
    assert checkpoint.state["model"]["weight"].eq(1).all()
    assert (checkpoint.settings, checkpoint.step) == (VaeSettings(seed=9), 3)


def test_numpy_arrays_count_like_tensors():
    assert array_bytes({"a": [np.zeros(3), {"b": torch.zeros(3)}], "step": 3}) == 24 + 12


def test_unused_ones_expire_and_use_renews():
    clock = Clock()
    kept = Checkpoints(seconds=10, clock=clock)
    a, b = (kept.keep("vae", VaeSettings(seed=n), [], 1, weights(n))["id"] for n in (1, 2))
    clock.now = 8
    kept.get(a, "vae")
    clock.now = 15
    kept.get(a, "vae")
    with pytest.raises(ModelError, match="not kept any more"):
        kept.get(b, "vae")


def test_past_the_limit_the_longest_unused_goes_first():
    kept = Checkpoints(limit=1000)  # bytes: two of 400
    a, b = (kept.keep("vae", VaeSettings(seed=n), [], 1, weights(n))["id"] for n in (1, 2))
    kept.get(a, "vae")
    c = kept.keep("vae", VaeSettings(seed=3), [], 1, weights(3))["id"]
    assert kept.get(a, "vae") and kept.get(c, "vae")
    with pytest.raises(ModelError):
        kept.get(b, "vae")
    assert kept.keep("vae", VaeSettings(seed=4), [], 1, weights(4, items=10_000)) is None
    assert kept.get(a, "vae")


def test_one_of_another_kind_is_not_given():
    kept = Checkpoints()
    id = kept.keep("gan", VaeSettings(), [], 1, weights(1.0))["id"]
    with pytest.raises(ModelError):
        kept.get(id, "vae")
