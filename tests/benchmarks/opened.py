"""The page in headless Chromium, on the machine that also runs the app: what benchmarks of the browser begin with."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import launch
from tests.conftest import running_app


@contextmanager
def opened(query: str) -> Iterator[Page]:
    """The app's page at `query`, its controls set."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(log=Path(folder) / "app.log") as app,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-US")
        page.goto(f"{app}/{query}")
        page.wait_for_function("window.playground && window.playground.last('opened')")
        yield page
        browser.close()
