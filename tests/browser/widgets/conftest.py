"""Pages with widgets and no Gradio; a page fails its test by any error it reports."""

from __future__ import annotations

import pytest

from tests.browser.widgets.page import open_widgets


@pytest.fixture(scope="session")
def context_of(browser):
    """One browser context a language: pages are opened anew, and nothing is kept between them."""
    contexts = {}

    def get(locale: str):
        if locale not in contexts:
            contexts[locale] = browser.new_context(locale=locale)
        return contexts[locale]

    yield get
    for context in contexts.values():
        context.close()


@pytest.fixture
def page_in(context_of):
    """`page_in("zh-CN")`: a new page in that language; the test fails on any error that it reports."""
    problems: list[str] = []
    pages = []

    def make(locale: str):
        page = context_of(locale).new_page()
        pages.append(page)
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        return page

    yield make
    for page in pages:
        page.close()
    assert not problems


@pytest.fixture
def page(page_in):
    return page_in("en")


@pytest.fixture(scope="session")
def scripts(context_of):
    """A page with the scripts and no widget, for what needs no screen; shared, since nothing there is kept."""
    return open_widgets(context_of("en").new_page(), ())


@pytest.fixture
def strip(page):
    return open_widgets(page, ("token_strip", "branches"))
