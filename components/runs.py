"""From a listener to the engine and back: what the tabs and the public API share.

Handlers are async generators on the page's event loop. Each event of a run becomes a plain JSON value; closing the
handler (a browser gone, a request cancelled) closes the watching, and a run that nobody watches is freed.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, suppress
from types import MappingProxyType
from typing import Any

import gradio as gr
from gradio.context import LocalContext

from playground.errors import PlaygroundError, RunError
from playground.images import fashion
from playground.images.fashion import FashionSettings
from playground.images.judge_tasks import FETCH_FASHION
from playground.inference.engine import get_engine
from playground.inference.tasks import Event, Task
from playground.settings import Settings

log = logging.getLogger(__name__)
SIGN_OF_LIFE = 0.4  # seconds between looks at a download
UNREAD_LIMIT = 8  # messages a reader may be behind
PATIENCE = 15.0  # seconds for a reader who is further behind
MOST_PARTS = 16  # runs that one experiment has going, and Stop ends


def owner(request: gr.Request | None) -> str:
    """Whose run it is: the browser's session, or for a bare HTTP request one of its own."""
    return getattr(request, "session_hash", None) or secrets.token_hex(8)


async def fetch(model: str) -> AsyncIterator[Event]:
    """Make sure that a model is on this machine, downloading it if it must be: a person has asked for it by name.

    Yields "loading" events while it comes. Raises ModelError.
    """
    store = get_engine().models
    card = store.card(model)
    if card.embedded or store.get(model) or await asyncio.to_thread(lambda: card.available_offline):
        return  # a hub model's files are looked through on a thread: it takes a while, and the event loop is everyone's
    loading = store.load(model, allow_download=True)
    while not loading.done():
        yield Event("", "loading", progress=loading.progress, bytes=loading.total_bytes or None)
        await asyncio.sleep(SIGN_OF_LIFE)
    loading.result()


async def fetch_data(settings: Settings, request: gr.Request | None) -> AsyncIterator[Event]:
    """Make sure that the images which `settings.data` names are on this machine: a person has asked for them by name.

    Yields "loading" events while they come. Raises ModelError.
    """
    if getattr(settings, "data", None) != "fashion" or await asyncio.to_thread(fashion.here):
        return
    async with aclosing(follow(FETCH_FASHION, FashionSettings(), request)) as events:
        async for event in events:
            if event.error is not None:
                raise event.error
            if event.frame:
                done, of = event.frame["done"], event.frame["of"]
                yield Event("", "loading", progress=done / of, bytes=of)


def unread(request: gr.Request | None) -> int:
    """Messages that Gradio holds for this reader, who has not taken them yet: it holds any number of them."""
    page = LocalContext.blocks.get(None)
    messages = page and page._queue.pending_messages_per_session.get(getattr(request, "session_hash", None))
    return messages.qsize() if messages else 0


async def caught_up(request: gr.Request | None) -> bool:
    """Waits until the reader has taken what was sent; False when PATIENCE is over and it still has not."""
    deadline = time.monotonic() + PATIENCE
    while unread(request) > UNREAD_LIMIT:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(SIGN_OF_LIFE / 8)
    return True


async def follow(task: Task, settings: Settings, request: gr.Request | None) -> AsyncIterator[Event]:
    """The events of a run of `task`, to its last. Raises PlaygroundError when it is refused.

    A slow reader gets fewer and larger frames; one who reads nothing at all is taken for gone, and the run ends.
    """
    engine = get_engine()
    ticket = engine.submit(task, settings, owner=owner(request))
    async with aclosing(engine.watch(ticket)) as events:
        async for event in events:
            if not await caught_up(request):
                return
            yield event


async def values(
    task: Task,
    ask: Callable[[], Settings],
    tell: Callable[[Event, Settings], dict[str, Any]],
    request: gr.Request | None,
    about: Mapping[str, Any] = MappingProxyType({}),
) -> AsyncIterator[str]:
    """A run as a widget's values, packed: `ask()` makes the settings, `tell(event, settings)` a value of each event.

    Whatever goes wrong, from the settings to the last frame, is a value too: {"state": "done", "error"}, and `about`.
    """
    try:
        settings = ask()
        async with aclosing(fetch_data(settings, request)) as coming:
            async for event in coming:
                yield packed(told(event))
        async with aclosing(follow(task, settings, request)) as events:
            async for event in events:
                yield packed(tell(event, settings))
    except Exception as error:
        yield packed({"state": "done", "error": as_sentence(error).as_json(), **about})


