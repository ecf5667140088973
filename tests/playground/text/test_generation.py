"""What the engine generates, held against plain transformers, against itself in company, and against its own script."""

import contextlib
import io

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from playground.errors import ModelError, SettingError
from playground.inference.cards import CARDS
from playground.inference.control import Control
from playground.inference.engine import Engine
from playground.inference.models import ModelStore
from playground.text.as_python import as_python
from playground.text.generation import TextHost
from playground.text.settings import GenerationSettings, NextTokenSettings, PositionSettings
from playground.text.tasks import GENERATE, NEXT_TOKEN, POSITION

TALES = "playground/weights/tales"


@pytest.fixture(scope="module")
def engine():
    engine = Engine(ModelStore())
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def library():
    return AutoModelForCausalLM.from_pretrained(TALES), AutoTokenizer.from_pretrained(TALES)


def last_event(engine, task, settings):
    *_, event = engine.frames(engine.submit(task, settings))
    return event


def generate(engine, **settings):
    event = last_event(engine, GENERATE, GenerationSettings(**settings))
    assert event.error is None, event.error
    return event.frame


def ids(sample):
    return [token["id"] for token in sample["tokens"]]


@pytest.mark.parametrize("prompt", ["Once upon a time", "The king", "x" * 5000])
def test_greedy_is_the_librarys_greedy(engine, library, prompt):
    model, tokenizer = library
    frame = generate(engine, prompt=prompt, temperature=0, max_new_tokens=40)
    given = torch.tensor([[token["id"] for token in frame.opening["prompt_tokens"]]])
    expected = model.generate(given, do_sample=False, max_new_tokens=40)[0, given.shape[1] :].tolist()
    assert ids(frame.samples[0]) == expected
    assert frame.samples[0]["text"] == tokenizer.decode(expected, skip_special_tokens=True)


def test_logprobs_and_ranks_are_of_the_unscaled_distribution(engine, library):
    model, _ = library
    frame = generate(engine, prompt="The old woman", temperature=1.7, top_k=50, repetition_penalty=1.3, seed=3)
    sequence = [token["id"] for token in frame.opening["prompt_tokens"]] + ids(frame.samples[0])
    with torch.inference_mode():
        logprobs = model(torch.tensor([sequence])).logits[0].log_softmax(-1)
    start = len(frame.opening["prompt_tokens"])
    for n, token in enumerate(frame.samples[0]["tokens"]):
        row = logprobs[start + n - 1]
        assert token["logprob"] == pytest.approx(row[token["id"]].item(), abs=1e-4)
        assert token["rank"] == 1 + (row > row[token["id"]] + 1e-4).sum().item()
        best = row.topk(10)
        assert [logprob for _, _, logprob in token["top"]] == pytest.approx(best.values.tolist(), abs=1e-4)


SHAPES = [
    {"temperature": 0.8},
    {"temperature": 1.0, "top_k": 30, "top_p": 0.9, "min_p": 0.02},
    {"temperature": 1.5, "repetition_penalty": 1.4},
    {"temperature": 0.0, "repetition_penalty": 1.4},
    {"temperature": 0.7, "stop": "the\n,"},
    {"presence_penalty": 0.9, "frequency_penalty": 0.4, "prefix_ids": (260, 260, 795)},
    {"banned": "the\nprincess\n.\n😀", "temperature": 1.2, "frequency_penalty": -1.5},
    {"forced": "'{x}'\nprincess\nold king\n月", "banned": "the", "repetition_penalty": 1.2, "top_p": 0.8},
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("prompt", ["Once upon a time", "", '"<b>{x}</b>" 😀'])
def test_the_copied_program_gives_the_same_tokens(engine, shape, prompt):
    settings = GenerationSettings(prompt=prompt, max_new_tokens=25, seed=13, **shape)  # no draw is a near tie
    frame = last_event(engine, GENERATE, settings).frame
    card = next(card for card in CARDS if card.id == "tales")
    program = as_python(settings, card, TALES, card.context)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, "copied.py", "exec"), {"__name__": "__main__"})
    assert printed.getvalue().rstrip().splitlines()[-1] == str(ids(frame.samples[0]))


def test_a_stream_does_not_depend_on_its_company(engine):
    """The same seed alone and among 31 others with other prompts, lengths and settings."""
    asked = [
        GenerationSettings(prompt="The " * (n % 7) + "cat", seed=n, max_new_tokens=10 + n, temperature=0.5 + n / 31)
        for n in range(32)
    ]
    alone = [ids(last_event(Engine(engine.models), GENERATE, settings).frame.samples[0]) for settings in asked[:3]]
    crowded = Engine(engine.models)
    tickets = [crowded.submit(GENERATE, settings, owner=str(n)) for n, settings in enumerate(asked)]
    together = []
    for ticket in tickets:
        *_, event = crowded.frames(ticket)
        together.append(ids(event.frame.samples[0]))
    crowded.close()
    assert together[:3] == alone
    assert all(len(sample) == 10 + n or sample[-1] == 0 for n, sample in enumerate(together))  # 0 ends a tale


def test_sample_j_is_the_run_with_seed_plus_j(engine):
    several = generate(engine, prompt="A fox", seed=5, num_samples=4, max_new_tokens=20)
    for j in range(4):
        alone = generate(engine, prompt="A fox", seed=5 + j, max_new_tokens=20)
        assert ids(several.samples[j]) == ids(alone.samples[0])


def test_a_branch_goes_on_as_its_parent_did(engine):
    """Greedy, so no seed is in play: continuing from the middle gives the rest."""
    whole = ids(generate(engine, prompt="A fox", temperature=0, max_new_tokens=30).samples[0])
    rest = generate(engine, prompt="A fox", prefix_ids=whole[:12], temperature=0, max_new_tokens=18)
    assert ids(rest.samples[0]) == whole[12:]


