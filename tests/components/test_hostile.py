"""What a stranger can post, to the real app: nothing stumbles, nothing is kept, nobody is told more than a sentence."""

import json
import uuid

import httpx
import numpy as np
import pytest

from components.gate import BODY_LIMIT
from playground import wire
from tests.components.test_api import post

HTTP = httpx.Client(timeout=60)
JSON = {"content-type": "application/json"}


def call(app: str, endpoint: str, data: list) -> dict:
    """The last value of a call through the API, or its error."""
    path = f"{app}/gradio_api/call/{endpoint}"
    told = HTTP.post(path, content=json.dumps({"data": data}), headers=JSON)
    answer = HTTP.get(f"{path}/{told.json()['event_id']}").text
    return json.loads([line for line in answer.splitlines() if line.startswith("data: ")][-1].removeprefix("data: "))


def listener(app: str, event: str) -> dict:
    """The private listener of a widget's event."""
    known = HTTP.get(f"{app}/config").json()["dependencies"]
    return next(one for one in known if one["backend_fn"] and any(target[1] == event for target in one["targets"]))


def trigger(app: str, event: str, data: list, event_data: object) -> dict:
    """What a widget's event is answered when it is posted by hand."""
    number, session = listener(app, event)["id"], uuid.uuid4().hex
    body = {"data": data, "fn_index": number, "session_hash": session, "event_data": event_data}
    if not listener(app, event)["queue"]:
        return HTTP.post(f"{app}/gradio_api/run/x", content=json.dumps(body), headers=JSON).json()
    assert HTTP.post(f"{app}/gradio_api/queue/join", content=json.dumps(body), headers=JSON).status_code == 200
    with HTTP.stream("GET", f"{app}/gradio_api/queue/data?session_hash={session}") as stream:
        for line in stream.iter_lines():
            if "process_completed" in line:
                return json.loads(line.removeprefix("data: "))["output"]
    raise AssertionError("the stream ended without an answer")


def test_a_file_that_was_opened_does_not_come_back(app):
    file = wire.encode(np.random.default_rng(0).integers(0, 256, 400_000, dtype=np.uint8))
    told = trigger(app, "opened", [], {"asked": "1", "file": file})["data"][0]
    assert json.loads(told)["error"]["key"] and len(told) < 5000


@pytest.mark.parametrize("data", [[], [5], ["x", {"a": 1}], [[[]]] * 40])
def test_controls_posted_by_hand_get_a_sentence(app, data):
    config = HTTP.get(f"{app}/config").json()
    [button] = [c["id"] for c in config["components"] if c["props"].get("elem_id") == "diffusion-python"]
    [number] = [d["id"] for d in config["dependencies"] if d["backend_fn"] and [button, "click"] in d["targets"]]
    body = {"data": data, "fn_index": number, "session_hash": uuid.uuid4().hex}
    told = HTTP.post(f"{app}/gradio_api/run/x", content=json.dumps(body), headers=JSON).json()
    assert told["error"].startswith("This is not what the page itself asks."), (
        told
    )  # and the log has no stack: conftest


BARE = [None, {}, [1], "text", 5, {"settings": 5}, {"prompt": ["a"], "settings": {"x": 1}, "prefix_ids": [[1]]}]


@pytest.mark.parametrize("event_data", BARE, ids=repr)
def test_events_of_widgets_posted_by_hand_get_a_sentence(app, event_data):
    controls = ["en", "[]", "Once", 0.8, 0, 1.0, "tales", 1.0, 0.0, 0.0, 0.0, 5, 1, 0, "", "", ""]
    for event, data in (("moved", ["en"]), ("branch", controls)):
        told = json.loads(trigger(app, event, data, event_data)["data"][0])
        assert told["state"] == "done" and told["error"]["key"] in ("not_text", "not_a_list"), told
    assert "error" not in trigger(app, "open", [], event_data)


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/deep_link?session_hash=x",
        "/pwa_icon/64",
        "/gradio_api/proxy=http://127.0.0.1/",
        "/gradio_api/dev/reload",
        "/gradio_api/vibe-code",
        "/monitoring",
    ],
)
def test_routes_that_the_page_does_not_use_are_not_there(app, path):
    answer = HTTP.get(app + path)
    assert (answer.status_code, answer.text) == (404, "not found")


def test_nobody_can_leave_a_file_here(app):
    answer = HTTP.post(f"{app}/gradio_api/upload", files={"files": ("x.html", b"<script>")})
    assert (answer.status_code, answer.text) == (404, "not found")


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "app.py", "components/favicon.png"])
def test_no_file_can_be_read(app, path):
    assert HTTP.get(f"{app}/gradio_api/file={path}").status_code in (403, 404)


def test_a_body_too_big_is_refused_at_the_door(app):
    body = b'{"data":["' + b"x" * BODY_LIMIT + b'"]}'
    assert HTTP.post(f"{app}/gradio_api/call/generate_text", content=body, headers=JSON).status_code == 413

    def pieces():  # without a stated length
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    assert HTTP.post(f"{app}/gradio_api/call/generate_text", content=pieces(), headers=JSON).status_code == 413


def test_the_longest_prompt_passes_however_it_is_written(app):
    escaped = json.dumps({"data": ["😀" * 200_000, "tales", 0.8, 0, 1, 0, 1, 2]})  # 12 bytes a character
    assert HTTP.post(f"{app}/gradio_api/call/generate_text", content=escaped, headers=JSON).status_code == 200


@pytest.mark.parametrize("value", [["x" * 100] * 1000, list(range(10_000)), {str(i): i for i in range(1000)}])
def test_what_was_posted_is_quoted_shortly(app, value):
    sentence = call(app, "generate_text", [value])["error"]
    assert sentence.startswith("prompt must be text") and len(sentence) < 200


@pytest.mark.parametrize("model", ["a/..", "a/--", "con/x..y", "a/.b", "a/b.git", "-a/b", "../../etc", "/etc/passwd"])
def test_names_that_no_hub_takes_are_no_models(app, model):
    assert call(app, "generate_text", ["Once", model])["error"].startswith("There is no model called")


@pytest.mark.parametrize("model", ["tales", "poems"])
@pytest.mark.parametrize("character", ["😀", "a", " ", "明", "\n"], ids=repr)
def test_a_prompt_of_one_repeated_character_is_read_at_once(app, model, character):
    [last] = call(app, "generate_text", [character * 200_000, model, 0.8, 0, 1.0, 0.0, 1.0, 1])
    assert last["state"] == "done" and last["notices"]


FILE = {"path": "https://files.example/a", "url": "https://files.example/a", "meta": {"_type": "gradio.FileData"}}


@pytest.mark.parametrize("value", [FILE, [FILE], {"deep": [{"er": FILE}]}])
def test_a_file_posted_as_an_argument_is_only_a_wrong_argument(app, value):
    """Gradio would check its path and fetch its address before any code of ours; here it is a value like any other."""
    event, told = post(app, "tokenize", [value])[-1]
    assert event == "error" and told["error"].startswith("text must be text"), told