Part = tuple[Task, Callable[[], Settings], Callable[[Event, Settings], dict[str, Any]]]  # what `values` takes
TOGETHER = 0.05  # seconds in which the parts' news are gathered into one value


async def together(
    parts: Mapping[str, Part], request: gr.Request | None, newest: float | None = None
) -> AsyncIterator[str]:
    """Several runs side by side as one widget's values, packed: {"state", "parts": {name: [value, …]}}.

    A part's values are those that `values` would give, in their order; {"state": "done", "error"} when it is refused.
    The last value, with state "done", holds the last of each part, which is whole.
    newest: seconds between two values, of which each then has only the newest of a part; for pictures.
    """
    news: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue(maxsize=4 * len(parts))
    last: dict[str, dict[str, Any]] = {}

    async def follow_part(name: str, part: Part) -> None:
        task, ask, tell = part
        try:
            settings = ask()
            async with aclosing(follow(task, settings, request)) as events:
                async for event in events:
                    last[name] = tell(event, settings)
                    await news.put((name, last[name]))
        except Exception as error:
            last[name] = {"state": "done", "error": as_sentence(error).as_json()}
            await news.put((name, last[name]))

    followers = [asyncio.create_task(follow_part(name, part)) for name, part in parts.items()]
    try:
        while not (all(follower.done() for follower in followers) and news.empty()):
            gathered: dict[str, list[dict[str, Any]]] = {}
            await asyncio.sleep(newest or TOGETHER)
            while not news.empty():
                name, value = news.get_nowait()
                gathered[name] = [value] if newest else [*gathered.get(name, []), value]
            if gathered:
                yield packed({"state": "running", "parts": gathered})
        yield packed({"state": "done", "parts": {name: [value] for name, value in last.items()}})
    finally:
        for follower in followers:
            follower.cancel()
        await asyncio.gather(*followers, return_exceptions=True)


def stop(run: Any) -> None:
    """End a run by its ticket. Raises RunError("unknown_run")."""
    get_engine().stop(run)


def stop_all(tickets: Any) -> None:
    """End the runs of these tickets, a JSON list as the browser has it; one that has ended by itself is no trouble."""
    try:
        runs = json.loads(tickets)
    except (TypeError, ValueError, RecursionError):
        return
    for run in runs[:MOST_PARTS] if isinstance(runs, list) else []:
        with suppress(PlaygroundError):
            stop(run)


def post_all(tickets: Any, message: Any) -> None:
    """Steer the runs of these tickets. One that has ended by itself is no trouble. Raises PlaygroundError."""
    for ticket in tickets[:MOST_PARTS] if isinstance(tickets, list) else []:
        try:
            get_engine().post(ticket, message)
        except RunError as error:
            if error.key != "unknown_run":
                raise


def as_sentence(error: Exception) -> PlaygroundError:
    """Any error as one that can be shown: what nobody foresaw is logged here and told without its details."""
    if isinstance(error, PlaygroundError):
        return error
    log.error("unforeseen", exc_info=error)
    return RunError("run_crashed", kind=type(error).__name__)


def packed(value: dict[str, Any]) -> str:
    """`value` as one text, which widgets unpack (kit.js, `unpack`).

    Gradio walks through every item of a nested value, looking for files, three times on the event loop.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def told_whole(event: Event, settings: Settings) -> dict[str, Any]:
    """An event with its settings and its frame, a dict, as one value."""
    return told(event) | {"settings": settings.as_dict()} | (event.frame or {})


def told_at_ends() -> Callable[[Event, Settings], dict[str, Any]]:
    """For one run whose frames are dicts: its first value with a frame and its last have its settings. A slow reader
    may miss the first.
    """
    known = False

    def tell(event: Event, settings: Settings) -> dict[str, Any]:
        nonlocal known
        if not event.frame or (known and event.state != "done"):
            return told(event) | (event.frame or {})
        known = True
        return told_whole(event, settings)

    return tell


def told(event: Event) -> dict[str, Any]:
    """An event's outside as JSON: everything but its frame."""
    value: dict[str, Any] = {"run": event.run, "state": event.state}
    for name in ("position", "wait", "progress", "bytes", "expires", "reason"):
        if getattr(event, name) is not None:
            value[name] = getattr(event, name)
    if event.error is not None:
        value["error"] = event.error.as_json()
    return value
