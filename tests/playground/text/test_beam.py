"""The beam search, held against transformers' own and against what a tree of texts must be."""

import itertools
import json
import math

import pytest
import torch
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel

from playground.errors import ModelError, SettingError
from playground.inference.control import replay
from playground.inference.engine import Engine
from playground.inference.models import ModelStore
from playground.text.beam import BeamSearch
from playground.text.beam_frames import conclude
from playground.text.settings import BeamSettings
from playground.text.tasks import BEAM


@pytest.fixture(scope="module")
def engine():
    engine = Engine(ModelStore())
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def library():
    return {
        name: AutoModelForCausalLM.from_pretrained(f"playground/weights/{name}").eval() for name in ("tales", "poems")
    }


def search(engine, **settings):
    *_, event = engine.frames(engine.submit(BEAM, BeamSettings(**settings)))
    assert event.error is None, event.error
    return event


def expected(model, prompt_ids, num_beams, length, **options):
    """transformers' sequences (token ids) and scores, best first."""
    if num_beams > 1:
        options["num_return_sequences"] = num_beams
    ids = torch.tensor([prompt_ids])
    out = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        num_beams=num_beams,
        do_sample=False,
        max_new_tokens=length,
        pad_token_id=0,
        return_dict_in_generate=True,
        output_scores=True,
        **options,
    )
    return [row[len(prompt_ids) :].tolist() for row in out.sequences], getattr(out, "sequences_scores", None)


def assert_equal(ids, scores, theirs, their_scores, ends):
    """Token for token, score for score; theirs are filled up behind the token that ends a text."""
    theirs = [row[: next((n + 1 for n, token in enumerate(row) if token in ends), len(row))] for row in theirs]
    assert ids == theirs
    if their_scores is not None:
        assert scores == pytest.approx(their_scores.tolist(), rel=1e-5, abs=1e-4)


CASES = [
    ("tales", "Once upon a time"),
    ("tales", '"Come here," said the'),
    ("tales", ""),
    ("poems", "月"),
    ("poems", ""),
]


@pytest.mark.parametrize(("model", "prompt"), CASES)
@pytest.mark.parametrize(("num_beams", "length_penalty"), [(1, 1.0), (2, 1.0), (4, 1.0), (4, 0.0), (3, -2.0), (8, 3.5)])
def test_it_is_the_librarys_beam_search(engine, library, model, prompt, num_beams, length_penalty):
    asked = {"num_beams": num_beams, "length_penalty": length_penalty, "max_new_tokens": 36}
    event = search(engine, model=model, prompt=prompt, **asked)
    frame = event.frame
    prompt_ids = [token["id"] for token in frame["prompt_tokens"]]
    options = {"length_penalty": length_penalty} if num_beams > 1 else {}
    theirs = expected(library[model], prompt_ids, num_beams, 36, **options)
    ends = engine.models.load(model).result().eos_ids
    ids = [[token["id"] for token in sequence["tokens"]] for sequence in frame["sequences"]]
    assert_equal(ids, [sequence["score"] for sequence in frame["sequences"]], *theirs, ends)
    assert [sequence["finished"] for sequence in frame["sequences"]] == [row[-1] in ends for row in ids]
    assert event.reason == "length" or all(sequence["finished"] for sequence in frame["sequences"])
    assert len(frame["sequences"]) == num_beams


def test_poems_end_before_they_are_cut(engine):
    """So that what the test above compares has early ends among it."""
    event = search(engine, model="poems", prompt="月", max_new_tokens=36)
    assert event.reason == "eos" and all(sequence["finished"] for sequence in event.frame["sequences"])
    assert event.frame["tree"][-1]["step"] < 36


@pytest.fixture(scope="module")
def sharp():
    """A GPT-2 of random numbers whose distributions are far from flat, so that no two scores are near ties."""
    torch.manual_seed(4)
    shape = {
        "bos_token_id": 0,
        "eos_token_id": 0,
        "vocab_size": 97,
        "n_positions": 64,
        "n_embd": 32,
        "n_layer": 2,
        "n_head": 2,
    }
    model = GPT2LMHeadModel(GPT2Config(**shape, tie_word_embeddings=False)).eval()
    with torch.no_grad():
        model.lm_head.weight *= 20
    return model


