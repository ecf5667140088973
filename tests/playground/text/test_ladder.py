"""What the n-gram models answer and write, run as the engine runs them, with the shipped counts."""

import collections

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer

from playground.errors import SettingError
from playground.inference.control import replay
from playground.inference.engine import Engine
from playground.inference.models import ModelStore
from playground.recipes.ngrams import TALES
from playground.text.corpus_settings import NGramNextSettings, NGramSettings
from playground.text.corpus_tasks import NGRAM_NEXT, NGRAM_TEXT
from playground.text.ngrams import NGrams
from playground.text.sampling import gumbel
from playground.text.settings import GenerationSettings
from playground.text.tasks import GENERATE


@pytest.fixture(scope="module")
def engine():
    engine = Engine(ModelStore())
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(TALES)


def last(engine, task, settings):
    *_, event = engine.frames(engine.submit(task, settings))
    assert event.error is None, event.error
    return event


def written(engine, **settings):
    return last(engine, NGRAM_TEXT, NGramSettings(**settings)).frame.samples[0]


@pytest.mark.parametrize(
    ("prompt", "n"), [("Once upon a", 3), ("Once upon a", 1), ("zebra zebra", 3), ("", 2), ("龍", 3)]
)
def test_the_listed_and_the_others_sum_to_one(engine, tokenizer, prompt, n):
    ids = tokenizer(prompt).input_ids or [tokenizer.bos_token_id]
    for top in (1, 20, 1000):
        told = last(engine, NGRAM_NEXT, NGramNextSettings(prompt=prompt, n=n, top=top)).frame
        known = NGrams.load().next(ids, n)
        assert told["context"] == tokenizer.decode(list(known.context)) or "⟨" in told["context"]
        assert told["order_used"] == known.order and told["backed_off"] == (known.order < n)
        assert told["total"] == known.total
        assert sum(entry["p"] for entry in told["next"]) + told["other"]["p"] == pytest.approx(1)
        assert sum(entry["count"] for entry in told["next"]) + told["other"]["count"] == told["total"]
        counts = [entry["count"] for entry in told["next"]]
        assert counts == sorted(counts, reverse=True) and len(counts) <= top
        assert all(known.count(entry["id"]) == entry["count"] for entry in told["next"])


def test_prefix_ids_come_after_the_prompt(engine, tokenizer):
    a = last(engine, NGRAM_NEXT, NGramNextSettings(prompt="Once upon a")).frame
    b = last(engine, NGRAM_NEXT, NGramNextSettings(prompt="Once", prefix_ids=tokenizer(" upon a").input_ids)).frame
    assert a == b
    *_, event = engine.frames(engine.submit(NGRAM_NEXT, NGramNextSettings(prefix_ids=(4096,))))
    assert event.error.key == "no_such_token"


def test_a_text_is_its_tokens_each_with_the_counts_behind_it(engine, tokenizer):
    for n in (1, 2, 3):
        sample = written(engine, prompt="The little", n=n, max_new_tokens=80)
        ids = tokenizer("The little").input_ids
        for token in sample["tokens"]:
            known, counted = NGrams.load().next(ids, n), token["counted"]
            assert counted["order"] == known.order and counted["total"] == known.total
            assert counted["count"] == known.count(token["id"])
            if counted["count"] is None:
                assert counted["other"] == known.other > 0
            else:
                assert torch.tensor(token["logprob"]).exp() == pytest.approx(counted["count"] / known.total, rel=1e-4)
            assert all(logprob > -30 for _, _, logprob in token["top"]) and token["rank"] >= 1
            ids.append(token["id"])
        assert sample["text"] == tokenizer.decode(ids)[len("The little") :]
        assert len(sample["tokens"]) == 80 and sample["finish_reason"] == "length"


def test_same_seed_same_text_and_another_seed_another(engine):
    first = written(engine, prompt="A fox", seed=3)
    again = Engine(ModelStore())
    try:
        assert written(again, prompt="A fox", seed=3) == first
    finally:
        again.close()
    assert written(engine, prompt="A fox", seed=4)["text"] != first["text"]


