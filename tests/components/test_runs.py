"""Runs as handlers see them: a browser that vanishes, a stop, an error nobody foresaw."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
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


# ---------------------------------------------------------------- several runs side by side


def counting(name: str, fails: bool = False) -> Task:
    def run(settings, control) -> Iterator[dict]:
        for step in control.steps(settings.seed):
            if fails and step == 2:
                raise RunError("not_finite")
            yield {"steps": [step]}

    def merge(frames: list[dict]) -> dict:
        return {"steps": [step for frame in frames for step in frame["steps"]]}

    return Task(name, Lane.INTERACTIVE, run=run, merge=merge)


def gathered(parts: dict[str, runs.Part]) -> tuple[list[dict], dict]:
    """(the values on the way, the last one) of runs.together."""

    async def collect() -> list[str]:
        return [value async for value in runs.together(parts, None)]

    *on_the_way, last = map(json.loads, asyncio.run(collect()))
    return on_the_way, last


def test_runs_side_by_side_are_told_whole_and_in_order():
    parts = {
        "short": (counting("short"), lambda: EndlessSettings(seed=3), runs.told_whole),
        "long": (counting("long"), lambda: EndlessSettings(seed=40), runs.told_whole),
        "broken": (counting("broken", fails=True), lambda: EndlessSettings(seed=5), runs.told_whole),
        "refused": (counting("refused"), lambda: EndlessSettings(seed=-1), runs.told_whole),
    }
    on_the_way, last = gathered(parts)
    assert last["state"] == "done" and set(last["parts"]) == set(parts)
    assert all(value["state"] == "running" for value in on_the_way)
    for name, length in (("short", 3), ("long", 40)):
        streamed = [v for value in on_the_way for v in value["parts"].get(name, []) if v["state"] != "done"]
        steps = [step for value in streamed for step in value.get("steps", [])]
        assert steps == list(range(len(steps)))
        [whole] = last["parts"][name]
        assert whole["state"] == "done" and whole["steps"] == list(range(length))
    assert last["parts"]["broken"][0]["error"]["key"] == "not_finite"
    assert last["parts"]["broken"][0]["steps"] == [0, 1]
    assert last["parts"]["refused"][0]["error"]["key"] == "out_of_range"


def test_leaving_frees_every_run_side_by_side():
    endless = [Endless(), Endless()]

    async def leave() -> None:
        parts = {str(i): (one.task, lambda: EndlessSettings(), runs.told_whole) for i, one in enumerate(endless)}
        under_way: set[str] = set()
        async with aclosing(runs.together(parts, None)) as values:
            async for value in values:
                told = json.loads(value)["parts"].items()
                under_way |= {name for name, news in told if any("step" in one for one in news)}
                if len(under_way) == 2:
                    break

    asyncio.run(leave())
    assert all(one.freed.wait(FREED_WITHIN) for one in endless)


@pytest.mark.parametrize("tickets", ["", "null", "7", "{}", '["no such", 3, null, {}]', "[" * 10_000, None, 5])
def test_stopping_nonsense_is_no_trouble(tickets):
    assert runs.stop_all(tickets) is None
