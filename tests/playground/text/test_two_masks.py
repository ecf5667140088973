"""The right mask gives transformers' attentions; the mirrored one shows each token the future and nothing else."""

import numpy as np
import pytest

from playground import wire
from playground.errors import PlaygroundError
from playground.text.attention_settings import HeadSettings
from playground.text.two_masks import MOST, two_masks
from tests.playground.text.attention_models import DECODERS, STORY, ask, eager


@pytest.mark.parametrize("model", DECODERS)
def test_right_is_the_models_own_and_wrong_is_its_scores_turned_round(model):
    frame = ask(two_masks, HeadSettings(text=STORY, model=model, layer=2, head=3))
    own = eager(model, [token["id"] for token in frame["tokens"]]).attentions[2][0, 3].numpy()
    right, wrong, scores = (wire.decode(frame[name]) for name in ("right", "wrong", "scores"))
    np.testing.assert_allclose(right, own, atol=1e-5)
    assert not np.tril(wrong, -1).any() and not np.triu(right, 1).any()
    e = np.triu(np.exp(scores - scores.max(1, keepdims=True)))
    np.testing.assert_allclose(wrong, e / e.sum(1, keepdims=True), atol=1e-5)
    assert right[0, 0] == 1 == wrong[-1, -1]


def test_the_mean_of_heads_has_no_scores_so_the_first_is_taken():
    first, mean = (ask(two_masks, HeadSettings(text=STORY, model="gpt2", layer=n, head=n)) for n in (0, -1))
    assert first == mean and mean["layer"] == mean["head"] == 0


def test_a_long_text_ends_with_its_last_tokens():
    frame = ask(two_masks, HeadSettings(text=STORY * 10, model="gpt2"))
    assert len(frame["tokens"]) == MOST and frame["notices"][0]["key"] == "text_cut_to_last"


@pytest.mark.parametrize(("asked", "key"), [({"model": "bert"}, "model_fills_gaps"), ({"head": 4}, "out_of_range")])
def test_what_has_no_such_head_gets_a_sentence(asked, key):
    with pytest.raises(PlaygroundError) as caught:
        ask(two_masks, HeadSettings(**{"text": STORY, "model": "gpt2"} | asked))
    assert caught.value.key == key
