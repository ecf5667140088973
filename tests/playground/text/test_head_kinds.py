"""Head kinds on attention made up for the purpose: each score is what its definition says, counted plainly."""

import pytest
import torch

from playground import wire
from playground.text.attention import Look
from playground.text.attention_maps import one_head
from playground.text.attention_settings import HeadSettings
from playground.text.head_kinds import CLEAR, THRESHOLDS, HeadKinds
from playground.text.passages import Passage
from tests.playground.text.attention_models import STORY, ask

HALF = list(range(1, 9))
TWICE = HALF + HALF


class Size:
    """What HeadKinds asks of a watched model."""

    def __init__(self, layers, heads, causal):
        self.layers, self.heads, self.causal = [None] * layers, heads, causal


def kinds_of(weights, ids, causal=True, markers=frozenset(), chunk=5):
    """HeadKinds of one layer's weights (H, T, T), taken in a few rows at a time."""
    heads, T, _ = weights.shape
    kinds = HeadKinds(Size(1, heads, causal), Passage(ids, markers=markers))
    visible = torch.ones(T, T, dtype=torch.bool)
    visible = visible.tril() if causal else visible
    step = chunk if causal else T
    for start in range(0, T, step):
        end = min(start + step, T)
        keys = end if causal else T
        none = torch.empty(0)
        look = Look(0, weights[:, start:end, :keys], none, none, none, none, 1.0, visible[start:end, :keys])
        kinds.add(look)
    return kinds


def looking(T, where):
    """Weights (1, T, T): token i looks only at where(i), at itself when that is None."""
    weights = torch.zeros(1, T, T)
    for i in range(T):
        j = where(i)
        weights[0, i, i if j is None else j] = 1.0
    return weights


def earlier(i):
    return i - len(HALF) if i >= len(HALF) else None


def after_earlier(i):
    return i - len(HALF) + 1 if i >= len(HALF) else None


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (lambda i: max(i - 1, 0), "previous"),
        (earlier, "duplicate"),
        (after_earlier, "induction"),
        (lambda i: 0, "sink"),
    ],
    ids=["previous", "duplicate", "induction", "sink"],
)
def test_a_head_that_does_one_thing_is_called_by_it(where, name):
    kinds = kinds_of(looking(len(TWICE), where), TWICE)
    assert kinds.labels() == [[name]]
    assert kinds.scores()[name].item() == pytest.approx(1.0)


def test_a_head_that_looks_everywhere_is_broad():
    T = len(TWICE)
    even = torch.ones(1, T, T).tril() / torch.arange(1, T + 1)[:, None]
    kinds = kinds_of(even, TWICE)
    assert kinds.labels() == [["broad"]]
    for name, score in kinds.scores().items():
        assert score.item() == pytest.approx(kinds.even()[name], rel=1e-5)  # it is what the others are measured by


def test_a_head_that_looks_at_itself_is_none_of_them():
    assert kinds_of(looking(len(TWICE), lambda i: i), TWICE).labels() == [[""]]


def test_scores_are_the_plain_means_of_their_definitions():
    torch.manual_seed(0)
    ids = [1, 2, 3, 1, 2, 2, 4, 3, 1, 5, 2]
    T = len(ids)
    weights = torch.randn(3, T, T).masked_fill(torch.ones(T, T).triu(1).bool(), -torch.inf).softmax(-1)
    scores = kinds_of(weights, ids).scores()
    for head in range(3):
        a = weights[head].tolist()
        previous = [a[i][i - 1] for i in range(1, T)]
        sink = [a[i][0] for i in range(1, T)]
        duplicate, induction = [], []
        for i in range(1, T):
            same = [j for j in range(i) if ids[j] == ids[i]]
            if same:
                duplicate.append(sum(a[i][j] for j in same))
            if any(j + 1 < i for j in same):
                induction.append(sum(a[i][j + 1] for j in same if j + 1 < i))
        for name, values in {
            "previous": previous,
            "sink": sink,
            "duplicate": duplicate,
            "induction": induction,
        }.items():
            assert scores[name][0, head].item() == pytest.approx(sum(values) / len(values), abs=1e-6), name


def test_without_repeats_nothing_is_said_of_induction():
    assert set(kinds_of(looking(8, lambda i: 0), HALF).scores()) == {"previous", "sink", "broad"}


def test_an_encoders_markers_are_sinks_and_tell_nothing_themselves():
    ids = [2, *HALF, 3]
    T = len(ids)
    kinds = kinds_of(looking(T, lambda i: T - 1), ids, causal=False, markers=frozenset({0, T - 1}))
    assert kinds.labels() == [["sink"]] and kinds.scores()["sink"].item() == pytest.approx(1.0)
    kinds = kinds_of(looking(T, lambda i: min(i + 1, T - 1)), ids, causal=False, markers=frozenset({0, T - 1}))
    assert kinds.labels() == [["next"]]


def test_one_token_has_no_kind():
    kinds = kinds_of(torch.ones(1, 1, 1), [7])
    assert kinds.labels() == [[""]] and kinds.scores() == {}
    assert wire.decode(kinds.as_dict()["scores"]).shape == (0, 1, 1)


def test_a_text_given_twice_has_an_induction_score():
    once, twice = (
        ask(one_head, HeadSettings(text="a little hen", model="gpt2", layer=-1, copies=copies)) for copies in (1, 2)
    )
    assert "induction" in twice["kinds"]["names"]
    ids = [token["id"] for token in once["tokens"]]
    assert [token["id"] for token in twice["tokens"]] == ids * 2


def test_labels_are_the_thresholds_applied():
    kinds = ask(one_head, HeadSettings(text=STORY, model="llama", layer=-1))["kinds"]
    scores = dict(zip(kinds["names"], wire.decode(kinds["scores"]), strict=True))
    least = {
        name: threshold if name == "broad" else max(threshold, CLEAR * even)
        for name, threshold, even in zip(kinds["names"], kinds["thresholds"], kinds["even"], strict=True)
    }
    for layer, row in enumerate(kinds["labels"]):
        for head, label in enumerate(row):
            reached = [name for name in THRESHOLDS if name in scores and scores[name][layer, head] >= least[name]]
            assert label == (reached[0] if reached else "")
