"""With the mask a small model learns to write; without it its loss falls and it has learned to copy the answer."""

import functools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from playground import wire
from playground.errors import PlaygroundError
from playground.frames import append
from playground.inference.control import Control, replay
from playground.text.attention_settings import UnmaskedTrainingSettings
from playground.text.unmasked_training import (
    CAUSAL,
    CONTEXT,
    GIVEN,
    STEPS,
    TOLD,
    WRITTEN,
    Learner,
    OneBlock,
    train_twice,
)

TEXT = (
    "This is the cat, that killed the rat, that ate the malt that lay in the house that Jack built. This is the dog, "
    "that worried the cat, that killed the rat, that ate the malt that lay in the house that Jack built. This is the "
    "cow with the crumpled horn, that tossed the dog, that worried the cat, that killed the rat."
)


@functools.cache
def trained(seed: int = 0) -> dict:
    settings = UnmaskedTrainingSettings(text=TEXT, seed=seed)
    return append([frame for frame in train_twice(settings, Control(settings)) if frame is not None])


def test_both_losses_fall_and_only_one_has_learned_to_write():
    told = trained()
    assert [point["step"] for point in told["curve"]] == list(range(TOLD, STEPS + 1, TOLD)) and told["start"] == 0
    first, last = told["curve"][0], told["curve"][-1]
    assert last["masked"] < first["masked"] / 3 and last["unmasked"] < 0.1 < last["masked"]
    assert last["masked_writing"] < 1 < 3 < last["unmasked_writing"]
    assert told["copied"]["unmasked"] > 0.8 and told["copied"]["masked"] == 0
    assert told["characters"] == len(set(TEXT)) and told["blind"] == pytest.approx(np.log2(len(set(TEXT))))


def test_what_each_writes_goes_on_from_the_text_in_its_characters():
    told = trained()
    assert TEXT.startswith(told["given"]) and len(told["given"]) == GIVEN and told["window"] == TEXT[:CONTEXT]
    words = {side: sum(word in TEXT.split() for word in text.split()) for side, text in told["written"].items()}
    assert words["masked"] > 8 > words["unmasked"]
    for text in told["written"].values():
        assert len(text) == WRITTEN and set(text) <= set(TEXT)


def test_attention_is_what_each_may_see():
    masked, unmasked = (wire.decode(trained()["attention"][side]) for side in ("masked", "unmasked"))
    for weights in (masked, unmasked):
        np.testing.assert_allclose(weights.sum(1), 1, atol=1e-5)
    assert not np.triu(masked, 1).any()
    assert unmasked.diagonal(1).mean() == pytest.approx(trained()["copied"]["unmasked"], abs=1e-6)


def test_same_seed_same_run_whoever_else_draws():
    state = torch.get_rng_state()
    once = trained()
    assert torch.equal(state, torch.get_rng_state())
    torch.manual_seed(99)
    trained.cache_clear()
    assert once == trained() != trained(1)


def learner(visible: torch.Tensor) -> Learner:
    ids = torch.tensor([sorted(set(TEXT)).index(character) for character in TEXT])
    return Learner(ids, len(set(TEXT)), visible, seed=0)


def by_hand(model: OneBlock, window: torch.Tensor, visible: torch.Tensor) -> float:
    """The same loss, every beginning of the window read alone, as it is read when writing."""
    losses = []
    for n in range(1, CONTEXT + 1):
        logits, _ = model(window[None, :n], visible[:n, :n])
        losses.append(F.cross_entropy(logits[0, -1:], window[n : n + 1]).item())
    return sum(losses) / CONTEXT / np.log(2)


@pytest.mark.parametrize("visible", [CAUSAL, torch.ones_like(CAUSAL)], ids=["masked", "unmasked"])
def test_the_loss_when_writing_is_that_of_beginnings_read_alone(visible):
    one = learner(visible)
    windows = torch.stack([one.text[start : start + CONTEXT + 1] for start in (3, 77)])
    expected = np.mean([by_hand(one.model, window, visible) for window in windows])
    assert one.loss_when_writing(windows) == pytest.approx(expected, abs=1e-4)


def test_with_the_mask_training_and_writing_are_the_same_task():
    one = learner(CAUSAL)
    windows = one.windows()
    logits, _ = one.model(windows[:, :-1], CAUSAL)
    training = F.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten()).item() / np.log(2)
    assert one.loss_when_writing(windows) == pytest.approx(training, abs=1e-4)


def test_one_block_is_attention_as_torch_computes_it():
    one = learner(CAUSAL)
    model, ids = one.model, one.windows()[:, :-1]
    x = model.wte(ids) + model.wpe.weight
    q, k, v = model.qkv(model.ln_1(x)).chunk(3, -1)
    x = x + model.proj(F.scaled_dot_product_attention(q, k, v, is_causal=True))
    expected = model.head(model.ln_f(x + model.feed_forward(model.ln_2(x))))
    torch.testing.assert_close(model(ids, CAUSAL)[0], expected)


def test_stopped_early_it_still_writes():
    settings = UnmaskedTrainingSettings(text=TEXT)
    *_, last = replay(train_twice, settings, [{"step": 60, "stop": "stopped"}])
    assert len(last["written"]["masked"]) == WRITTEN and last["start"] < STEPS // TOLD


@pytest.mark.parametrize("text", ["", "a" * 63])
def test_too_short_a_text_is_told_so(text):
    settings = UnmaskedTrainingSettings(text=text)
    with pytest.raises(PlaygroundError) as caught:
        list(train_twice(settings, Control(settings)))
    assert caught.value.key == "too_short_to_train" and caught.value.values["length"] == str(len(text))


MANY = "".join(map(chr, range(0x4E00, 0x4E00 + 2000)))  # as many different characters as a text may have


@pytest.mark.parametrize("text", ["a" * 64, MANY], ids=["one character", "2,000 characters"])
def test_texts_at_the_ends_of_what_is_taken(text):
    settings = UnmaskedTrainingSettings(text=text)
    *_, last = replay(train_twice, settings, [{"step": 30, "stop": "stopped"}])
    assert np.isfinite(list(last["copied"].values())).all()
