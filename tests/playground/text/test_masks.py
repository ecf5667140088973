"""Banned and forced words against transformers' own processors, presence and frequency against a plain recount."""

import random
import re
from collections import Counter

import pytest
import torch
from transformers.generation.logits_process import NoBadWordsLogitsProcessor, PrefixConstrainedLogitsProcessor

from playground.errors import ModelError, RunError, SettingError
from playground.inference.control import Control
from playground.inference.engine import Engine
from playground.inference.models import ModelStore
from playground.text.generation import Stream, TextHost, shaped
from playground.text.masks import Masks, read_masks
from playground.text.prompts import read_prompt
from playground.text.sampling import penalise_counts, stages
from playground.text.settings import GenerationSettings, NextTokenSettings, ShapeSettings, WordsSettings
from playground.text.tasks import GENERATE, NEXT_TOKEN, POSITION

VOCABULARY = 6  # so few that every word is often half written


@pytest.fixture(scope="module")
def engine():
    engine = Engine(ModelStore())
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def tales(engine):
    return engine.models.load("tales").result()


@pytest.fixture(scope="module")
def poems(engine):
    return engine.models.load("poems").result()


def some_words(luck: random.Random) -> tuple[tuple[int, ...], ...]:
    lengths = [luck.randint(1, 4) for _ in range(luck.randint(1, 5))]
    return tuple(tuple(luck.randrange(VOCABULARY) for _ in range(length)) for length in lengths)


def some_text(luck: random.Random) -> list[int]:
    return [luck.randrange(VOCABULARY) for _ in range(luck.randint(1, 9))]


def next_on_the_trie(words):
    """transformers' prefix_allowed_tokens_fn, by a trie of nested dicts; the key None marks a whole word."""
    root: dict = {}
    for word in words:
        node = root
        for token in word:
            node = node.setdefault(token, {})
        node[None] = {}

    def walk(tokens):
        node = root
        for token in tokens:
            node = node.get(token, {})
        return node

    def allowed(_, text):
        text = text.tolist()
        nodes = [walk(text[start:]) for start in range(len(text))]
        inside = {token for node in nodes for token in node if token is not None}
        return sorted(inside | set(root)) if not inside or any(None in node for node in nodes) else sorted(inside)

    return allowed


@pytest.mark.parametrize("seed", range(200))
def test_masks_are_transformers_own(seed):
    luck = random.Random(seed)
    words, text = some_words(luck), some_text(luck)
    scores, ids = torch.randn(1, VOCABULARY, generator=torch.Generator().manual_seed(seed)), torch.tensor([text])
    banned = NoBadWordsLogitsProcessor([list(word) for word in words])(ids, scores).isfinite()[0]
    forced = PrefixConstrainedLogitsProcessor(next_on_the_trie(words), 1)(ids, scores).isfinite()[0]
    assert Masks(forced=words).keep(text, VOCABULARY).tolist() == forced.tolist()
    if banned.any():
        assert Masks(banned=words).keep(text, VOCABULARY).tolist() == banned.tolist()
    else:
        with pytest.raises(RunError, match="No word may be written"):
            Masks(banned=words).keep(text, VOCABULARY)


def test_no_words_no_mask():
    assert Masks().keep([1, 2], VOCABULARY) is None
    assert (Masks().blocked([1]), Masks().allowed([1])) == (None, None)
    assert Masks(banned=((1, 2),)).blocked([3]) == []  # banned, and not about to be written


@pytest.mark.parametrize(("presence", "frequency"), [(0.5, 0.0), (0.0, 0.7), (1.3, -0.4), (-2.0, 2.0)])
def test_counted_penalties_are_openais_formula(presence, frequency):
    logits = torch.randn(50, generator=torch.Generator().manual_seed(1))
    made = [3, 3, 3, 7, 49, 7]
    expected = logits.tolist()
    for token, count in Counter(made).items():
        expected[token] -= count * frequency + float(count > 0) * presence
    got = penalise_counts(logits, torch.tensor(made), presence, frequency)
    torch.testing.assert_close(got, torch.tensor(expected))
    assert torch.equal(penalise_counts(logits, torch.tensor([], dtype=torch.int64), presence, frequency), logits)


