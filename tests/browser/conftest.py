"""The real page in Chromium. A page fails its test by an error on its console or a request to any other host."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.browser.doing import PATIENCE, Traffic, traffic

ARTIFACTS = Path(__file__).parents[2] / "artifacts"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SYSTEM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SLOW = float(os.environ.get("SLOW", 1))  # SLOW=4 pytest tests/browser: scripts run four times slower, and races show
# What Gradio 6.31 says when a page is left while it streams. An app that really failed shows in its log (see `app`).
LEAVING = ("AbortError: signal is aborted", "Unexpected error Connection errored out")
HELP = (
    "No Chromium was found. Install one (Debian, Ubuntu: apt-get install chromium), or "
    "`python -m playwright install chromium`, or name yours in the variable CHROMIUM."
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


def launch(playwright: Playwright) -> Browser:
    """The person's own Chromium, else Playwright's, else Playwright's newly installed; else a plain word about it."""
    own = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, SYSTEM)), None)
    if own:
        return playwright.chromium.launch(executable_path=own, args=FLAGS)
    try:
        return playwright.chromium.launch(args=FLAGS)
    except PlaywrightError:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False, timeout=600)
    try:
        return playwright.chromium.launch(args=FLAGS)
    except PlaywrightError as error:
        raise RuntimeError(f"{HELP}\n{error}") from error


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        expect.set_options(timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, app: str) -> Iterator[Callable[..., Page]]:
    """`open_page("?tab=text", locale="zh-CN")`: the app's page, ready to be used, watched until the test ends.

    Options are Playwright's for a context: locale, color_scheme, viewport, has_touch … `address` opens another app's.
    """
    contexts, wrong = [], []

    def watch(page: Page) -> None:
        page.on("console", lambda said: wrong.append(f"console: {said.text}") if is_wrong(said) else None)
        page.on("pageerror", lambda error: wrong.append(f"uncaught: {error}"))
        page.on("request", lambda request: wrong.extend(foreign(request.url)))
        traffic[page] = Traffic(page)

    def open_(query: str = "", *, address: str = app, **options: object) -> Page:
        options.setdefault("locale", "en-US")
        options.setdefault("reduced_motion", "reduce")  # what moves by itself moves no test
        options.setdefault("viewport", {"width": 1280, "height": 900})
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        watch(page)
        if SLOW > 1:
            context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOW})
        page.goto(f"{address}/{query}")
        page.locator("#header h1").wait_for()
        page.wait_for_function("window.playground.last('opened')")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not wrong, "\n".join(wrong)


def is_wrong(said: ConsoleMessage) -> bool:
    return said.type == "error" and not said.text.startswith(LEAVING)


def foreign(url: str) -> list[str]:
    """A line about a request that left this machine; nothing about one that did not."""
    parts = urlsplit(url)
    inside = parts.scheme in ("data", "blob", "about") or parts.hostname in ("127.0.0.1", "localhost")
    return [] if inside else [f"request to another host: {url}"]


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """`accessible(page)` asserts that axe finds nothing serious or critical on what the page shows now."""
    from axe_playwright_python.sync_playwright import Axe

    def check(page: Page) -> None:
        found = Axe().run(page).response["violations"]
        serious = [
            "\n  ".join(
                [f"{violation['id']}: {violation['help']}", *(node["html"][:200] for node in violation["nodes"])]
            )
            for violation in found
            if violation["impact"] in ("serious", "critical")
        ]
        assert not serious, "\n".join(serious)

    return check


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[..., Path]:
    """`screenshot(page, "dark")` keeps artifacts/TEST-dark.png, to be looked at."""

    def take(page: Page, name: str) -> Path:
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{request.node.name}-{name}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return take
