"""The words of the widgets: every key in both languages, and nothing that axe objects to."""

from __future__ import annotations

import re

import pytest

from components import words
from tests.browser.widgets.page import ALL, SAMPLE, WIDGETS, give_settings, open_widgets, stream


def test_every_word_of_the_widgets_is_in_both_locales():
    ours = [WIDGETS / name for name in ("reading.js", "tokens.js", "trace_file.js")]
    ours += [WIDGETS / name / "widget.js" for name in ("token_strip", "next_word", "waterfall", "branches")]
    for path in ours:
        keys = re.findall(r'words\((?:[^"()]*\? )?"([\w.]+)"', path.read_text("utf-8"))
        for language in words.LANGUAGES:
            missing = [key for key in keys if key not in words.dictionary(language)]
            assert not missing, (path.name, language)


def test_chinese_words_on_a_chinese_page(page_in):
    page = page_in("zh-CN")
    open_widgets(page, ("next_word",), {"next_word": SAMPLE["next"]})
    assert "下一个词" in page.locator(".pg-next h3").inner_text()


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_serious(page, accessible, dark):
    open_widgets(page, ALL, {"next_word": SAMPLE["next"]}, dark)
    stream(page, SAMPLE["run"])
    stream(page, SAMPLE["branch"])
    page.locator(".pg-tok").nth(8).click()
    give_settings(page, top_k=5)
    accessible(page)