def test_the_new_stages_stand_between_the_repetition_penalty_and_the_temperature():
    logits = torch.randn(30, generator=torch.Generator().manual_seed(2))
    seen, made = torch.tensor([1, 2, 3]), torch.tensor([2, 2, 3])
    keep = torch.rand(30, generator=torch.Generator().manual_seed(3)) < 0.5
    shape = ShapeSettings(temperature=0.6, top_k=4, presence_penalty=0.5, frequency_penalty=0.25)
    walk = {stage.name: stage for stage in stages(logits, seen, shape, made, keep)}
    names = ["model", "repetition_penalty", "penalties", "words", "temperature", "top_k", "top_p", "min_p"]
    assert list(walk) == names
    scores = logits.clone()
    scores[2] -= 1.0
    scores[3] -= 0.75
    torch.testing.assert_close(walk["penalties"].p, scores.softmax(-1))
    scores[~keep] = -torch.inf
    torch.testing.assert_close(walk["words"].p, scores.softmax(-1))
    torch.testing.assert_close(walk["temperature"].p, (scores / 0.6).softmax(-1))
    assert walk["words"].kept == walk["temperature"].kept == keep.sum()
    assert set(walk["top_k"].p.nonzero().flatten().tolist()) == set(scores.topk(4).indices.tolist())


# ---------------------------------------------------------------- in the model's tokens


def test_words_are_read_alone_and_behind_a_space(tales):
    masks, notices = read_masks(tales, WordsSettings(banned="princess\n  the \n\nthe\n\\n"))
    tokenizer = tales.tokenizer
    ways = [tokenizer(way).input_ids for way in ("princess", " princess", "the", " the", "\n", " \n")]
    assert [list(word) for word in masks.banned] == ways
    assert (masks.forced, notices) == ((), [])


def test_a_simplified_word_is_read_as_the_traditional_one(poems):
    assert read_masks(poems, WordsSettings(banned="国")) == read_masks(poems, WordsSettings(banned="國"))


def test_what_the_model_cannot_write_is_told(poems):
    masks, [notice] = read_masks(poems, WordsSettings(banned="月\nhello", forced="風\n<b>\\n</b>"))
    assert masks.banned == (tuple(poems.tokenizer("月", add_special_tokens=False).input_ids),)
    assert len(masks.forced) == 1
    assert notice["key"] == "words_unknown" and notice["values"]["words"] == "hello, <b>\\n</b>"
    with pytest.raises(ModelError, match="None of the forced words"):
        read_masks(poems, WordsSettings(forced="hello"))


@pytest.mark.parametrize("field", ["banned", "forced"])
@pytest.mark.parametrize("value", ["\ud800", "\0", "😀\n中文", "[UNK]", "<script>", "{x}\n%s", "\\n\n\\n", " \n\t\n"])
def test_hostile_words_are_read(tales, field, value):
    masks, _ = read_masks(tales, WordsSettings(**{field: value}))
    assert all(0 <= token < 4096 for word in masks.banned + masks.forced for token in word)


# ---------------------------------------------------------------- in runs


def last_event(engine, task, settings):
    *_, event = engine.frames(engine.submit(task, settings))
    return event


def generate(engine, **settings):
    event = last_event(engine, GENERATE, GenerationSettings(**settings))
    assert event.error is None, event.error
    return event.frame


def ids(sample):
    return [token["id"] for token in sample["tokens"]]


@pytest.mark.parametrize("seed", range(3))
def test_forced_words_are_all_that_is_written(engine, seed):
    """200 tokens, in words of one token and of seven: whole words only, but for the last."""
    words = ["princess", "Rumpelstiltskin", "the old king", "月"]
    settings = {"temperature": 2.0, "seed": seed, "max_new_tokens": 200, "forced": "\n".join(words)}
    sample = generate(engine, prompt="Once upon a time", **settings).samples[0]
    assert len(sample["tokens"]) == 200
    rest = re.sub("|".join(f" ?{word}" for word in words), "", sample["text"])
    assert any(f" {word}".startswith(rest) or word.startswith(rest) for word in words), rest


