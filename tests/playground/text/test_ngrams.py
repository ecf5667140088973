"""The n-gram counts, held against a plain recount; what they say of the next token; what they write."""

import collections
import hashlib
import math
from pathlib import Path

import numpy as np
import pytest
from transformers import AutoTokenizer

from playground.errors import ModelError
from playground.recipes import ngrams as recipe
from playground.recipes.tales import HOLD_OUT, read_tales
from playground.text.ngrams import WEIGHTS, NGrams
from tests.playground.recipes.small_corpora import write_tales

HELD_OUT_TALE = Path(__file__).parents[1] / "held_out_tale.txt"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A few tales, counted as the recipe counts all: (NGrams as read back from its file, its training tales as ids)."""
    folder = tmp_path_factory.mktemp("ngrams")
    data = write_tales(folder / "tales.txt")
    recipe.make(data, folder / "out")
    tokenizer = AutoTokenizer.from_pretrained(recipe.TALES)
    tales = [tokenizer(tale).input_ids for n, tale in enumerate(read_tales(data)) if n % HOLD_OUT]
    return NGrams.load(folder / "out"), tales, tokenizer.eos_token_id


def recount(tales, end, n):
    """Every n-gram within each tale, its end before and after: context → Counter of what followed."""
    followed = collections.defaultdict(collections.Counter)
    for tale in tales:
        tokens = [end, *tale, end]
        for t in range(max(1, n - 1), len(tokens)):
            followed[tuple(tokens[t - n + 1 : t])][tokens[t]] += 1
    return followed


@pytest.mark.parametrize("n", [1, 2, 3])
def test_counts_are_those_of_a_plain_recount(corpus, n):
    ngrams, tales, end = corpus
    for context, followed in recount(tales, end, n).items():
        kept = {token: count for token, count in followed.items() if count >= recipe.LEAST[n - 1]}
        known = ngrams.followers(context)
        if not kept:
            assert known is None, context
            continue
        told = dict(zip(known.ids.tolist(), known.counts.tolist(), strict=True))
        assert {token: count for token, count in told.items() if count} == kept
        assert known.total == followed.total()
        assert known.other == sum(count for token, count in followed.items() if token not in kept)
        assert all(known.count(token) == kept.get(token, told.get(token)) for token in (*followed, 0, 4095))


def test_no_gram_is_known_that_was_not_counted(corpus):
    ngrams, tales, end = corpus
    pairs, triples = recount(tales, end, 2), recount(tales, end, 3)
    assert len(ngrams.levels[1].ids) == sum(map(len, pairs.values()))
    assert len(ngrams.levels[2].ids) == sum(count >= 2 for followed in triples.values() for count in followed.values())
    assert ngrams.tokens == sum(len(tale) + 1 for tale in tales)


def test_an_unknown_context_backs_off_to_a_shorter_one(corpus):
    ngrams, tales, end = corpus
    pairs, triples = recount(tales, end, 2), recount(tales, end, 3)
    a, b = next(pair for pair, followed in triples.items() if followed.most_common(1)[0][1] >= 2)
    assert ngrams.next([7, a, b], 3).context == (a, b)
    assert ngrams.next([7, a, b], 2).context == (b,)
    assert ngrams.next([7, a, b], 1).context == ()
    assert ngrams.next([b], 3).context == (b,)  # no more of the text is there
    assert ngrams.next([], 3).context == ()
    stranger = next(token for token in range(4096) if (token,) not in pairs)
    assert ngrams.next([stranger, b], 3).context == (b,)
    assert ngrams.next([a, stranger], 3).context == ()


def test_probabilities_are_counts_and_sum_to_one(corpus):
    ngrams, tales, _ = corpus
    rng = np.random.default_rng(0)
    for tale in tales[:40]:
        cut = int(rng.integers(1, len(tale)))
        for n in (1, 2, 3):
            known, p = ngrams.next(tale[:cut], n), ngrams.distribution(tale[:cut], n)
            assert p.sum() == pytest.approx(1) and p.min() >= 0
            assert p[known.ids] == pytest.approx(known.counts / known.total)
            assert p.sum() - p[known.ids].sum() == pytest.approx(known.other / known.total)


def test_scores_are_proper_and_follow_the_formula(corpus):
    ngrams, tales, end = corpus
    ids = tales[0][:5]
    for n in (1, 2, 3):
        p = [ngrams.smoothed(ids, token, n) for token in range(ngrams.vocabulary)]
        assert math.fsum(p) == pytest.approx(1) and min(p) > 0
    one, two = recount(tales, end, 1)[()], recount(tales, end, 2)[(ids[-1],)]
    for token in (ids[0], end, 4095):
        unigram = (one[token] + 1 / 4096) / (one.total() + 1)
        assert ngrams.smoothed(ids, token, 2) == pytest.approx((two[token] + 200 * unigram) / (two.total() + 200))
    by_hand = [-math.log2(ngrams.smoothed(ids[:t], ids[t], 3)) for t in range(1, 5)]
    assert ngrams.bits(ids, 3) == pytest.approx(sum(by_hand) / 4)


def test_a_missing_or_damaged_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"counts\.npz"):
        NGrams.load(tmp_path)
    for damaged in (b"", b"not a zip", (WEIGHTS / "counts.npz").read_bytes()[:100_000]):
        (tmp_path / "counts.npz").write_bytes(damaged)
        with pytest.raises(ModelError, match=r"counts\.npz"):
            NGrams.load(tmp_path)


def test_the_shipped_counts_are_in_the_tokens_of_tales_and_small():
    ngrams = NGrams.load()
    assert ngrams.about["tokenizer"] == hashlib.sha256((recipe.TALES / "tokenizer.json").read_bytes()).hexdigest()
    assert (WEIGHTS / "counts.npz").stat().st_size < 3_000_000
    assert ngrams.about["grams"] == [len(level.ids) for level in ngrams.levels]


def test_each_rung_has_fewer_bits_on_a_tale_that_nothing_read():
    """And in the order of magnitude that the card states for all the held-out tales."""
    text = HELD_OUT_TALE.read_text()
    ids = [0, *AutoTokenizer.from_pretrained(recipe.TALES)(text).input_ids]
    bits = [NGrams.load().bits(ids, n) for n in (1, 2, 3)]
    stated = NGrams.load().about["bits_per_token"]["simpler"]
    assert bits == sorted(bits, reverse=True) and bits == pytest.approx(stated, abs=1.0)
    assert all(f"{figure}" in (WEIGHTS / "README.md").read_text() for figure in stated)
