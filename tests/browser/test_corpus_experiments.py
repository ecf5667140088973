"""The ladder and “copied or invented?” on the real page, against the counts and the fingerprints themselves."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from components import words
from playground.inference.sources import WEIGHTS
from playground.text.ngrams import NGrams
from tests.browser.doing import finish, requests_during

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
BOTH = pytest.mark.parametrize(("language", "dictionary"), [("en", EN), ("zh-CN", ZH)])
FROM_PINOCCHIO = "found a piece of wood that wept and laughed like a child"


def lane(page: Page, rung: str):
    return page.locator(f'#text-ladder-view [data-lane="{rung}"]')


@BOTH
def test_every_rung_writes_from_one_prompt_and_the_missing_one_says_so(open_page, accessible, language, dictionary):
    page = open_page(f"?lang={language}&depth=lab&experiment=ladder&max_new_tokens=20")
    finish(page, "text-ladder")
    for rung in ("1", "2", "3", "tales"):
        expect(lane(page, rung).locator(".pg-lane-prompt")).to_have_text("Once upon a")
        assert 0 < lane(page, rung).locator(".pg-tok").count() <= 20
        expect(lane(page, rung).locator(".pg-lane-title")).to_have_text(dictionary[f"text.ladder.rung.{rung}"])
    missing = page.locator("#text-ladder-view .pg-ladder-missing")
    expect(missing).to_have_text(dictionary["text.ladder.missing"])
    assert missing.is_visible() != lane(page, "larger").is_visible()  # by whether a hub model is on this machine
    accessible(page)


def test_the_measure_is_what_the_recipes_measured(open_page):
    page = open_page("?depth=lab&experiment=ladder")
    shown = page.locator("#text-ladder-view .pg-ladder-bits .pg-number")
    expect(shown).to_have_count(5)
    figures = shown.all_inner_texts()
    stated = NGrams.load().about["bits_per_token"]["simpler"]
    assert figures[:4] == ["12.00 bits", *(f"{bits:.2f} bits" for bits in stated)]
    nats = json.loads((WEIGHTS / "tales" / "curve.json").read_text())["best"]["validation"]
    assert figures[4] == f"{nats / 0.6931472:.2f} bits"


def test_a_word_of_an_ngram_lane_tells_the_counts_behind_it(open_page):
    """By pointer and by keys, with no request: the first word after “upon a” is looked up in the counts themselves."""
    page = open_page("?depth=lab&experiment=ladder&temperature=0")
    finish(page, "text-ladder")
    reading = page.locator("#text-ladder-view .pg-lanes-reading")

    def look() -> None:
        lane(page, "3").locator(".pg-tok").first.hover()
        expect(reading).to_contain_text("342 of the 650 times that “upon a” stood before")
        page.mouse.move(0, 0)  # else what scrolls under the pointer is pointed at, too
        lane(page, "1").locator(".pg-tok").first.focus()
        expect(reading).to_contain_text("tokens of the tales, whatever stands before")
        before = reading.inner_text()
        lane(page, "tales").locator(".pg-tok").first.focus()
        expect(reading).to_contain_text("by the model · rank 1")
        page.keyboard.press("ArrowRight")
        expect(reading).not_to_have_text(before)

    assert requests_during(page, look) == []


def test_an_unknown_context_says_that_it_backed_off(open_page):
    page = open_page("?depth=lab&experiment=ladder&max_new_tokens=1")
    page.locator("#text-ladder-prompt input, #text-ladder-prompt textarea").fill("zebra 月")
    finish(page, "text-ladder")
    lane(page, "3").locator(".pg-tok").first.hover()
    expect(page.locator("#text-ladder-view .pg-lanes-reading")).to_contain_text("backed off to")


@BOTH
def test_a_pasted_run_is_found_and_quoted(open_page, accessible, language, dictionary):
    page = open_page(f"?lang={language}&depth=lab&experiment=copied")
    view = page.locator("#text-copied-view")
    expect(view.locator(".pg-copied-verdict")).to_have_text(dictionary["text.copied.empty"])
    text = f"<b>Nobody</b> ever {FROM_PINOCCHIO}, zebra!"
    page.locator("#text-copied-text textarea").fill(text)
    finish(page, "text-copied")
    marked = view.locator("mark")
    expect(marked).to_have_count(1)
    assert marked.inner_text() in FROM_PINOCCHIO and len(marked.inner_text().split()) >= 10
    assert view.locator(".pg-copied-text").inner_text() == text
    expect(view.locator(".pg-copied-verdict")).to_contain_text(marked.inner_text())
    expect(view.locator(".pg-copied-trust")).to_contain_text("8,192")
    accessible(page)


def test_the_story_on_screen_is_checked_in_the_characters_it_was_written_in(open_page):
    """A reader of Simplified characters sees the poem in theirs; it is looked up in the model's own."""
    page = open_page("?lang=zh-CN&depth=lab&experiment=copied")
    finish(page, "text-copied")
    shown = page.locator("#text-copied-view .pg-copied-text").inner_text()
    written = page.evaluate("() => playground.text.written()")
    assert shown != written and len(shown) == len(written) and shown.startswith("明月")
    assert page.locator("#text-copied-view .pg-copied-text [data-found]").count() >= 4


def test_famous_lines_are_found_and_new_ones_are_not(open_page):
    page = open_page("?lang=zh-CN&depth=lab&experiment=copied")
    page.locator("#text-copied-text textarea").fill("春眠不觉晓，处处闻啼鸟。夜来风雨声，今天我吃鱼。")
    finish(page, "text-copied")
    view = page.locator("#text-copied-view")
    assert view.locator("mark").all_inner_texts() == ["春眠不觉晓", "处处闻啼鸟", "夜来风雨声"]
    expect(view.locator('.pg-copied-text [data-found="false"]')).to_have_text("今天我吃鱼")
    expect(view.locator(".pg-copied-verdict")).to_have_text(ZH["text.copied.lines"].format(lines=4, found=3))


def test_nothing_to_check_and_too_much_are_said(open_page):
    page = open_page("?depth=lab&experiment=copied")
    page.locator("#text-copied-text textarea").fill(" … ")
    finish(page, "text-copied")
    expect(page.locator("#text-copied-view .pg-copied-verdict")).to_have_text(EN["text.copied.nothing"])