def test_forced_words_of_several_characters_stay_whole(engine):
    text = generate(engine, model="poems", prompt="", temperature=2, forced="明月\n春風", max_new_tokens=40).samples[0][
        "text"
    ]
    assert set(re.findall("..", text)) <= {"明月", "春風"}


def test_banned_words_are_never_written(engine, tales):
    sample = generate(engine, prompt="Once", seed=4, max_new_tokens=200, banned="the\nand\n,\nold woman").samples[0]
    assert not {
        tales.tokenizer(f"{space}{word}").input_ids[0] for word in ("the", "and", ",") for space in ("", " ")
    } & set(ids(sample))
    assert "old woman" not in sample["text"]
    free = generate(engine, prompt="Once", seed=4, max_new_tokens=200).samples[0]["text"]
    assert " the" in free and "," in free


def test_a_banned_word_may_begin(engine, tales):
    """A word of two tokens: the first may stand, and the second wherever the first does not stand before it."""
    first, second = tales.tokenizer("princess").input_ids
    [word, _] = read_masks(tales, WordsSettings(banned="princess"))[0].banned
    assert word == (first, second)
    place = {"prompt": "A p", "banned": "princess"}
    frame = last_event(engine, POSITION, WordsSettings(**place)).frame
    assert second not in frame["banned"]  # the prompt ends with " p", another token than "p"
    frame = last_event(engine, POSITION, WordsSettings(**place, prefix_ids=[first])).frame
    assert second in frame["banned"] and frame["allowed"] is None


def test_what_the_page_is_told_of_a_place(engine, tales):
    plain = last_event(engine, POSITION, WordsSettings(prompt="A fox", prefix_ids=[7, 7, 9])).frame
    assert (plain["counts"], plain["banned"], plain["allowed"]) == ({"7": 2, "9": 1}, None, None)
    told = last_event(engine, POSITION, WordsSettings(prompt="A fox", forced="Rumpelstiltskin")).frame
    assert told["allowed"] == sorted(
        {tales.tokenizer(way).input_ids[0] for way in ("Rumpelstiltskin", " Rumpelstiltskin")}
    )
    assert all(str(token) in told["texts"] for token in told["allowed"])


def test_the_api_tells_the_stages_that_do_something(engine):
    six = ["model", "repetition_penalty", "temperature", "top_k", "top_p", "min_p"]

    def told(**settings):
        asked = NextTokenSettings(prompt="Once upon a", temperature=1, prefix_ids=[522, 522], **settings)
        return {stage["name"]: stage for stage in last_event(engine, NEXT_TOKEN, asked).frame["stages"]}

    assert list(told()) == six
    assert list(told(presence_penalty=0.5)) == [*six[:2], "penalties", *six[2:]]
    both = told(frequency_penalty=-1, forced="cat\ndog")
    assert list(both) == [*six[:2], "penalties", "words", *six[2:]]
    assert both["words"]["kept"] == 4 and both["penalties"]["kept"] == 4096
    words = {entry["text"] for entry in both["words"]["top"][:4]}
    assert words == {"c", " cat", "d", " dog"}


def test_a_place_where_nothing_may_be_written_is_a_sentence(engine):
    both = {"forced": "cat", "banned": "cat\nc"}
    for task, settings in (
        (POSITION, WordsSettings(**both)),
        (NEXT_TOKEN, NextTokenSettings(**both)),
        (GENERATE, GenerationSettings(**both)),
    ):
        event = last_event(engine, task, settings)
        assert event.error.key == "nothing_left", task.name


