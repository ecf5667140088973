"""Scores of texts, held against transformers' loss, a plain argsort, and a plain loop over windows."""

import itertools
import json
import math

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from playground.errors import RunError, SettingError
from playground.inference import reading
from playground.inference.cards import Card
from playground.inference.control import Control, replay
from playground.inference.engine import Engine
from playground.inference.models import ModelStore
from playground.inference.sources import Embedded
from playground.text import scores
from playground.text.scoring import ROWS, score, windows
from playground.text.settings import ScoreSettings
from playground.text.tasks import SCORE
from tests.playground.inference import small_models

TALE = "Once upon a time there was a king who had three daughters, and the youngest was so fair that even the sun"
COUPLET = "床前明月光，疑是地上霜。"


@pytest.fixture(scope="module")
def engine():
    engine = Engine(ModelStore())
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def library():
    folder = "playground/weights/"
    return {
        name: (AutoModelForCausalLM.from_pretrained(folder + name), AutoTokenizer.from_pretrained(folder + name))
        for name in ("tales", "poems")
    }


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    """A Llama of random weights, loaded as any model is: (LoadedModel, transformers' own)."""
    folder = tmp_path_factory.mktemp("llama")
    words = small_models.tokenizer()
    words.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(words), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=512, bos_token_id=0, eos_token_id=0, initializer_range=0.4,
    )  # fmt: skip
    model = LlamaForCausalLM(config).eval()
    model.save_pretrained(folder)
    card = Card("llama", "Llama", (Embedded(str(folder)),), "none", "en", 0, 0, 512)
    return reading.read(card, "embedded", folder), model


def last(engine, **settings):
    *_, event = engine.frames(engine.submit(SCORE, ScoreSettings(**settings)))
    return event


def scored(engine, **settings):
    event = last(engine, **settings)
    assert event.error is None, event.error
    assert event.reason == "scored"
    return event.frame


def frames_of(loaded, text):
    settings = ScoreSettings(text=text, model=loaded.card.id)
    return list(replay(score, settings, [], {loaded.card.id: loaded}))


@torch.inference_mode()
def loss(model, ids):
    return model(input_ids=torch.tensor([ids]), labels=torch.tensor([ids])).loss.item()


@pytest.mark.parametrize(
    ("model", "text"), [("tales", TALE), ("tales", "a b"), ("tales", "zzz 😀 شكرا " * 12), ("poems", COUPLET)]
)
def test_perplexity_is_exp_of_transformers_loss(engine, library, model, text):
    theirs, tokenizer = library[model]
    ids = tokenizer(text)["input_ids"]
    frame = scored(engine, text=text, model=model)
    assert [token["id"] for token in frame["tokens"]] == ids
    assert frame["count"] == len(ids) - 1
    assert frame["perplexity"] == pytest.approx(math.exp(loss(theirs, ids)), rel=1e-4)
    assert frame["bits_per_token"] == pytest.approx(loss(theirs, ids) / math.log(2), abs=1e-4)


def test_perplexity_of_a_whole_context_read_in_chunks(engine, library):
    theirs, tokenizer = library["tales"]
    ids = tokenizer(TALE * 20)["input_ids"][:256]
    frame = scored(engine, text=tokenizer.decode(ids))
    assert [token["id"] for token in frame["tokens"]] == ids and not frame["notices"]
    assert frame["perplexity"] == pytest.approx(math.exp(loss(theirs, ids)), rel=1e-4)


def test_perplexity_of_another_architecture(llama):
    loaded, theirs = llama
    text = "once upon a time there was a house by the wood " * 20
    ids = loaded.tokenizer(text)["input_ids"]
    assert 128 < len(ids) <= 512
    settings = ScoreSettings(text=text, model="llama")
    frame = scores.conclude(settings, frames_of(loaded, text), "scored")
    assert frame["perplexity"] == pytest.approx(math.exp(loss(theirs, ids)), rel=1e-4)


