"""Be the detective: pairs of one class, real ones from the test set, and the scores that D gives the pixels shown."""

import numpy as np
import pytest
import torch

from playground import wire
from playground.checkpoints import CHECKPOINTS
from playground.errors import ModelError, RunError
from playground.images import mnist
from playground.images.gan_detective import pairs
from playground.images.gan_lab_settings import PAIRS, DetectiveSettings
from playground.images.gan_networks import one_hot_classes
from playground.images.gan_players import Players
from playground.images.gan_settings import GanSettings
from playground.images.gan_start import embedded
from playground.images.judge_network import features_and_logits
from playground.inference.control import Control


def dealt(**asked) -> dict:
    settings = DetectiveSettings(**asked)
    [frame] = [frame for frame in pairs(settings, Control(settings)) if frame is not None]
    return frame


def kept(game: GanSettings) -> str:
    """The id of a checkpoint of networks that have learned nothing yet."""
    return CHECKPOINTS.keep("gan", game, [], 0, Players(game).state())["id"]


def test_pairs_of_the_trained_networks():
    told = dealt(seed=4)
    real, made = wire.decode(told["real"]), wire.decode(told["made"])
    assert real.shape == made.shape == (PAIRS, 28, 28) and told["step"] == embedded().step
    test = mnist.digits("test")
    for image, digit in zip(real, told["digits"], strict=True):
        places = (test.images == torch.from_numpy(image)).flatten(1).all(1).nonzero()
        assert digit in test.labels[places[:, 0]]
    read = features_and_logits(torch.from_numpy(made))[1].argmax(1).tolist()
    assert sum(a == b for a, b in zip(read, told["digits"], strict=True)) >= PAIRS - 2
    assert not (real == made).all((1, 2)).any()


def test_scores_are_what_d_says_of_the_pixels_shown():
    told = dealt(seed=4)
    there = embedded()
    d = Players(there.settings, there.state).d.eval()
    y = one_hot_classes(torch.tensor(told["digits"]))
    for of, scores in (("real", "d_real"), ("made", "d_made")):
        x = torch.from_numpy(wire.decode(told[of]).astype(np.float32))[:, None] / 127.5 - 1
        with torch.no_grad():
            assert told[scores] == pytest.approx(d(x, y).sigmoid().tolist(), abs=1e-5)


def test_a_seed_deals_the_same_pairs_again_and_another_other_ones():
    assert dealt(seed=7) == dealt(seed=7)
    assert dealt(seed=7)["real"] != dealt(seed=8)["real"]


def test_a_run_of_ones_own_without_labels_forges_too():
    told = dealt(forger="run", checkpoint=kept(GanSettings(labels=False, loss="least_squares")))
    made = wire.decode(told["made"])
    assert len(np.unique(made, axis=0)) == PAIRS  # no forgery is dealt twice
    assert all(0 <= score <= 1 for score in told["d_real"] + told["d_made"]) and told["step"] == 0


def test_static_is_set_beside_static():
    told = dealt(forger="run", checkpoint=kept(GanSettings(data="noise")))
    assert abs(wire.decode(told["real"]).mean() - 127.5) < 5


def test_without_a_run_there_is_a_sentence():
    with pytest.raises(RunError) as wrong:
        dealt(forger="run")
    assert wrong.value.key == "gan_no_run"
    with pytest.raises(ModelError) as wrong:
        dealt(forger="run", checkpoint="gan-0000")
    assert wrong.value.key == "checkpoint_gone"