@pytest.mark.parametrize("ends", [(3,), tuple(range(0, 97, 9)), tuple(range(0, 97, 2))], ids=len)
@pytest.mark.parametrize(("num_beams", "length_penalty"), [(1, 1.0), (4, 1.0), (5, -1.0), (8, 0.0), (8, 2.0)])
def test_many_tokens_that_end_a_text(sharp, ends, num_beams, length_penalty):
    for first in range(5):
        ours = BeamSearch(sharp, [first, 50], ends, num_beams, 24, length_penalty)
        while not ours.done:
            ours.advance()
        ids = [[node.token for node in way(tip)] for tip in ours.finished]
        options = {"length_penalty": length_penalty} if num_beams > 1 else {}
        theirs = expected(sharp, [first, 50], num_beams, 24, eos_token_id=list(ends), **options)
        assert_equal(ids, [ours.penalised(tip) for tip in ours.finished], *theirs, ends)


def way(node):
    """The nodes from the root to `node`."""
    return [] if node is None else [*way(node.parent), node]


def test_a_beam_is_a_row_and_no_more(sharp):
    ours = BeamSearch(sharp, [1, 2, 3], (0,), 4, 40, 1.0)
    while not ours.done:
        ours.advance()
        if ours.step:
            assert {beam.row for beam in ours.beams} == set(ours.cache.rows)
            assert len(ours.beams) == 4


@pytest.mark.parametrize("model", ["tales", "poems"])
def test_the_tree_is_a_tree_of_sums(engine, model):
    frame = search(engine, model=model, prompt="月" if model == "poems" else "The fox", num_beams=5).frame
    tree = {node["id"]: node for node in frame["tree"]}
    assert list(tree) == sorted(tree) and len(tree) == len(frame["tree"])
    for node in frame["tree"]:
        parent = tree.get(node["parent"])
        assert node["step"] == (parent["step"] + 1 if parent else 1)
        assert node["score"] == pytest.approx((parent["score"] if parent else 0) + node["logprob"], abs=1e-4)
        assert parent is None or parent["kept"], "only beams have heirs"
    last = frame["tree"][-1]["step"]
    for step, nodes in itertools.groupby(frame["tree"], key=lambda node: node["step"]):
        nodes = list(nodes)
        beams = [node for node in nodes if node["kept"]]
        assert len(beams) == (5 if step < last else len(beams)) <= 5
        ranked = sorted(nodes, key=lambda node: node["rank"])
        assert [node["rank"] for node in ranked[:10]] == list(range(1, 11))
        assert [node["score"] for node in ranked] == sorted((node["score"] for node in nodes), reverse=True)
        pruned = [node for node in nodes if not (node["kept"] or node["ended"] or node["finished"])]
        assert max((node["score"] for node in pruned), default=-math.inf) <= min(node["score"] for node in nodes[:5])
        if step < last:
            assert pruned
            heirs = {node["parent"] for node in frame["tree"] if node["step"] == step + 1}
            assert heirs == {beam["id"] for beam in beams}, "every beam shows what it could offer"


def test_the_marked_path_is_the_best_sequence(engine):
    frame = search(engine, model="poems", prompt="山").frame
    best = [node for node in frame["tree"] if node["best"]]
    first = frame["sequences"][0]
    assert [node["token"] for node in best] == [token["id"] for token in first["tokens"]]
    assert best[-1]["id"] == first["node"] and best[-1]["finished"]
    assert first["sum_logprob"] == pytest.approx(sum(token["logprob"] for token in first["tokens"]), abs=1e-4)
    scores = [sequence["score"] for sequence in frame["sequences"]]
    assert scores == sorted(scores, reverse=True)
    assert first["text"] == "".join(token["text"] for token in first["tokens"][:-1])  # the last ends the poem


def test_a_whole_search_fits_a_message(engine):
    frame = search(engine, prompt="Once", num_beams=8, max_new_tokens=100).frame
    assert len({node["step"] for node in frame["tree"]}) == 100
    assert len(json.dumps(frame)) < 1_000_000


