"""Writing and finding the watermark, held against transformers' own processor, detector and order of stages."""

import itertools

import pytest
import torch
from transformers import AutoTokenizer, GPT2LMHeadModel, WatermarkDetector, WatermarkingConfig
from transformers.generation.logits_process import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
    WatermarkLogitsProcessor,
)

from playground.errors import SettingError
from playground.inference.engine import Engine
from playground.inference.models import ModelStore
from playground.text.prompts import Prompt
from playground.text.sampling import gumbel
from playground.text.settings import DetectSettings, GenerationSettings, WatermarkSettings
from playground.text.tasks import DETECT, GENERATE, WATERMARK
from playground.text.watermark import GreenCount, choose, green_list, least_scored

TALES = "playground/weights/tales"
V = 1000


@pytest.fixture(scope="module")
def engine():
    engine = Engine(ModelStore())
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def library():
    return GPT2LMHeadModel.from_pretrained(TALES).eval(), AutoTokenizer.from_pretrained(TALES)


def event_of(engine, task, settings):
    *_, event = engine.frames(engine.submit(task, settings))
    assert event.error is None, event.error
    return event


def write(engine, **settings):
    return event_of(engine, WATERMARK, WatermarkSettings(**settings)).frame


def detect(engine, text, **settings):
    return event_of(engine, DETECT, DetectSettings(text=text, **settings)).frame


def ids_of(frame):
    return [token["id"] for token in frame["tokens"]]


def their_detection(ids, ratio=0.25, bias=2.5, vocabulary=4096):
    config = WatermarkingConfig(greenlist_ratio=ratio, bias=bias)
    model = GPT2LMHeadModel.config_class(vocab_size=vocabulary, bos_token_id=vocabulary)  # an id that is in no text
    detector = WatermarkDetector(model, "cpu", config, ignore_repeated_ngrams=True)
    return detector(torch.tensor([ids]), return_dict=True)


# ---------------------------------------------------------------- writing

