"""The key-value cache: the same tokens with it and without, and as many bytes as the real tensors have."""

import pytest
import torch
from transformers import DynamicCache, GPT2LMHeadModel

from playground.errors import SettingError
from playground.inference.engine import Engine
from playground.inference.models import ModelStore
from playground.text import cache_meter
from playground.text.settings import CacheMeterSettings
from playground.text.tasks import CACHE_METER

TALES = "playground/weights/tales"


@pytest.fixture(scope="module")
def engine():
    engine = Engine(ModelStore())
    yield engine
    engine.close()


def measured(engine, **settings):
    *_, event = engine.frames(engine.submit(CACHE_METER, CacheMeterSettings(**settings)))
    assert event.error is None, event.error
    return event


@pytest.fixture(scope="module")
def run(engine):
    return measured(engine, prompt="Once upon a time", max_new_tokens=60)


@pytest.fixture(scope="module")
def library():
    return GPT2LMHeadModel.from_pretrained(TALES).eval()


def test_both_sides_write_what_the_library_writes(run, library):
    given = torch.tensor([[token["id"] for token in run.frame["prompt_tokens"]]])
    steps = run.frame["steps"]
    with torch.inference_mode():
        expected = given
        for _ in steps:  # a plain loop without a cache, and without an end
            best = library(expected, use_cache=False).logits[:, -1].argmax(-1, keepdim=True)
            expected = torch.cat([expected, best], dim=1)
    assert [step["id"] for step in steps] == expected[0, given.shape[1] :].tolist()
    assert all(step["same"] for step in steps)
    assert [step["length"] for step in steps] == [given.shape[1] + n for n in range(60)]


def test_the_formula_counts_the_bytes_of_real_tensors(run, library):
    first, last = run.frame["steps"][0], run.frame["steps"][-1]
    for step in (first, last):
        cache = DynamicCache(config=library.config)
        with torch.inference_mode():
            library(torch.zeros((1, step["length"]), dtype=torch.int64), past_key_values=cache)
        real = sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)
        assert step["bytes"] == real == step["length"] * run.frame["shape"]["bytes_per_token"]
    assert all(step["allocated"] >= step["bytes"] for step in run.frame["steps"])


def test_what_is_allocated_is_what_the_memory_holds(engine):
    """The run's own figure, against the tensor of a cache with that many tokens."""
    from playground.inference.decoders import decoder_for
    from playground.inference.prefill import Prompt, read_on

    decode = decoder_for(engine.models.load("tales").result().model)
    text = Prompt(decode, list(range(1, 41)))
    for _ in read_on(text):
        pass
    assert text.cache.bytes == text.row.shelf.memory.nbytes == decode.shape.bytes_per_row(40)
    assert cache_meter.cache_bytes(decode.shape, 40) < text.cache.bytes
    text.ids += range(41, 201)  # more than a chunk, and than its shelf holds
    for _ in read_on(text):
        pass
    assert (text.row.length, text.cache.bytes) == (200, decode.shape.bytes_per_row(200))


def test_the_cache_pays_and_its_side_grows_less(run):
    steps = run.frame["steps"][1:]
    cached, uncached = (sorted(step[name] for step in steps) for name in ("cached_ms", "uncached_ms"))
    assert cached[0] > 0
    assert uncached[len(uncached) // 2] > cached[len(cached) // 2]


def test_the_slow_side_stops_when_its_time_is_over(engine, monkeypatch):
    monkeypatch.setattr(cache_meter, "SLOW_MS", 60.0)
    event = measured(engine, prompt="A fox", max_new_tokens=50)
    steps = event.frame["steps"]
    assert len(steps) == 50 and event.reason == "length"
    told = [step["uncached_ms"] is not None for step in steps]
    assert 0 < sum(told) < 50 and told == sorted(told, reverse=True)
    [notice] = event.frame["notices"]
    assert (notice["key"], notice["values"]["count"]) == ("uncached_stopped", str(sum(told)))


def test_stopping_keeps_what_was_measured(engine):
    ticket = engine.submit(CACHE_METER, CacheMeterSettings(prompt="The king", max_new_tokens=200))
    for event in engine.frames(ticket):
        if event.state != "done" and event.frame and event.frame["steps"]:
            engine.stop(ticket)
    assert event.reason == "stopped" and event.error is None
    assert 0 < len(event.frame["steps"]) < 200
    assert event.frame["shape"]["layers"] == 6


def test_a_prompt_that_leaves_no_room_is_cut(engine):
    event = measured(engine, prompt="The end of it. " * 500, max_new_tokens=20)
    assert [notice["key"] for notice in event.frame["notices"]] == ["prompt_truncated"]
    assert len(event.frame["steps"]) == 20
    assert event.frame["steps"][-1]["length"] < 256


@pytest.mark.parametrize("bad", [7, 201, 8.5, None])
def test_bad_lengths_are_named(bad):
    with pytest.raises(SettingError, match="max_new_tokens"):
        CacheMeterSettings(max_new_tokens=bad)
