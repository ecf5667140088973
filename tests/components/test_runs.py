"""Runs as handlers see them: a browser that vanishes, a stop, an error nobody foresaw."""

import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import gradio as gr
import httpx
import pytest

from components import gradio_fixes, page, runs
from playground.errors import RunError
from playground.inference.tasks import Lane, Task
from playground.settings import Settings, integer

FREED_WITHIN = 2.0  # seconds after the browser has gone


@dataclass(frozen=True)
class EndlessSettings(Settings):
    seed: int = integer(0, low=0, high=100)


class Endless:
    """A run that only ends when it is ended."""

    def __init__(self) -> None:
        self.begun, self.freed = threading.Event(), threading.Event()
        self.task = Task("endless", Lane.TRAINING, run=self.run, shared=False)

    def run(self, settings, control) -> Iterator[dict]:
        self.begun.set()
        try:
            for step in control.steps(10**9):
                yield {"step": step, "list": list(range(step % 7))}
        finally:
            self.freed.set()


@pytest.fixture(scope="module")
def served():
    """(address, the Endless it runs): a page with one streaming endpoint, in this process."""
    gradio_fixes.apply()
    endless = Endless()

    async def watch(seed: int = 0, request: gr.Request = None) -> AsyncIterator[dict]:
        async for event in runs.follow(endless.task, EndlessSettings(seed=seed), request):
            yield runs.told(event) | (event.frame or {})

    with gr.Blocks() as demo:
        gr.api(watch, api_name="watch", concurrency_limit=None)
    demo.queue(default_concurrency_limit=None)
    options = page.launch_options() | {"app_kwargs": None, "i18n": None}
    _, address, _ = demo.launch(prevent_thread_lock=True, quiet=True, **options)
    yield address.rstrip("/"), endless
    demo.close()


def start(address: str) -> str:
    call = httpx.post(f"{address}/gradio_api/call/watch", json={"data": [1]})
    return f"{address}/gradio_api/call/watch/{call.json()['event_id']}"


def test_a_vanished_browser_frees_its_run(served):
    address, endless = served
    endless.begun.clear()
    endless.freed.clear()
    with httpx.stream("GET", start(address), timeout=30) as stream:
        lines = stream.iter_lines()
        while not next(lines).startswith("data: "):
            pass
        assert endless.begun.wait(20)
        gone = time.monotonic()
    assert endless.freed.wait(30)
    assert time.monotonic() - gone < FREED_WITHIN


def test_a_reader_who_reads_nothing_is_taken_for_gone(served, monkeypatch):
    """Else Gradio would keep every frame of a run that somebody started and never looked at."""
    monkeypatch.setattr(runs, "PATIENCE", 0.5)
    address, endless = served
    endless.begun.clear()
    endless.freed.clear()
    start(address)  # and nobody gets what it answers
    assert endless.begun.wait(20)
    assert endless.freed.wait(20)


def test_an_unforeseen_error_is_told_without_its_details():
    told = runs.as_sentence(ValueError("/secret/path"))
    assert isinstance(told, RunError) and "secret" not in str(told)