def test_all_rungs_have_the_luck_of_a_language_model(engine):
    """Each token drawn is the arg max of its rung's scores plus the same Gumbel noise that `tales` draws with."""
    noise = torch.Generator().manual_seed(5)
    luck = [gumbel(4096, noise) for _ in range(10)]
    for n in (1, 3):
        ids = AutoTokenizer.from_pretrained(TALES)("Once upon a").input_ids
        sample = written(engine, prompt="Once upon a", n=n, seed=5, max_new_tokens=10, temperature=1.0)
        for token, of_step in zip(sample["tokens"], luck, strict=True):
            p = torch.from_numpy(NGrams.load().distribution(ids, n))
            assert token["id"] == int((p.log() + of_step).argmax())
            ids.append(token["id"])
    tales = last(engine, GENERATE, GenerationSettings(prompt="Once upon a", seed=5, max_new_tokens=10, temperature=1.0))
    first = tales.frame.samples[0]["tokens"][0]
    ahead = [logprob + float(luck[0][i]) for i, _, logprob in first["top"]]
    assert first["logprob"] + float(luck[0][first["id"]]) >= max(ahead) - 1e-4


def test_draws_follow_the_counts(engine, tokenizer):
    """The first token of 1,500 seeds against count / total: a chi-squared test, the tail of rare tokens as one."""
    ids, draws = tokenizer("Once upon a").input_ids, 1500
    known, p = NGrams.load().next(ids, 3), NGrams.load().distribution(ids, 3)
    loaded = engine.models.load("tales").result()
    settings = (NGramSettings(prompt="Once upon a", seed=s, max_new_tokens=1, temperature=1.0) for s in range(draws))
    texts = (replay(NGRAM_TEXT.run, each, [], {"tales": loaded}) for each in settings)
    drawn = collections.Counter([*frames][-1].samples[0]["tokens"][0]["id"] for frames in texts)
    assert set(drawn) <= set(p.nonzero()[0].tolist())
    named = [token for token in known.ids.tolist() if draws * p[token] >= 5]
    seen = [*(drawn[token] for token in named), draws - sum(drawn[token] for token in named)]
    expected = [*(draws * p[token] for token in named), draws * (1 - p[named].sum())]
    distance = sum((o - e) ** 2 / e for o, e in zip(seen, expected, strict=True))
    degrees = len(named)
    assert degrees >= 8 and distance < degrees + 4 * (2 * degrees) ** 0.5


def test_greedy_takes_the_most_frequent(engine):
    sample = written(engine, prompt="Once upon a", temperature=0.0, max_new_tokens=20)
    assert all(token["rank"] == 1 and token["q"] == 1 for token in sample["tokens"])
    assert sample["text"].startswith(" time")


def test_a_text_ends_where_a_tale_would(engine, tokenizer):
    """After the two tokens that most surely end a tale."""
    _, pairs, triples = NGrams.load().levels
    ends = np.flatnonzero(triples.ids == tokenizer.eos_token_id)
    rows = np.searchsorted(triples.starts, ends, "right") - 1
    surest = rows[np.argmax(triples.counts[ends] / pairs.counts[rows] * (triples.counts[ends] >= 5))]
    pair = (int(np.searchsorted(pairs.starts, surest, "right")) - 1, int(pairs.ids[surest]))
    settings = NGramSettings(prefix_ids=pair, temperature=0.0)
    event = last(engine, NGRAM_TEXT, settings)
    sample = event.frame.samples[0]
    assert event.reason == sample["finish_reason"] == "eos" and sample["text"] == ""
    assert [token["text"] for token in sample["tokens"]] == ["<|endoftext|>"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n", 0),
        ("n", 4),
        ("n", 2.5),
        ("n", "3"),
        ("n", float("nan")),
        ("prompt", 7),
        ("top", 0),
        ("top", 1001),
        ("prefix_ids", "1"),
    ],
)
def test_bad_settings_are_named(field, value):
    with pytest.raises(SettingError) as refused:
        NGramNextSettings(**{field: value})
    assert refused.value.values["field"] == field