def test_ranks_entropies_and_alternatives_against_a_plain_sort(engine, library):
    theirs, _ = library["tales"]
    frame = scored(engine, text=TALE)
    ids = [token["id"] for token in frame["tokens"]]
    with torch.inference_mode():
        logp = theirs(torch.tensor([ids])).logits[0].double().log_softmax(-1)
    for t, token in enumerate(frame["tokens"][1:], 1):
        order = logp[t - 1].argsort(descending=True).tolist()
        near = (logp[t - 1] - logp[t - 1, ids[t]]).abs() < 1e-5  # tokens that rounding may put before or after it
        assert abs(order.index(ids[t]) + 1 - token["rank"]) < near.sum()
        assert token["logprob"] == pytest.approx(logp[t - 1, ids[t]].item(), abs=1e-4)
        assert [i for i, _, _ in token["top"]] == order[:10]
        entropy = -(logp[t - 1].exp() * logp[t - 1]).sum().item() / math.log(2)
        assert token["entropy_bits"] == pytest.approx(entropy, abs=1e-3)
        assert token["context"] == t


def test_the_chain_rule_begins_with_the_models_beginning_of_text(engine, library):
    theirs, tokenizer = library["tales"]
    ids = tokenizer(TALE)["input_ids"]
    begun = [tokenizer.bos_token_id, ids[0]]
    frame = scored(engine, text=TALE)
    assert frame["tokens"][0]["logprob"] is None and frame["tokens"][0]["rank"] is None
    chain = frame["first"]["logprob"] + math.fsum(token["logprob"] for token in frame["tokens"][1:])
    assert frame["total"]["nats"] == pytest.approx(chain, abs=1e-9)
    expected = loss(theirs, begun) + loss(theirs, ids) * (len(ids) - 1)
    assert -frame["total"]["nats"] == pytest.approx(expected, abs=1e-3)
    assert frame["log_likelihood"]["nats"] == pytest.approx(chain - frame["first"]["logprob"], abs=1e-9)
    assert frame["total"]["bits"] == pytest.approx(chain / math.log(2))
    assert frame["bits_per_character"] == pytest.approx(-chain / math.log(2) / len(TALE))


def test_a_tokenizer_that_begins_the_text_itself_needs_no_first(engine):
    frame = scored(engine, text=COUPLET, model="poems")
    assert frame["first"] is None and frame["tokens"][0]["text"] == "[BOS]"
    assert frame["total"] == frame["log_likelihood"]
    assert frame["bits_per_byte"] == pytest.approx(-frame["total"]["bits"] / len(COUPLET.encode()))


