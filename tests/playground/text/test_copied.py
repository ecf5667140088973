"""Copied or invented: the fingerprints, held against the sets they stand for, and runs against a brute-force search."""

import random
from pathlib import Path

import numpy as np
import pytest

from playground.errors import ModelError, SettingError
from playground.inference.engine import Engine
from playground.inference.models import ModelStore
from playground.recipes import copied as recipe
from playground.recipes.tales import HOLD_OUT, read_tales
from playground.text import copied
from playground.text.copied import (
    STRIDE,
    WINDOW,
    Fingerprints,
    copied_runs,
    in_pieces,
    longest_run,
    poem_lines,
    windows,
    words_of,
)
from playground.text.corpus_settings import TEXT_LIMIT, CopiedSettings
from playground.text.corpus_tasks import COPIED
from tests.playground.recipes.small_corpora import poems, tales, write_poems, write_tales

HELD_OUT_TALE = Path(__file__).parents[1] / "held_out_tale.txt"


@pytest.fixture(scope="module")
def engine():
    engine = Engine(ModelStore())
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Small corpora, fingerprinted as the recipe does it, and read back: (folder, poems, tales)."""
    folder = tmp_path_factory.mktemp("copied")
    recipe.make_poems(write_poems(folder / "poems.tsv"), folder / "out")
    recipe.make_tales(write_tales(folder / "tales.txt"), folder / "out")
    return folder, copied.load("poems", folder / "out"), copied.load("tales", folder / "out")


def compared(engine, **settings):
    *_, event = engine.frames(engine.submit(COPIED, CopiedSettings(**settings)))
    assert event.error is None, event.error
    return event.frame


# ---------------------------------------------------------------- fingerprints


def test_a_member_is_always_found_and_a_stranger_at_the_stated_rate():
    members, strangers = [f"member {n}" for n in range(20_000)], [f"stranger {n}" for n in range(200_000)]
    known = Fingerprints.of(members, rate=500)
    assert known.holds(members).all()
    alarms = int(known.holds(strangers).sum())
    assert abs(alarms - 400) < 5 * 20  # a binomial of 200,000 at 1/500: 400 ± 20
    assert not Fingerprints.of((), 500).holds(strangers[:9]).any()


def test_a_hash_is_the_same_in_every_process():
    assert copied.hashed(["月", "the fox"], 1 << 40).tolist() == [382822814054, 691640247156]


@pytest.mark.parametrize("name", ["poems", "tales"])
def test_a_shipped_filter_states_what_it_does(name):
    known = copied.load(name)
    assert len(known.numbers) == pytest.approx(known.about["members"], rel=1e-3)  # a few share a number
    assert (np.diff(known.numbers) > 0).all() and known.numbers[-1] < known.below
    rng = random.Random(0)
    strangers = ["".join(rng.choices("abcdefgh 明月光霜", k=30)) for _ in range(200_000)]
    expected = 200_000 * known.about["rate"]
    assert abs(known.holds(strangers).sum() - expected) < 5 * expected**0.5
    assert known.about["false_alarms"] <= 0.001 and known.about["rate"] <= 0.001
    assert f"{known.about['false_alarms']:.3%}" in (copied.WEIGHTS / "README.md").read_text()


def test_a_missing_or_damaged_file_is_named(tmp_path):
    with pytest.raises(ModelError, match="poems"):
        copied.load("poems", tmp_path)
    (tmp_path / "poems.npz").write_bytes(b"not a zip")
    with pytest.raises(ModelError, match="poems"):
        copied.load("poems", tmp_path)


# ---------------------------------------------------------------- lines of verse


def test_every_line_of_the_training_poems_is_found_and_held_out_ones_are_not(made):
    folder, known, _ = made
    everything = recipe.read_poems(folder / "poems.tsv")
    training = {line["line"] for n, poem in enumerate(everything) if n % HOLD_OUT for line in poem_lines(poem, known)}
    for n, poem in enumerate(everything):
        for line in poem_lines(poem, known):
            assert line["found"] == (line["line"] in training), n
            assert poem[line["start"] : line["end"]] == line["line"]
    assert len(training) > 500


def test_simplified_characters_and_latin_marks_are_read_as_the_tokenizer_reads_them(engine):
    """A poem everybody knows, typed as a reader of today types it."""
    frame = compared(engine, text="春眠不觉晓,处处闻啼鸟.\n夜来风雨声\n花落知多少")
    assert frame["corpus"] == "poems"
    lines = [piece for piece in frame["pieces"] if piece["found"] is not None]
    assert [piece["text"] for piece in lines] == ["春眠不觉晓", "处处闻啼鸟", "夜来风雨声", "花落知多少"]
    assert all(piece["found"] for piece in lines) and frame["found"] == frame["lines"] == 4


def test_a_line_that_breaks_off_is_not_called_new(made):
    _, known, _ = made
    line = poem_lines(poems()[0], known)[0]["line"]
    broken = poem_lines(f"{line}，鳥鳥鳥鳥鳥，鳥鳥", known)
    assert [piece["found"] for piece in broken][1:] == [False, None]
    assert poem_lines("鳥鳥鳥", known)[0]["found"] is False  # all there is was meant


# ---------------------------------------------------------------- runs of words


def copied_words(words, training, least):
    """Brute force: the maximal runs of `words` of at least `least` that stand in a training tale, [(first, end)]."""
    joined = [f" {' '.join(tale)} " for tale in training]
    runs, end = [], 0
    for first in range(len(words)):
        reach = max(end, first)
        while reach < len(words) and any(f" {' '.join(words[first : reach + 1])} " in tale for tale in joined):
            reach += 1
        if reach - first >= least and reach > end:
            runs.append((first, reach))
        end = max(end, reach)
    return runs


def test_runs_against_a_brute_force_search(made):
    folder, _, known = made
    everything = read_tales(folder / "tales.txt")
    training = [[word for word, _, _ in words_of(tale)] for n, tale in enumerate(everything) if n % HOLD_OUT]
    rng, found_any = random.Random(1), 0
    for text in (*everything[::HOLD_OUT], *tales(12, seed=9)):
        words = [word for word, _, _ in words_of(text)]
        for _ in range(3):
            words[rng.randrange(len(words))] = "zebra"
        runs = copied_runs(" ".join(words), known)
        covered = np.zeros(len(words), bool)
        starts = {start: n for n, (_, start, _) in enumerate(words_of(" ".join(words)))}
        for run in runs:
            first = starts[run["start"]]
            covered[first : first + run["length"]] = True
            windows = [" ".join(words[i : i + WINDOW]) for i in range(first, first + run["length"] - WINDOW + 1)]
            assert any(known.holds(windows))
            assert "zebra" not in run["words"]
        for first, end in copied_words(words, training, least=WINDOW + STRIDE - 1):
            found_any += 1
            assert covered[first + STRIDE - 1 : end - STRIDE + 1].all(), words[first:end]
        truly = np.zeros(len(words), bool)
        for first, end in copied_words(words, training, least=WINDOW):
            truly[first:end] = True
        assert (covered <= truly).all()  # every window found is a copy: with so few members none is found by accident
    assert found_any > 10


def test_the_longest_run_and_its_place(made):
    folder, _, known = made
    tale = next(t for n, t in enumerate(read_tales(folder / "tales.txt")) if n % HOLD_OUT and len(t.split()) > 20)
    copy = " ".join(tale.split()[:15])
    text = f"Nobody knows what “{copy.upper()}” is, said the zebra, nor why."
    result = longest_run(text, known)
    run = result["longest"]
    assert 15 - 2 * (STRIDE - 1) <= run["length"] <= 15
    assert text[run["start"] : run["end"]] == run["words"] and run["words"] in copy.upper()
    assert result["words"] == len(text.split())
    assert longest_run("too short a text", known) == {"longest": None, "runs": [], "words": 4}


# ---------------------------------------------------------------- as the engine runs it


@pytest.mark.parametrize("corpus", ["tales", "poems"])
@pytest.mark.parametrize(
    "text", ["", " \n", "<b>x</b>", "\ud800a\0", "😀" * 50, "a " * 9_000, "，" * 100], ids=lambda text: repr(text[:20])
)
def test_pieces_are_the_whole_text(engine, corpus, text):
    frame = compared(engine, text=text, corpus=corpus)
    assert "".join(piece["text"] for piece in frame["pieces"]) == CopiedSettings(text=text).text
    assert all(piece["text"] for piece in frame["pieces"])


def test_a_training_tale_is_found_and_a_held_out_one_is_not(engine):
    pinocchio = (
        "How it happened that Mastro Cherry, carpenter, found a piece of wood that wept and laughed like a child"
    )
    frame = compared(engine, text=f"Once more: {pinocchio.lower()}!")  # C. Collodi, tr. 1925: chapter 1 is in training
    assert frame["runs"] == 1 and len(pinocchio.split()) - 2 <= frame["longest"]["length"] <= len(pinocchio.split())
    assert frame["longest"]["words"] in [piece["text"] for piece in frame["pieces"] if piece["found"]]
    frame = compared(engine, text=HELD_OUT_TALE.read_text())
    assert frame["longest"] is None or frame["longest"]["length"] <= frame["about"]["held_out_longest"]
    green = sum(len(piece["text"].split()) for piece in frame["pieces"] if piece["found"])
    assert green < 0.15 * frame["words"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", 7),
        ("text", None),
        ("text", "a" * (TEXT_LIMIT + 1)),
        ("corpus", "bible"),
        ("corpus", ["tales"]),
        ("corpus", 3),
    ],
)
def test_bad_settings_are_named(field, value):
    with pytest.raises(SettingError) as refused:
        CopiedSettings(**{field: value})
    assert refused.value.values["field"] == field


def test_runs_that_share_words_are_told_once():
    """Two runs of different places may overlap by more words than a chain allows: the text is still the text."""
    text = "one two three four five six seven eight nine ten eleven twelve"
    found = windows([word for word, _, _ in words_of(text)])
    known = Fingerprints.of([found[0], found[4]], 2**20)  # words 1 to 7, and 5 to 11
    runs = copied_runs(text, known)
    assert [run["length"] for run in runs] == [7, 7]
    pieces = list(in_pieces(text, [run | {"found": True} for run in runs], False))
    assert "".join(piece["text"] for piece in pieces) == text
    assert "".join(piece["text"] for piece in pieces if piece["found"]) == text.removesuffix(" twelve")
    assert recipe.words_found(text, known) == 11
