"""Acrostics: the form holds for every seed, the draws are the model's own, and what cannot begin a line is told why."""

import itertools
import math
import re
from collections import Counter

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from playground.errors import SENTENCES, SettingError
from playground.inference.control import Control, replay
from playground.inference.engine import Engine
from playground.inference.models import ModelStore
from playground.text.acrostic import MARKS, acrostic
from playground.text.acrostic_form import AcrosticSettings, conclude, merge
from playground.text.tasks import ACROSTIC

POEMS = "playground/weights/poems"
QUATRAIN, OCTAVE = "春夏秋冬", "春夏秋冬風花雪月"


@pytest.fixture(scope="module")
def engine():
    engine = Engine(ModelStore())
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def library():
    return AutoModelForCausalLM.from_pretrained(POEMS), AutoTokenizer.from_pretrained(POEMS)


def write(engine, **settings):
    *_, event = engine.frames(engine.submit(ACROSTIC, AcrosticSettings(**settings)))
    assert event.error is None, event.error
    return event.frame


@pytest.mark.parametrize("characters", [QUATRAIN, OCTAVE], ids=len)
@pytest.mark.parametrize("length", [5, 7])
def test_the_form_holds_for_two_hundred_seeds(engine, characters, length):
    models = {"poems": engine.models.load("poems").result()}
    han = re.compile(rf"[\u3400-\u9fff]{{{length}}}")
    poems = set()
    for seed in range(200):
        asked = {"characters": characters, "line_length": length}
        settings = AcrosticSettings(**asked, seed=seed, temperature=(seed % 9) / 4)  # 0 to 2
        frames = list(acrostic(settings, Control(settings, models)))
        poem = conclude(settings, frames, "length")
        assert "".join(line[0] for line in poem["lines"]) == characters
        assert all(han.fullmatch(line) for line in poem["lines"]), poem
        ends = itertools.cycle("，。")
        assert poem["text"] == "".join(line + end for line, end in zip(poem["lines"], ends, strict=False))
        poems.add(poem["text"])
    assert len(poems) > 150  # temperature 0 draws the same for every seed