def plain_windows(model, ids, context):
    """Losses of all tokens but the first, as transformers' guide takes them: one whole forward pass a window."""
    logprobs, before = [], 1
    for begin in range(0, max(1, len(ids) - context // 2), context // 2):
        end = min(begin + context, len(ids))
        with torch.inference_mode():
            logp = model(torch.tensor([ids[begin:end]])).logits[0].log_softmax(-1)
        logprobs += [logp[t - begin - 1, ids[t]].item() for t in range(before, end)]
        before = end
    return logprobs


@pytest.mark.parametrize("length", [257, 300, 384, 385, 700])
def test_a_long_text_is_scored_in_windows_each_token_once(engine, library, length):
    theirs, tokenizer = library["tales"]
    text = tokenizer.decode(tokenizer(TALE * 40)["input_ids"][:length])
    ids = tokenizer(text)["input_ids"]
    frame = scored(engine, text=text)
    expected = plain_windows(theirs, ids, 256)
    assert [token["logprob"] for token in frame["tokens"][1:]] == pytest.approx(expected, abs=1e-3)
    assert frame["perplexity"] == pytest.approx(math.exp(-sum(expected) / len(expected)), rel=1e-4)
    assert [notice["key"] for notice in frame["notices"]] == ["text_strided"]
    assert min(token["context"] for token in frame["tokens"][256:]) == 128


@pytest.mark.parametrize(("length", "context"), [(1, 8), (8, 8), (9, 8), (12, 8), (13, 8), (50, 7), (5, 1)])
def test_windows_cover_every_token(length, context):
    found = list(windows(length, context))
    assert found[0].start == 0 and found[-1].stop == length
    assert {i for window in found for i in window} == set(range(length))
    assert all(len(window) <= context for window in found)


@pytest.mark.parametrize(
    "text",
    [TALE, "床前明月光 😀", "שלום עולם", "e\u0301\u0323 \u202eabc", "a\n\n\tb  ", "👨‍👩‍👧 <script>${1}</script>"],
)
def test_the_tokens_bytes_join_to_the_text(engine, text):
    def raw(token):
        return bytes.fromhex(token["bytes"]) if "bytes" in token else token["text"].encode()

    frame = scored(engine, text=text)
    assert b"".join(map(raw, frame["tokens"])).decode() == text
    assert (frame["characters"], frame["bytes"]) == (len(text), len(text.encode()))


@pytest.mark.parametrize("text", ["\0", "\ud800", "\ud83d\ude00", "\N{REPLACEMENT CHARACTER}"])
def test_what_no_tokenizer_takes_is_scored_as_what_it_became(engine, text):
    frame = scored(engine, text=text)
    assert frame["bytes"] in (3, 4) and math.isfinite(frame["total"]["nats"])


def test_one_token_has_a_chain_but_no_perplexity(engine):
    frame = scored(engine, text="a")
    assert (frame["count"], frame["perplexity"], frame["bits_per_token"]) == (0, None, None)
    assert frame["total"]["nats"] == frame["first"]["logprob"] < 0
    assert [notice["key"] for notice in frame["notices"]] == ["one_token"]


def test_spaces_are_tokens_to_one_model_and_nothing_to_another(engine):
    assert scored(engine, text="   ")["count"] >= 1
    event = last(engine, text="   ", model="poems")
    assert isinstance(event.error, RunError) and event.error.key == "nothing_to_score"


@pytest.mark.parametrize("model", ["tales", "poems"])
def test_nothing_is_a_sentence(engine, model):
    assert last(engine, text="", model=model).error.key == "nothing_to_score"


@pytest.mark.parametrize("bad", [{"text": 7}, {"text": ["a"]}, {"text": "a" * 200_001}, {"model": math.nan}])
def test_bad_settings_name_their_field(bad):
    with pytest.raises(SettingError) as raised:
        ScoreSettings(**bad)
    assert raised.value.values["field"] == next(iter(bad))


def test_unknown_characters_are_counted(engine):
    frame = scored(engine, text="月hello", model="poems")
    assert [(n["key"], n["values"]["count"]) for n in frame["notices"]] == [("text_unknown", "5")]


def test_a_huge_text_is_cut_and_stays_small(engine):
    text = "月" * 200_000
    frame = scored(engine, text=text)
    assert len(frame["tokens"]) == scores.LONGEST
    assert {notice["key"] for notice in frame["notices"]} == {"text_cut", "text_strided"}
    assert len(json.dumps(frame, ensure_ascii=False).encode()) < 2_000_000
    assert frame["characters"] < len(text)


def test_frames_stream_and_add_up_to_the_last(engine):
    *events, end = engine.frames(engine.submit(SCORE, ScoreSettings(text=TALE * 60 + "!")))
    told = [event.frame for event in events if event.frame is not None]
    assert told[0]["model"]["id"] == "tales"
    for before, after in itertools.pairwise(told):
        assert after["start"] == before["start"] + len(before["tokens"])
    streamed = [token for frame in told for token in frame["tokens"]]
    assert streamed == end.frame["tokens"][: len(streamed)]


def test_a_stopped_run_keeps_what_it_scored(llama):
    loaded, _ = llama
    control = Control(ScoreSettings(text="once " * 400, model="llama"), {"llama": loaded})
    units = score(control.settings, control)
    made = list(itertools.islice((frame for frame in units if frame is not None), 2))
    control.deliver({"stop": "stopped"})
    with pytest.raises(StopIteration) as end:
        next(units)
    assert end.value.value == "stopped"
    frame = scores.conclude(control.settings, made, "stopped")
    assert frame["count"] == len(made[1]["tokens"]) == ROWS
    assert frame["total"]["nats"] < 0
    assert scores.conclude(control.settings, [], "stopped")["perplexity"] is None
