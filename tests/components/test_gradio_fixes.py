"""What is mended in Gradio: that it needs mending, and that it is."""

import importlib
import inspect
import sys
from collections.abc import Iterator

import gradio as gr
import httpx
import pytest
from gradio import blocks, networking, state_holder, utils
from gradio_client import Client

from components import gradio_fixes

SHRINKING = [{"tokens": list(range(n, n + length))} for n, length in ((0, 9), (9, 4), (13, 2), (15, 7), (22, 0))]


@pytest.fixture(scope="module", autouse=True)
def mended():
    gradio_fixes.apply()


def page() -> gr.Blocks:
    def shrink() -> Iterator[dict]:
        yield from SHRINKING

    with gr.Blocks() as demo:
        for n in range(20):
            gr.Slider(label=str(n))
        gr.api(shrink, api_name="shrink")
    return demo


def test_lists_that_become_shorter_arrive_whole():
    demo = page()
    _, address, _ = demo.launch(prevent_thread_lock=True, quiet=True)
    try:
        received = list(Client(address, verbose=False).submit(api_name="/shrink"))
    finally:
        demo.close()
    assert received == [value for value in SHRINKING if value in received]
    assert received[0] == SHRINKING[0] and received[-1] == SHRINKING[-1]


def test_a_new_session_describes_no_component():
    demo = page()
    assert state_holder.SessionState(demo).config_values == {}
    described = gradio_fixes.LightSession.__mro__[1](demo).config_values
    assert len(described) >= 20  # what Gradio's own does, for every session


def test_matplotlib_is_not_searched_for_where_there_is_none():
    if sys.modules.get("matplotlib", "unknown") is None:
        with pytest.raises(ImportError):
            importlib.import_module("matplotlib")
    else:
        assert importlib.import_module("matplotlib")  # it is installed: then Gradio may use it


def test_an_edit_replaces_anything():
    for old, new in zip([None, *SHRINKING], SHRINKING, strict=False):
        assert utils.diff(old, new) == [["replace", [], new]]


def test_a_constructors_signature_is_read_once():
    gradio_fixes.apply()
    first = blocks.inspect.signature(gr.Slider.__init__)
    assert blocks.inspect.signature(gr.Slider.__init__) is first
    assert first == inspect.signature(gr.Slider.__init__)
    assert gr.Slider(1, 5, render=False).get_config()["maximum"] == 5  # and Gradio describes components as before


def test_a_page_is_built_without_a_web_app_and_served_with_one():
    assert page().app is not None  # what Gradio does as soon as a page is described
    with gradio_fixes.building():
        demo = page()
        demo.queue()
    assert demo.app is None
    _, address, _ = demo.launch(prevent_thread_lock=True, quiet=True)
    try:
        assert list(Client(address, verbose=False).submit(api_name="/shrink"))[-1] == SHRINKING[-1]
    finally:
        demo.close()


def test_a_page_whose_first_answer_takes_ten_seconds_is_waited_for(monkeypatch):
    def slow(url: str, timeout: float, verify: bool) -> httpx.Response:
        if timeout < 10:
            raise httpx.ReadTimeout("not yet")
        return httpx.Response(200)

    monkeypatch.setattr(httpx, "get", slow)
    monkeypatch.setattr(httpx, "head", slow)
    mended = networking.url_ok
    importlib.reload(networking)
    assert not networking.url_ok("http://localhost") and mended("http://localhost")
    networking.url_ok = mended


@pytest.mark.parametrize(("status", "is_there"), [(200, True), (307, True), (401, True), (404, False), (500, False)])
def test_what_counts_as_an_answer(monkeypatch, status, is_there):
    monkeypatch.setattr(httpx, "get", lambda url, **options: httpx.Response(status))
    assert networking.url_ok("http://localhost") is is_there


def test_where_nobody_serves_nobody_answers():
    assert not networking.url_ok("http://127.0.0.1:9")


def test_a_page_is_described_once_it_is_launched_and_then_once():
    with gradio_fixes.building():
        demo = page()
    assert demo.config == {}
    assert gradio_fixes.built(demo).config["components"]
    described = demo.get_config_file()
    assert described["components"] is demo.get_config_file()["components"]
    plain = page().get_config_file()
    kinds = [[component["type"] for component in one["components"]] for one in (described, plain)]
    assert kinds[0] == kinds[1] and len(kinds[0]) >= 20
    assert len(described["dependencies"]) == len(plain["dependencies"]) > 0
