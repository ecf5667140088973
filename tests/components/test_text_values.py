"""Text runs as their readers get them: the same run, each in a language of their own."""

import copy

from components.text_values import for_reader, run_value
from playground.inference.tasks import Event
from playground.text.frames import TextFrame
from playground.text.settings import GenerationSettings

TOKEN = {"id": 7, "text": "國", "logprob": -1.0, "rank": 1, "q": 0.5, "top": [[7, "國", -1.0], [8, "山", -2.0]]}
SAMPLE = {"sample": 0, "start": 0, "tokens": [TOKEN], "text": "國", "finish_reason": None}
OPENING = {"model": {"id": "poems"}, "prompt_tokens": [{"id": 3, "text": "馬"}], "notices": []}


def told(frame, language):
    return for_reader(run_value(Event("r", "running", frame), GenerationSettings()), language)


def test_a_simplified_reader_sees_both_forms():
    value = told(TextFrame(OPENING, (SAMPLE,), 1.0), "zh-CN")
    assert value["prompt_tokens"] == [{"id": 3, "text": "馬", "shown": "马"}]
    [token] = value["samples"][0]["tokens"]
    assert (token["text"], token["shown"]) == ("國", "国")
    assert token["top"] == [[7, "國", -1.0, "国"], [8, "山", -2.0, "山"]]
    assert for_reader({"texts": {"7": "國", "8": "山"}}, "zh-CN")["shown"] == {"7": "国"}


def test_readers_of_one_run_do_not_meet_in_it():
    frame = TextFrame(OPENING, (SAMPLE,), 1.0)
    before = copy.deepcopy(frame)
    told(frame, "zh-CN")
    assert frame == before
    assert told(frame, "en")["samples"] == [SAMPLE]