SHAPES = [
    {"temperature": 1.0},
    {"temperature": 0.7, "top_k": 40, "repetition_penalty": 1.3},
    {"temperature": 1.5, "top_p": 0.9, "min_p": 0.02, "greenlist_ratio": 0.5, "bias": 1.0},
    {"temperature": 0.8, "bias": 0.0},
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("seed", range(10))
def test_a_token_is_the_largest_of_the_librarys_scores_with_noise(shape, seed):
    settings = WatermarkSettings(**shape)
    logits = 3 * torch.randn(V, generator=torch.Generator().manual_seed(seed))
    context = torch.tensor([[3, 1, 4, 1, 5, 9 + seed]])
    scores = logits.unsqueeze(0)
    walk = [
        (settings.repetition_penalty != 1, RepetitionPenaltyLogitsProcessor(settings.repetition_penalty)),
        (settings.temperature != 1, TemperatureLogitsWarper(settings.temperature)),
        (settings.top_k > 0, TopKLogitsWarper(settings.top_k or 1)),
        (settings.top_p < 1, TopPLogitsWarper(settings.top_p)),
        (settings.min_p > 0, MinPLogitsWarper(settings.min_p)),
        (True, WatermarkLogitsProcessor(V, "cpu", settings.greenlist_ratio, settings.bias)),
    ]
    for used, stage in walk:
        scores = stage(context, scores) if used else scores
    luck = gumbel(V, torch.Generator().manual_seed(seed))
    greens = green_list(V, settings.greenlist_ratio, settings.bias)
    token, q = choose(Prompt(context[0].tolist()), logits, settings, greens, luck)
    expected = (scores[0] + luck).argmax()
    assert token.item() == expected.item()
    assert q.item() == pytest.approx(scores.softmax(-1)[0, expected].item(), rel=1e-3)


@pytest.mark.parametrize("prompt", ["Once upon a time", "The king"])
def test_greedy_is_the_librarys_greedy_with_a_watermark(engine, library, prompt):
    model, tokenizer = library
    given = tokenizer(prompt, return_tensors="pt").input_ids
    config = WatermarkingConfig(greenlist_ratio=0.25, bias=2.5)
    expected = model.generate(given, do_sample=False, max_new_tokens=40, watermarking_config=config)
    ours = write(engine, prompt=prompt, temperature=0, max_new_tokens=40)
    assert ids_of(ours) == expected[0, given.shape[1] :].tolist()


def test_the_librarys_own_sampling_biases_after_temperature_and_filters(library):
    """The order that is written here is the library's, as it is installed."""
    model, tokenizer = library
    given = tokenizer("Once upon a time", return_tensors="pt").input_ids
    out = model.generate(
        given,
        do_sample=True,
        temperature=0.5,
        top_k=20,
        max_new_tokens=1,
        watermarking_config=WatermarkingConfig(greenlist_ratio=0.25, bias=2.5),
        output_scores=True,
        output_logits=True,
        return_dict_in_generate=True,
    )
    scores = TopKLogitsWarper(20)(given, TemperatureLogitsWarper(0.5)(given, out.logits[0]))
    torch.testing.assert_close(out.scores[0], WatermarkLogitsProcessor(4096, "cpu", 0.25, 2.5)(given, scores))


PLAIN = [
    {"prompt": "A fox", "temperature": 0.9, "top_k": 50, "seed": 4},
    {"prompt": "A fox", "temperature": 1.0, "seed": 2, "frequency_penalty": 1.0, "banned": "the\nfox"},
    {"prompt": "A fox", "temperature": 0.0, "repetition_penalty": 1.2},
]


@pytest.mark.parametrize("shape", PLAIN, ids=str)
def test_without_a_bias_it_is_a_plain_run(engine, shape):
    shape = shape | {"max_new_tokens": 60}
    plain = event_of(engine, GENERATE, GenerationSettings(**shape)).frame.samples[0]
    unmarked = write(engine, **shape, bias=0.0)
    assert ids_of(unmarked) == [token["id"] for token in plain["tokens"]]
    for ours, theirs in zip(unmarked["tokens"], plain["tokens"], strict=True):
        assert (ours["text"], ours["rank"]) == (theirs["text"], theirs["rank"])
        assert ours["logprob"] == pytest.approx(theirs["logprob"], abs=1e-3)
        assert ours["q"] == pytest.approx(theirs["q"], rel=1e-2)


def test_a_seed_reproduces(engine):
    def text(seed):
        return ids_of(write(engine, prompt="A fox", seed=seed, max_new_tokens=30))

    assert text(1) == text(1) != text(2)


@pytest.mark.parametrize("bias", [0.0, 2.5])
def test_the_score_of_a_growing_text_is_the_detectors_of_each_beginning(engine, bias):
    tokens = write(engine, prompt="The old woman", seed=1, bias=bias, max_new_tokens=80)["tokens"]
    ids = [token["id"] for token in tokens]
    assert tokens[0]["z"] is None
    for n in range(2, len(ids) + 1):
        theirs = their_detection(ids[:n])
        assert tokens[n - 1]["z"] == pytest.approx(theirs.z_score[0])
        assert tokens[n - 1]["scored"] == theirs.num_tokens_scored[0]


def test_a_watermark_shows_and_its_absence_too(engine):
    """Of eight seeds: with the bias every text long enough to be judged is found, the long ones by far (z grows as √T);
    without it z is a standard normal number."""
    marked, plain = (
        [write(engine, prompt="Once upon a time", seed=seed, bias=bias)["tokens"][-1] for seed in range(8)]
        for bias in (2.5, 0.0)
    )
    assert all(token["z"] > 3 for token in marked if token["scored"] >= least_scored(0.25))
    long = [token["z"] for token in marked if token["scored"] > 90]
    assert len(long) >= 5 and min(long) > 6
    assert abs(sum(token["z"] for token in plain) / 8) < 4 / 8**0.5
    assert max(abs(token["z"]) for token in plain) < 4


def test_the_end_of_the_text_ends_the_run(engine):
    event = event_of(engine, WATERMARK, WatermarkSettings(prompt="Once upon a time", seed=2))
    assert event.reason == "eos"
    assert ids_of(event.frame)[-1] == 0


def test_stopping_keeps_what_was_written(engine):
    ticket = engine.submit(WATERMARK, WatermarkSettings(prompt="Once", max_new_tokens=200, seed=77))
    for event in engine.frames(ticket):
        if event.state != "done" and event.frame and event.frame["tokens"]:
            engine.stop(ticket)
    assert event.reason == "stopped" and event.error is None
    assert 0 < len(event.frame["tokens"]) < 200


# ---------------------------------------------------------------- detection


@pytest.mark.parametrize(("ratio", "bias"), [(0.25, 2.5), (0.5, 4.0), (0.1, 0.0)])
def test_detection_is_the_librarys(engine, library, ratio, bias):
    _, tokenizer = library
    text = "Once upon a time there was a king who had a daughter, and the daughter had a golden ball. " * 2
    ours, theirs = (
        detect(engine, text, greenlist_ratio=ratio, bias=bias),
        their_detection(tokenizer(text).input_ids, ratio, bias),
    )
    assert ours["z"] == pytest.approx(theirs.z_score[0])
    assert ours["p_value"] == pytest.approx(theirs.p_value[0], rel=1e-6)
    assert ours["green_fraction"] == pytest.approx(theirs.green_fraction[0])
    assert (ours["scored"], ours["green"]) == (theirs.num_tokens_scored[0], theirs.num_green_tokens[0])
    assert ours["tokens"][-1]["z"] == ours["z"]


def text_of(frame):
    return "".join(token["text"] for token in frame["tokens"])


def test_what_was_written_with_it_is_found_and_nothing_else(engine):
    marked, plain = (text_of(write(engine, prompt="Once upon a time", bias=bias)) for bias in (2.5, 0.0))
    assert detect(engine, marked)["verdict"] == "marked"
    assert detect(engine, plain)["verdict"] == "plain"
    edited = " ".join(word[::-1] for word in marked.split())  # no pair of tokens survives that
    assert detect(engine, edited)["verdict"] == "plain"


def test_lists_of_another_share_are_nested(engine):
    """The same key: what is green among a quarter is green among a half, so another γ finds it too."""
    found = detect(engine, text_of(write(engine, prompt="Once upon a time")), greenlist_ratio=0.5)
    assert found["verdict"] == "marked"


def test_flags_are_the_processors_own_list(engine):
    processor = WatermarkLogitsProcessor(4096, "cpu", 0.25, 1.0)
    tokens = detect(engine, "The cat sat on the mat, and the dog sat on the cat.")["tokens"]
    assert tokens[0]["green"] is None
    for before, token in itertools.pairwise(tokens):
        favoured = processor(torch.tensor([[before["id"]]]), torch.zeros(1, 4096))[0]
        assert token["green"] == bool(favoured[token["id"]] > 0)


@pytest.mark.parametrize("text", ["", "word", "\ud800", "<|endoftext|>", "Too short to say."])
def test_a_text_too_short_is_not_judged(engine, text):
    found = detect(engine, text)
    assert found["verdict"] == "short"
    assert found["least"] == 20 > found["scored"]


@pytest.mark.parametrize(("ratio", "least"), [(0.25, 20), (0.5, 10), (0.1, 50), (0.9, 50)])
def test_how_much_text_it_takes(ratio, least):
    assert least_scored(ratio) == least


def test_characters_the_model_does_not_know_say_nothing(engine):
    found = detect(engine, "hello world " * 40, model="poems")
    assert (found["scored"], found["verdict"]) == (0, "short")


def test_one_pair_over_and_over_counts_once(engine):
    found = detect(engine, " the" * 300)
    assert (found["scored"], found["verdict"]) == (1, "short")
    count = GreenCount(0.25)
    for _ in range(5):
        count.add((1, 2), True)
    assert (count.scored, count.green) == (1, 1)


def test_a_long_text_is_cut_with_a_notice(engine):
    found = detect(engine, "".join(f"{n} x" for n in range(3000)))
    assert [notice["key"] for notice in found["notices"]] == ["detection_cut"]
    assert len(found["tokens"]) == 2000


@pytest.mark.parametrize(
    "bad", [{"greenlist_ratio": 0.05}, {"greenlist_ratio": 1}, {"bias": -1}, {"bias": 11}, {"max_new_tokens": 201}]
)
def test_bad_settings_are_named(bad):
    with pytest.raises(SettingError, match=next(iter(bad))):
        WatermarkSettings(**bad)
