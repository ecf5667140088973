"""What the tests do on a page and wait for, on a machine of any speed: no earlier run is taken for a new one here."""

from __future__ import annotations

import time
from collections.abc import Callable
from weakref import WeakKeyDictionary

from playwright.sync_api import Page, Request

PATIENCE = 90_000  # ms until something is taken for missing: on a busy machine a first answer still has to import torch
QUIET = 300  # ms in which a page that has come to rest asks nothing
REST = 10.0  # seconds that a page may take to come to rest
STREAM = 3.0  # seconds that are waited for a stream of answers to be closed: Gradio forgets one now and then

NEW = """([topic, states]) => {
    const now = playground.last(topic), old = window.before?.[topic];
    const made = now?.run !== "saved" && now?.reason !== "saved";
    return states.includes(now?.state) && made && now !== old && !(now.run && now.run === old?.run);
}"""


# ---------------------------------------------------------------- runs


def press(page: Page, name: str, button: str = "") -> None:
    """Press Run of "gan", or of an experiment such as "text-draw". What was told of its runs until now is no news to
    `reached`. `button` is another's id."""
    page.evaluate("(topic) => { (window.before ??= {})[topic] = playground.last(topic); }", f"{name}.status")
    page.locator(f"#{button or f'{name}-run'}").click()
    page.mouse.move(0, 0)  # else what scrolls under the pointer later is pointed at


def reached(page: Page, name: str, *states: str) -> dict:
    """Wait until a run that was started on this page, since `press` if there was one, stands so, or has ended: what is
    told of it."""
    page.wait_for_function(NEW, arg=[f"{name}.status", states or ["done"]])
    if not states:
        answered(page)
    return page.evaluate("(topic) => playground.last(topic)", f"{name}.status")


def finish(page: Page, name: str) -> dict:
    """Press Run and wait for the end of that run: what the status line was told of it."""
    press(page, name)
    return reached(page, name)


def answered(page: Page) -> None:
    """Wait until Gradio has heard, too, that what was asked is over: until then no button can be pressed twice."""
    deadline = time.monotonic() + STREAM
    while traffic[page].streams and time.monotonic() < deadline:
        page.wait_for_timeout(20)


def still(page: Page, script: str) -> object:
    """What `script` gives once it gives the same for a while: whatever was on its way has come."""
    value, deadline = page.evaluate(script), time.monotonic() + REST
    while time.monotonic() < deadline:
        page.wait_for_timeout(2 * QUIET)
        before, value = value, page.evaluate(script)
        if value == before:
            break
    return value


def drawn(page: Page) -> None:
    """Wait until what the page was asked to show has been painted: its canvases follow with the next frame."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


# ---------------------------------------------------------------- requests


class Traffic:
    """The requests of a page but its signs of life: how many were begun, those under way, and streams of answers."""

    def __init__(self, page: Page) -> None:
        self.begun = 0
        self.under_way: set[Request] = set()
        self.streams: set[Request] = set()
        page.on("request", self.begin)
        page.on("requestfinished", self.end)
        page.on("requestfailed", self.end)

    def begin(self, request: Request) -> None:
        if "heartbeat" not in request.url:
            self.begun += 1
            (self.streams if "/queue/data" in request.url else self.under_way).add(request)

    def end(self, request: Request) -> None:
        self.under_way.discard(request)
        self.streams.discard(request)


traffic: WeakKeyDictionary[Page, Traffic] = WeakKeyDictionary()  # of each page that a test opened (conftest.py)


def rest(page: Page) -> None:
    """Wait until what the page has begun by itself is over: it opened a moment ago, or tells of the end of a run."""
    answered(page)
    mine, deadline = traffic[page], time.monotonic() + REST
    while time.monotonic() < deadline:
        begun = mine.begun
        page.wait_for_timeout(QUIET)
        if begun == mine.begun and not mine.under_way:
            return


def requests_during(page: Page, act: Callable[[], object]) -> list[str]:
    """The requests that the page makes while `act()` is done, and for a moment after.

    An event posts to the server and only then opens the stream of answers: such a GET is of an event already counted,
    or of one that began before.
    """
    rest(page)
    made: list[str] = []
    listener = lambda request: made.append(request.url)  # noqa: E731
    page.on("request", listener)
    act()
    page.wait_for_timeout(QUIET)
    page.remove_listener("request", listener)
    return [url for url in made if "heartbeat" not in url and "/queue/data" not in url]