def test_stop_strings_end_the_text_before_them(engine):
    whole = generate(engine, prompt="Once upon a time", seed=1, max_new_tokens=60).samples[0]["text"]
    stop = whole[20:23]
    cut = generate(engine, prompt="Once upon a time", seed=1, max_new_tokens=60, stop=stop).samples[0]
    assert cut["finish_reason"] == "stop"
    assert cut["text"] == whole[: whole.index(stop)]


def test_stopping_keeps_what_was_made(engine):
    ticket = engine.submit(GENERATE, GenerationSettings(prompt="Once", max_new_tokens=200, seed=77, num_samples=2))
    for event in engine.frames(ticket):
        if event.frame is not None and event.frame.samples and event.state != "done":
            engine.stop(ticket)
    assert event.reason == "stopped"
    assert {sample["finish_reason"] for sample in event.frame.samples} == {"stopped"}
    assert 0 < len(event.frame.samples[0]["tokens"]) < 200


def test_stopping_before_the_first_token(engine):
    ticket = engine.submit(GENERATE, GenerationSettings(prompt="Once", max_new_tokens=200, seed=78, num_samples=3))
    engine.stop(ticket)
    *_, event = engine.frames(ticket)
    assert event.reason == "stopped" and event.error is None
    assert [sample["finish_reason"] for sample in event.frame.samples] == ["stopped"] * 3


class Listener:
    """A run as its host sees it, for a host without an engine."""

    def __init__(self, settings):
        self.settings, self.control, self.owner = settings, Control(settings), ""
        self.frames, self.reason = [], None

    def publish(self, frame):
        self.frames.append(frame)

    def finish(self, reason):
        self.reason = reason


def test_the_rows_of_the_last_to_stop_are_freed_at_once(engine):
    host = TextHost(engine.models.load("tales").result())
    run = Listener(GenerationSettings(prompt="Once", max_new_tokens=200, num_samples=2))
    host.join(run)
    while len(run.frames) < 3:
        host.advance()
    assert host.busy and host.decoder.bytes > 0
    run.control.deliver({"stop": "stopped"})
    host.advance()
    assert (run.reason, host.busy, host.decoder.bytes) == ("stopped", False, 0)


def test_a_prompt_that_does_not_fit_is_cut_from_the_left_with_a_notice(engine):
    frame = generate(engine, prompt="end of it. " * 9000 + "The last words", max_new_tokens=5)
    assert [notice["key"] for notice in frame.opening["notices"]] == ["prompt_truncated"]
    assert "".join(token["text"] for token in frame.opening["prompt_tokens"]).endswith("The last words")
    assert len(frame.samples[0]["tokens"]) == 5


@pytest.mark.parametrize(
    "prompt", ["", " ", "\0", "\ud800", "שלום עולם", "😀👨‍👩‍👧", "<script>alert(1)</script>", "${1+1}{{value}}"]
)
def test_any_prompt_is_continued(engine, prompt):
    frame = generate(engine, prompt=prompt, max_new_tokens=8, temperature=2.0)
    assert len(frame.samples[0]["tokens"]) >= 1
    made = frame.samples[0]["text"] + "".join(token["text"] for token in frame.samples[0]["tokens"])
    assert "\N{REPLACEMENT CHARACTER}" not in made


def test_pieces_of_characters_are_told_as_bytes(engine):
    frame = generate(engine, prompt="😀", max_new_tokens=1)
    pieces = frame.opening["prompt_tokens"]
    assert bytes.fromhex("".join(piece["bytes"] for piece in pieces)).decode() == "😀"
    assert all(piece["text"] == f"⟨{piece['bytes']}⟩" for piece in pieces)


def test_simplified_prompts_are_read_as_traditional(engine):
    traditional = generate(engine, model="poems", prompt="國破山河在", max_new_tokens=12)
    simplified = generate(engine, model="poems", prompt="国破山河在", max_new_tokens=12)
    assert ids(traditional.samples[0]) == ids(simplified.samples[0])
    assert not simplified.opening["notices"]


def test_characters_the_model_never_saw_are_counted(engine):
    frame = generate(engine, model="poems", prompt="月hello", max_new_tokens=2)
    assert [notice["key"] for notice in frame.opening["notices"]] == ["prompt_unknown"]
    assert frame.opening["notices"][0]["values"]["count"] == "5"


def test_stages_and_logits_of_a_place(engine, library):
    model, tokenizer = library
    with torch.inference_mode():
        logits = model(tokenizer("Once upon a", return_tensors="pt").input_ids).logits[0, -1]
    place = last_event(engine, POSITION, PositionSettings(prompt="Once upon a")).frame
    from playground import wire

    held = torch.from_numpy(wire.decode(place["logits"])) + place["shift"]
    torch.testing.assert_close(held, logits, atol=1e-3, rtol=0)
    asked = NextTokenSettings(prompt="Once upon a", temperature=1, top=5, top_k=3)
    told = last_event(engine, NEXT_TOKEN, asked).frame["stages"]
    best = logits.softmax(-1).topk(5)
    assert [entry["id"] for entry in told[0]["top"]] == best.indices.tolist()
    for stage in told:
        assert sum(entry["p"] for entry in stage["top"]) + stage["other"] == pytest.approx(1, abs=1e-5)
    assert [stage["kept"] for stage in told] == [4096, 4096, 4096, 3, 3, 3]


def test_a_token_number_out_of_range_is_a_sentence(engine):
    event = last_event(engine, GENERATE, GenerationSettings(prefix_ids=[999_999]))
    assert isinstance(event.error, ModelError)
    assert "999999" in str(event.error)
    with pytest.raises(SettingError):
        GenerationSettings(prefix_ids=[10**9])
