"""What nobody should ask, asked of every view: it is answered, or refused with a sentence."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from playground import wire
from playground.errors import PlaygroundError, SettingError
from playground.inference.control import replay
from playground.inference.decoders import decoder_for
from playground.inference.engine import Engine
from playground.inference.models import ModelStore
from playground.inference.tasks import Task
from playground.text import attention_tasks
from playground.text.ablation import ablate_each, ablate_head
from playground.text.attention import watched_for
from playground.text.attention_maps import attention, one_head
from playground.text.attention_settings import (
    AblationSettings,
    AttentionSettings,
    HeadSettings,
    MaskSettings,
    OrderSettings,
    PassageSettings,
    QuerySettings,
    ToySettings,
    UnmaskedTrainingSettings,
)
from playground.text.block_stops import one_block
from playground.text.logit_lens import logit_lens
from playground.text.query_key import query_key
from playground.text.rollout import attention_rollout
from playground.text.settings import GenerationSettings
from playground.text.tasks import GENERATE
from playground.text.word_order import word_order
from tests.playground.text.attention_models import ENCODERS, KINDS, MAKERS, STORY, ask, loaded

VIEWS = {
    attention: AttentionSettings,
    one_head: HeadSettings,
    attention_rollout: PassageSettings,
    query_key: QuerySettings,
    ablate_head: AblationSettings,
    ablate_each: PassageSettings,
    logit_lens: PassageSettings,
    one_block: QuerySettings,
    word_order: OrderSettings,
}
TEXTS = {
    "nothing": "",
    "one token": "a",
    "spaces": "   \n\t  ",
    "100,000 characters": "once upon a time " * 5_883,
    "one character, often": "x" * 100_000,
    "right to left": "שלום עולם، مرحبا بالعالم",
    "combining": "e\u0301o\u0308\u0327" * 5 + "\u200d\u200b\ufeff",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>${1+1}{{value}}",
    "markers": "<|endoftext|>[CLS][SEP]<|endoftext|>",
    "surrogate": "a\ud800b",
    "nul": "a\0b",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("model", KINDS)
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_any_text_is_shown(view, model, text):
    if model in ENCODERS and view in (ablate_head, ablate_each):
        text = text[:50_000] and "[MASK] " + text
        if not text:
            text = "[MASK]"
    frame = ask(view, VIEWS[view](text=text, model=model))
    json.dumps(frame, allow_nan=False)
    assert 1 <= len(frame["tokens"]) <= loaded(model).context
    assert all(isinstance(token["text"], str) for token in frame["tokens"])
    assert bool([n for n in frame["notices"] if n["key"].startswith("text_cut")]) == (len(text) >= 50_000)


@pytest.mark.parametrize("field", ["layer", "head"])
@pytest.mark.parametrize("value", [99, 3.5, -2, 1000, "1", None, True, float("nan"), float("inf"), [0], 10**400])
@pytest.mark.parametrize("view", [attention, one_head, ablate_head, query_key], ids=lambda view: view.__name__)
def test_a_head_that_is_not_there_is_named(view, field, value):
    with pytest.raises(SettingError) as caught:
        ask(view, VIEWS[view](text=STORY, model="gpt2", **{field: value}))
    assert caught.value.values["field"] == field


@pytest.mark.parametrize(
    ("view", "asked", "field"),
    [
        (query_key, {"query": 500}, "query"),
        (query_key, {"query": -500}, "query"),
        (query_key, {"head": -1}, "head"),
        (query_key, {"layer": -1}, "layer"),
        (one_block, {"layer": 3}, "layer"),
        (one_block, {"layer": -1}, "layer"),
        (one_block, {"query": 99}, "query"),
        (ablate_head, {"also": [12]}, "also"),
    ],
)
def test_a_place_that_is_not_there_is_named(view, asked, field):
    with pytest.raises(SettingError) as caught:
        ask(view, VIEWS[view](text="a little hen", model="gpt2", **asked))
    assert caught.value.values["field"] == field


@pytest.mark.parametrize(
    ("field", "value", "high"), [("layer", -1, 2), ("layer", 3, 2), ("head", -1, 3), ("head", 4, 3)]
)
def test_a_mean_of_heads_has_no_query_and_no_key(field, value, high):
    with pytest.raises(SettingError) as caught:
        ask(query_key, QuerySettings(text=STORY, model="gpt2", **{field: value}))
    told = caught.value.values
    assert (told["field"], told["low"], told["high"]) == (field, "0", str(high))


def test_an_encoder_is_asked_for_a_word_only_where_one_is_hidden():
    for view in (ablate_head, ablate_each):
        with pytest.raises(PlaygroundError) as caught:
            ask(view, VIEWS[view](text=STORY, model="bert"))
        assert caught.value.key == "no_mask"
    assert ask(word_order, OrderSettings(text=STORY, model="bert"))["before"] is None


def test_a_model_without_attention_is_told_to_have_none():
    for refused in (watched_for, lambda model: decoder_for(model.model)):
        with pytest.raises(PlaygroundError) as caught:
            refused(loaded("mamba"))
        assert caught.value.key == "no_attention"


def test_an_encoder_continues_no_text():
    with pytest.raises(PlaygroundError) as caught:
        decoder_for(loaded("bert").model)
    assert caught.value.key == "model_fills_gaps"


def test_a_model_whose_numbers_break_is_told_so():
    """One weight is infinite: no NaN leaves, and the next text is read as ever."""
    broken = MAKERS["gpt2"](loaded("gpt2").model.config.vocab_size).eval()
    broken.transformer.h[1].mlp.c_fc.weight.data[0, 0] = float("inf")
    broken = dataclasses.replace(loaded("gpt2"), model=broken)
    for view in (attention, ablate_head, logit_lens):
        with pytest.raises(PlaygroundError):
            ask(view, VIEWS[view](text=STORY, model="gpt2"), gpt2=broken)
    assert ask(attention, AttentionSettings(text=STORY, model="gpt2"))


def test_stopping_ends_the_writing():
    settings = AttentionSettings(text=STORY, model="gpt2", new_tokens=50)
    log = [{"step": 6, "stop": "stopped"}]
    *_, frame = replay(attention, settings, log, {"gpt2": loaded("gpt2")})
    assert 0 < len(frame["tokens"]) - frame["read"] < 50
    side = frame["maps"]["side"]
    assert side == len(frame["tokens"]) and wire.decode(frame["maps"]["levels"]).shape[-1] == side * (side + 1) // 2


def test_a_text_promises_no_more_memory_than_can_be_looked_at():
    for task in (attention_tasks.ATTENTION, attention_tasks.LOGIT_LENS, attention_tasks.FILL_MASK):
        longest, longer = (PassageSettings(text="a" * length) for length in (1024, 200_000))
        assert task.peak_bytes(longer) == task.peak_bytes(longest) < 200_000_000
        assert task.peak_bytes(PassageSettings(text="a")) < task.peak_bytes(longest)


ASKED = {
    attention_tasks.ATTENTION: AttentionSettings(text="Once upon a time"),
    attention_tasks.ONE_HEAD: HeadSettings(text="Once upon a time", model="tales-bert"),
    attention_tasks.ROLLOUT: PassageSettings(text="Once upon a time"),
    attention_tasks.QUERY_KEY: QuerySettings(text="明月", model="poems"),
    attention_tasks.ABLATE_HEAD: AblationSettings(text="Once upon a time"),
    attention_tasks.ABLATE_EACH: PassageSettings(text="Once upon a [MASK]", model="tales-bert"),
    attention_tasks.LOGIT_LENS: PassageSettings(text="Once upon a time"),
    attention_tasks.ONE_BLOCK: QuerySettings(text="Once upon a time"),
    attention_tasks.WORD_ORDER: OrderSettings(text="Once upon a time"),
    attention_tasks.FILL_MASK: MaskSettings(text="Once upon a [MASK]"),
    attention_tasks.TOY: ToySettings(),
    attention_tasks.TWO_MASKS: HeadSettings(text="Once upon a time"),
    attention_tasks.UNMASKED_TRAINING: UnmaskedTrainingSettings(text="Once upon a time there was a fox. " * 3),
}


def test_every_task_runs_in_the_engine():
    assert set(ASKED) == {task for task in vars(attention_tasks).values() if isinstance(task, Task)}
    engine = Engine(ModelStore())
    try:
        for task, settings in ASKED.items():
            *_, event = engine.frames(engine.submit(task, settings))
            assert event.error is None, (task.name, event.error)
            json.dumps(event.frame, allow_nan=False)
        *_, event = engine.frames(engine.submit(GENERATE, GenerationSettings(prompt="Once", model="tales-bert")))
        assert event.error.key == "model_fills_gaps" and "tales-bert" in str(event.error)
    finally:
        engine.close()


def test_rows_sum_to_one_in_every_view_of_a_hard_text():
    """Weights so large that softmax is all but one-hot."""
    sharp = MAKERS["gpt2"](loaded("gpt2").model.config.vocab_size).eval()
    for parameter in sharp.parameters():
        parameter.data *= 4
    frame = ask(one_head, HeadSettings(text=STORY, model="gpt2"), gpt2=dataclasses.replace(loaded("gpt2"), model=sharp))
    np.testing.assert_allclose(wire.decode(frame["matrix"]).sum(-1), 1, atol=1e-5)
    assert torch.isfinite(torch.from_numpy(wire.decode(frame["kinds"]["scores"]).copy())).all()
