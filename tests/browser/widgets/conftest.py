"""Pages with widgets and no Gradio; a page fails its test by any error it reports."""

from __future__ import annotations

import pytest

from tests.browser.widgets.page import open_widgets


@pytest.fixture
def browser_of(browser):
    """New pages of a context with given properties; the test fails on any error that one reports."""
    problems: list[str] = []
    contexts = []

    def make(**properties):
        contexts.append(browser.new_context(**properties))
        page = contexts[-1].new_page()
        page.set_default_timeout(5000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        return page

    yield make
    for context in contexts:
        context.close()
    assert not problems


@pytest.fixture
def page(browser_of):
    return browser_of(locale="en")


@pytest.fixture(scope="module")
def scripts(browser):
    """A page with the scripts and no widget, for what needs no screen; shared, since nothing there is kept."""
    context = browser.new_context(locale="en")
    yield open_widgets(context.new_page(), ())
    context.close()


@pytest.fixture
def strip(page):
    return open_widgets(page, ("token_strip", "branches"))