def expected(library, tokens, place, temperature):
    """The model's logits before `place`, and the distribution that a character is drawn from there."""
    model, tokenizer = library
    sequence = [tokenizer.bos_token_id, *(token["id"] for token in tokens[:place])]
    with torch.inference_mode():
        logits = model(torch.tensor([sequence])).logits[0, -1]
    characters = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    barred = torch.tensor([not re.fullmatch("[\u3400-\u9fff]", character) for character in characters])
    return logits, (logits / temperature).masked_fill(barred, -math.inf).softmax(-1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_what_is_told_is_what_the_library_computes(engine, library, temperature):
    tokens = write(engine, characters=QUATRAIN, line_length=7, seed=5, temperature=temperature)["tokens"]
    for place in (0, 1, 6, 7, 8, 9, 20, 31):
        logits, p = expected(library, tokens, place, temperature)
        token = tokens[place]
        forced = place % 8 in (0, 7)
        assert token["forced"] == forced
        assert token["q"] == pytest.approx(1 if forced else p[token["id"]].item(), rel=1e-3)
        assert token["logprob"] == pytest.approx(logits.log_softmax(-1)[token["id"]].item(), abs=1e-4)
        assert token["rank"] == 1 + (logits > logits[token["id"]] + 1e-4).sum().item()
        assert [entry[2] for entry in token["top"]] == pytest.approx(
            logits.log_softmax(-1).topk(10).values.tolist(), abs=1e-4
        )


def test_characters_are_drawn_as_often_as_the_masked_softmax_says(engine, library):
    """The first drawn character of 1,000 seeds: Pearson's χ² over the twelve likeliest and the rest."""
    models = {"poems": engine.models.load("poems").result()}
    drawn = Counter()
    for seed in range(1000):
        settings = AcrosticSettings(characters=QUATRAIN, seed=seed, temperature=1.0)
        _, head, second = itertools.islice(acrostic(settings, Control(settings, models)), 3)
        drawn[second["tokens"][0]["id"]] += 1
    _, p = expected(library, [head["tokens"][0]], 1, 1.0)
    best = p.topk(12)
    p_cells = [*best.values.tolist(), 1 - best.values.sum().item()]
    counts = [drawn[token] for token in best.indices.tolist()]
    counts.append(1000 - sum(counts))
    chi_squared = sum((n - 1000 * q) ** 2 / (1000 * q) for n, q in zip(counts, p_cells, strict=True))
    assert chi_squared < 39.1  # 12 degrees of freedom, p = 0.0001


def test_a_mark_is_never_drawn_where_the_model_would_like_one(engine):
    wanted = 0
    for seed in range(20):
        drawn = [t for t in write(engine, line_length=7, seed=seed, temperature=2)["tokens"] if not t["forced"]]
        wanted += sum(token["top"][0][1] in MARKS for token in drawn)
        assert not any(token["text"] in MARKS for token in drawn)
    assert wanted > 5


def test_same_settings_same_poem_and_other_seeds_others(engine):
    models = {"poems": engine.models.load("poems").result()}
    settings = AcrosticSettings(characters=OCTAVE, seed=11)
    again = [list(replay(acrostic, settings, [], models)) for _ in range(2)]
    assert again[0] == again[1]
    whole = write(engine, characters=OCTAVE, seed=11)
    assert whole["tokens"] == merge(again[0])["tokens"]
    assert len({write(engine, characters=OCTAVE, seed=seed)["text"] for seed in range(10)}) == 10


def test_temperature_zero_takes_the_best_character(engine, library):
    tokens = write(engine, characters=QUATRAIN, temperature=0)["tokens"]
    for place in (1, 2, 9, 20):
        _, p = expected(library, tokens, place, 1.0)
        assert tokens[place]["id"] == p.argmax().item() and tokens[place]["q"] == 1


def test_simplified_characters_are_read_as_traditional(engine):
    simplified, traditional = (write(engine, characters=typed, seed=3) for typed in ("花好月圆", "花好月圓"))
    assert simplified["lines"] == traditional["lines"]
    assert simplified["heads"] == "花好月圓" == "".join(line[0] for line in simplified["lines"])


@pytest.mark.parametrize("typed", [" 春 夏 秋 冬 ", "春，夏。秋、冬！", "春\n夏\r\n秋\t冬", "《春夏》\u3000秋-冬…"])
def test_spaces_line_breaks_and_punctuation_are_dropped(typed):
    assert AcrosticSettings(characters=typed) == AcrosticSettings(characters="春夏秋冬")


def test_stopping_keeps_the_lines_so_far():
    settings = AcrosticSettings()
    tokens = [{"text": c} for c in "春風吹柳綠，夏"]
    frames = [{"model": {}, "heads": "春夏秋冬", "notices": []}]
    frames += [{"start": n, "tokens": [token]} for n, token in enumerate(tokens)]
    poem = conclude(settings, frames, "stopped")
    assert (poem["lines"], poem["text"]) == (["春風吹柳綠", "夏"], "春風吹柳綠，夏")
    assert conclude(settings, [], "stopped")["lines"] == []
    assert conclude(settings, frames, "time")["notices"][0]["key"] == "time_limit"


# ---------------------------------------------------------------- what cannot be used


@pytest.mark.parametrize(
    ("typed", "key", "named"),
    [
        ("love", "acrostic_letter", "l is a letter"),
        ("春夏x冬", "acrostic_letter", "x is a letter"),
        ("사랑해요", "acrostic_letter", "사 is a letter"),
        ("ｌｏｖｅ", "acrostic_letter", "ｌ is a letter"),
        ("2024", "acrostic_digit", "2 is a digit"),
        ("春夏秋４", "acrostic_digit", "４ is a digit"),
        ("さくら花", "acrostic_kana", "さ is Japanese kana"),
        ("ｱｲｳ花", "acrostic_kana", "ｱ is Japanese kana"),
        ("春夏秋😀", "acrostic_not_han", "😀 (U+1F600)"),
        ("春\u0308夏秋冬", "acrostic_not_han", "◌\u0308 (U+0308)"),
        ("春夏秋\u200b冬", "acrostic_not_han", "(U+200B)"),
        ("春夏秋\ud800", "acrostic_not_han", "(U+FFFD)"),
        ("春夏\0冬", "acrostic_not_han", "(U+FFFD)"),
        ("春夏+冬", "acrostic_not_han", "+ (U+002B)"),
        ("", "acrostic_count", "this has 0"),
        ("，。\n", "acrostic_count", "this has 0"),
        ("春夏秋", "acrostic_count", "this has 3"),
        ("春夏秋冬梅", "acrostic_count", "this has 5"),
        ("春夏秋冬" * 3, "acrostic_count", "this has 12"),
        ("春" * 100_000, "too_long", "100000 characters"),
        ("\n" * 100_000, "too_long", "100000 characters"),
        (None, "not_text", "characters must be text"),
        (["春"] * 4, "not_text", "characters must be text"),
    ],
)  # fmt: skip
def test_what_cannot_begin_a_line_gets_a_sentence(typed, key, named):
    with pytest.raises(SettingError) as refused:
        AcrosticSettings(characters=typed)
    assert refused.value.key == key
    assert named in str(refused.value)
    str(refused.value).encode("utf-8")


@pytest.mark.parametrize("typed", ["春夏秋喵", "囧夏秋冬", "春夏秋𠀀", "々夏秋冬"])
def test_a_character_the_model_never_saw_is_named(engine, typed):
    *_, event = engine.frames(engine.submit(ACROSTIC, AcrosticSettings(characters=typed)))
    [unknown] = [c for c in typed if c not in "春夏秋冬"]
    assert event.error.key == "acrostic_unknown" and unknown in str(event.error)


@pytest.mark.parametrize("length", [6, 0, 5.5, "5", None, float("nan"), True, [5]], ids=repr)
def test_lines_have_five_characters_or_seven(length):
    with pytest.raises(SettingError) as refused:
        AcrosticSettings(line_length=length)
    assert refused.value.values["field"] == "line_length"
    assert AcrosticSettings(line_length=7.0).line_length == 7


def test_what_the_sentences_suggest_works(engine):
    suggested = {found for text in SENTENCES.values() for found in re.findall("[\u4e00-\u9fff]{4,}", text)}
    assert {"春夏秋冬", "花好月圆"} <= suggested
    for characters in suggested:
        assert len(write(engine, characters=characters)["lines"]) == len(characters)