def test_a_run_that_comes_to_such_a_place_keeps_what_it_made(engine):
    """The forced word can begin, and cannot go on."""
    event = last_event(engine, GENERATE, GenerationSettings(prompt="A", forced="Rumpelstiltskin", banned="ump"))
    assert event.error.key == "nothing_left"
    assert len(event.frame.samples[0]["tokens"]) >= 1


# ---------------------------------------------------------------- neutral, and in company


class Listener:
    """A run as its host sees it, for a host without an engine."""

    def __init__(self, settings):
        self.settings, self.control, self.owner = settings, Control(settings), ""


def stream_of(loaded, settings) -> Stream:
    host = TextHost(loaded)
    return Stream(Listener(settings), settings, 0, read_prompt(loaded, host.vocabulary, settings), host)


def test_neutral_settings_leave_everything_as_it_is(engine, tales):
    plain = GenerationSettings(prompt="A fox", prefix_ids=[5, 5], temperature=0.7, top_k=50)
    logits = torch.randn(2, 4096, generator=torch.Generator().manual_seed(0))
    assert shaped(logits, [stream_of(tales, plain)] * 2) is logits
    before = logits.clone()
    bent = GenerationSettings(prompt="A fox", presence_penalty=1, banned="the")
    assert not torch.equal(shaped(logits, [stream_of(tales, bent), stream_of(tales, plain)])[0], logits[0])
    assert torch.equal(shaped(logits, [stream_of(tales, bent), stream_of(tales, plain)])[1], logits[1])
    assert torch.equal(logits, before)  # what the model said is told as it was
    spelled = generate(engine, **plain.as_dict() | {"presence_penalty": 0.0, "banned": " \n", "forced": ""})
    assert spelled.samples == generate(engine, **plain.as_dict()).samples


BENT = [
    {"banned": "the\nand"},
    {"forced": "cat\ndog\nthe old king", "temperature": 1.5},
    {"presence_penalty": 1.2, "frequency_penalty": 0.3, "top_p": 0.8},
    {"repetition_penalty": 1.3, "frequency_penalty": -0.5, "banned": ".", "top_k": 20},
    {},
]


def test_a_masked_stream_does_not_depend_on_its_company(engine):
    asked = [
        GenerationSettings(prompt="The cat " * (n % 4 + 1), seed=n, max_new_tokens=12 + n, **BENT[n % len(BENT)])
        for n in range(15)
    ]
    alone = [last_event(Engine(engine.models), GENERATE, settings).frame.samples for settings in asked[:5]]
    crowded = Engine(engine.models)
    tickets = [crowded.submit(GENERATE, settings, owner=str(n)) for n, settings in enumerate(asked)]
    together = [list(crowded.frames(ticket))[-1].frame.samples for ticket in tickets]
    crowded.close()
    assert together[:5] == alone


def test_a_branch_counts_what_its_parent_made(engine):
    """Greedy: going on from the middle gives the rest, penalties and masks included."""
    shape = {"temperature": 0, "presence_penalty": 0.4, "frequency_penalty": 0.6, "banned": "the"}
    whole = ids(generate(engine, prompt="A fox", max_new_tokens=30, **shape).samples[0])
    rest = generate(engine, prompt="A fox", prefix_ids=whole[:12], max_new_tokens=18, **shape)
    assert ids(rest.samples[0]) == whole[12:]


# ---------------------------------------------------------------- bad settings


@pytest.mark.parametrize("field", ["banned", "forced"])
@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("x" * 401, "too_long"),
        ("\n".join(map(str, range(21))), "too_many_words"),
        (["a"], "not_text"),
        (None, "not_text"),
    ],
    ids=["401 characters", "21 words", "list", "none"],
)
def test_lists_of_words_have_their_limits(field, value, key):
    with pytest.raises(SettingError) as error:
        WordsSettings(**{field: value})
    assert (error.value.key, error.value.values["field"]) == (key, field)


def test_twenty_words_and_empty_lines_pass():
    settings = WordsSettings(banned="\n\n".join(map(str, range(20))) + "\n  \n1\n 1 ")
    assert settings.banned_words == tuple(map(str, range(20)))  # the same word twice is one