def test_each_frame_tells_only_what_grew(engine):
    settings = BeamSettings(prompt="A fox", num_beams=3, max_new_tokens=12)
    models = {"tales": engine.models.load("tales").result()}
    frames = list(replay(BEAM.run, settings, [], models))
    assert frames[0]["nodes"] == [] and frames[0]["model"]["id"] == "tales"
    assert [{node["step"] for node in frame["nodes"]} for frame in frames[1:]] == [{n} for n in range(1, 13)]
    whole = conclude(settings, frames, "length")
    assert [node["id"] for node in whole["tree"]] == [node["id"] for frame in frames for node in frame["nodes"]]
    halves = [BEAM.merge(frames[:5]), BEAM.merge(frames[5:])]
    assert conclude(settings, halves, "length") == whole


def test_stopping_keeps_what_was_made(engine, library):
    """The beams under way are the texts, just as they are when they are cut at max_new_tokens."""
    ticket = engine.submit(BEAM, BeamSettings(prompt="Once more", max_new_tokens=100, num_beams=4))
    for event in engine.frames(ticket):
        if event.frame is not None and event.frame.get("nodes") and event.state != "done":
            engine.stop(ticket)
    assert event.reason == "stopped" and event.error is None
    sequences, steps = event.frame["sequences"], event.frame["tree"][-1]["step"]
    assert len(sequences) == 4 and not any(sequence["finished"] for sequence in sequences) and steps < 100
    prompt_ids = [token["id"] for token in event.frame["prompt_tokens"]]
    theirs, scores = expected(library["tales"], prompt_ids, 4, steps)
    ids = [[token["id"] for token in sequence["tokens"]] for sequence in sequences]
    assert_equal(ids, [sequence["score"] for sequence in sequences], theirs, scores, ())


def test_stopping_before_the_first_step():
    frame = conclude(BeamSettings(), [], "stopped")
    assert frame == {"sequences": [], "tree": [], "notices": []}


def test_prefix_ids_count_as_prompt(engine):
    whole = search(engine, prompt="A fox", num_beams=1, max_new_tokens=20).frame["sequences"][0]
    ids = [token["id"] for token in whole["tokens"]]
    rest = search(engine, prompt="A fox", prefix_ids=ids[:8], num_beams=1, max_new_tokens=12).frame["sequences"][0]
    assert [token["id"] for token in rest["tokens"]] == ids[8:]


def test_a_long_prompt_is_cut_and_read_in_chunks(engine, library):
    frame = search(engine, prompt="end of it. " * 9000 + "The last words", max_new_tokens=10).frame
    assert [notice["key"] for notice in frame["notices"]] == ["prompt_truncated"]
    theirs, scores = expected(library["tales"], [token["id"] for token in frame["prompt_tokens"]], 4, 10)
    ids = [[token["id"] for token in sequence["tokens"]] for sequence in frame["sequences"]]
    assert_equal(ids, [sequence["score"] for sequence in frame["sequences"]], theirs, scores, (0,))


@pytest.mark.parametrize("prompt", ["\0", "\ud800", "שלום", "😀👨‍👩‍👧", "<script>alert(1)</script>", "${1+1}{{value}}"])
def test_any_prompt_is_continued(engine, prompt):
    frame = search(engine, prompt=prompt, max_new_tokens=4).frame
    assert len(frame["sequences"]) == 4
    assert "\N{REPLACEMENT CHARACTER}" not in json.dumps(frame["sequences"], ensure_ascii=False)


BAD = [
    ("num_beams", 0), ("num_beams", 9), ("num_beams", 2.5), ("num_beams", math.nan), ("num_beams", [4]),
    ("num_beams", True), ("max_new_tokens", 101), ("max_new_tokens", -1), ("max_new_tokens", 10**400),
    ("length_penalty", math.inf), ("length_penalty", -2.1), ("length_penalty", "1"), ("length_penalty", None),
    ("prompt", 7), ("prompt", "x" * 200_001), ("prefix_ids", [10**9]), ("prefix_ids", "no"), ("model", {}),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), BAD, ids=[f"{field}-{n}" for n, (field, _) in enumerate(BAD)])
def test_bad_settings_are_named(field, value):
    with pytest.raises(SettingError) as raised:
        BeamSettings(**{field: value})
    assert raised.value.values["field"] == field


def test_a_token_number_out_of_range_is_a_sentence(engine):
    *_, event = engine.frames(engine.submit(BEAM, BeamSettings(prefix_ids=[999_999])))
    assert isinstance(event.error, ModelError) and "999999" in str(event.error)
