"""Draw 1,000, the KV cache and the watermark on the real page: what they show is what the engine computed."""

from __future__ import annotations

import re

import pytest
from gradio_client import Client
from playwright.sync_api import Page, expect

from components import words
from tests.browser.doing import finish, requests_during

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
BOTH = pytest.mark.parametrize(("language", "dictionary"), [("en", EN), ("zh-CN", ZH)])
PROMPT = "The old man said"


def said(text: str, **values: str) -> re.Pattern:
    """A sentence of the page as a pattern: the values given, anything for the others."""
    parts = re.split(r"\{(\w+)\}", text)
    filled = [
        re.escape(part) if i % 2 == 0 else re.escape(values[part]) if part in values else ".+?"
        for i, part in enumerate(parts)
    ]
    return re.compile("".join(filled))


def set_number(page: Page, control: str, value: str) -> None:
    field = page.locator(f"#text-{control} input[type=number]").first
    field.fill(value)
    field.press("Tab")


def scrub(page: Page, name: str, place: int) -> None:
    page.locator(f"#text-{name}-view .pg-scrubber input").evaluate(
        "(range, place) => { range.value = place; range.dispatchEvent(new Event('input')); }", place
    )


# ---------------------------------------------------------------- draw 1,000


def shown_rows(page: Page, panel: int) -> list[list[str]]:
    """[the distribution's share, the drawn share] of each row of a panel."""
    rows = page.locator("#text-draw-view .pg-draws-panel").nth(panel).locator(".pg-draws-row:visible .pg-draws-figures")
    return [row.locator("span").all_inner_texts() for row in rows.all()]


def test_the_bars_are_what_the_api_counts(open_page, app):
    page = open_page(f"?depth=look&experiment=draw&prompt={PROMPT}&temperature=1&seed=3")
    finish(page, "text-draw")
    told = Client(app, verbose=False).predict(PROMPT, "tales", 1.0, seed=3, api_name="/draw_tokens")
    expected = [[cell["p"], cell["count"] / 1000] for cell in (*told["tokens"], told["other"])]
    shown = [[float(share.rstrip("%")) / 100 for share in row] for row in shown_rows(page, 0)]
    assert len(shown) == 21
    for row, cell in zip(shown, expected, strict=True):
        assert row == pytest.approx(cell, abs=6e-4)
    k, value = str(told["degrees_of_freedom"]), f"{told['chi_squared']:.1f}"
    times = f"{100 * told['p_value']:.0f}"
    expect(page.locator("#text-draw-view")).to_contain_text(
        said(EN["text.draw.chi"], k=k, value=value, n="1,000", times=times)
    )


@BOTH
def test_another_temperature_leaves_the_first_beside_it(open_page, accessible, screenshot, language, dictionary):
    page = open_page(f"?lang={language}&depth=look&experiment=draw&model=tales&prompt={PROMPT}&temperature=1")
    before = page.locator("#text-draw-view .pg-draws-panel").nth(1)
    expect(before).to_contain_text(dictionary["text.draw.before_empty"])
    finish(page, "text-draw")
    first = shown_rows(page, 0)
    set_number(page, "temperature", "1.6")
    page.wait_for_function("() => playground.last('text.settings').temperature === 1.6")
    finish(page, "text-draw")
    expect(before).to_contain_text(said(dictionary["text.draw.before"], temperature="1.00", n="1,000"))
    now = page.locator("#text-draw-view .pg-draws-panel").first
    expect(now).to_contain_text(said(dictionary["text.draw.now"], temperature="1.60", n="1,000"))
    assert shown_rows(page, 1) == first != shown_rows(page, 0)
    screenshot(page, "draws")
    accessible(page)


def test_the_scrubber_lets_the_bars_converge_without_a_request(open_page):
    page = open_page(f"?depth=look&experiment=draw&prompt={PROMPT}&temperature=1")
    finish(page, "text-draw")
    at_the_end = shown_rows(page, 0)

    def back_and_forth() -> None:
        scrub(page, "draw", 0)
        drawn = [row[1] for row in shown_rows(page, 0)]
        assert drawn.count("100.0%") == 1 and set(drawn) == {"100.0%", "0%"}  # of one draw
        expect(page.locator("#text-draw-view")).to_contain_text(said(EN["text.draw.distance"], n="1"))
        scrub(page, "draw", 10_000)
        assert shown_rows(page, 0) == at_the_end

    assert requests_during(page, back_and_forth) == []


def test_at_temperature_zero_there_is_nothing_to_test(open_page):
    page = open_page(f"?depth=look&experiment=draw&prompt={PROMPT}&temperature=0")
    finish(page, "text-draw")
    assert shown_rows(page, 0) == [["100.0%", "100.0%"]]
    page.evaluate("() => new Promise((done) => setTimeout(done, 500))")  # whatever else was on its way has been heard
    assert page.evaluate("playground.last('text-draw.status').state") == "done"
    expect(page.locator("#text-draw-view")).to_contain_text(EN["text.draw.chi_none"])


# ---------------------------------------------------------------- the cache


@BOTH
def test_both_sides_are_timed_and_the_memory_counted(open_page, accessible, screenshot, language, dictionary):
    page = open_page(f"?lang={language}&depth=look&experiment=cache&model=tales&prompt=Once upon a time")
    set_number(page, "cache-max_new_tokens", "24")
    finish(page, "text-cache")
    view = page.locator("#text-cache-view")
    fast, slow, ratio = (
        float(re.search(r"[\d.,]+", text)[0].replace(",", ""))
        for text in view.locator(".pg-cache-value").all_inner_texts()
    )
    assert min(fast, slow) > 0 and ratio == pytest.approx(fast / slow, rel=0.15)
    expect(view).to_contain_text(said(dictionary["text.cache.same"], n="24"))
    formula = {"layers": "6", "heads": "8", "dim": "32", "itemsize": "4", "each": "12.3 kB", "tokens": "27"}
    expect(view).to_contain_text(said(dictionary["text.cache.formula"], **formula))  # 4 of the prompt, 23 fed
    label = view.locator(".pg-cache-memory").get_attribute("aria-label")
    assert said(dictionary["text.cache.memory"], layers="6", tokens="27", room="32").fullmatch(label)
    screenshot(page, "cache")
    accessible(page)

    def look_back() -> None:
        scrub(page, "cache", 0)
        expect(view).to_contain_text(said(dictionary["text.cache.formula"], **formula | {"tokens": "4"}))

    assert requests_during(page, look_back) == []


# ---------------------------------------------------------------- the watermark


def score(page: Page) -> float:
    return float(page.locator("#text-detect-view .pg-detect-z").inner_text().split("=")[1].replace("−", "-"))


@BOTH
def test_it_is_written_found_and_lost_by_editing(open_page, accessible, screenshot, language, dictionary):
    page = open_page(f"?lang={language}&depth=lab&experiment=watermark&model=tales&prompt=Once upon a time")
    finish(page, "text-watermark")
    view = page.locator("#text-watermark-view")
    lanes = view.locator(".pg-lane")
    marked, plain = (
        lane.locator(".pg-tok[data-green]").count() / lane.locator(".pg-tok").count() for lane in lanes.all()
    )
    assert marked > 0.45 > plain
    expect(view).to_contain_text(said(dictionary["text.watermark.cost"]))
    page.locator("#text-detect-take-marked").click()
    box = page.locator("#text-detect-text textarea")
    expect(box).not_to_have_value("")
    finish(page, "text-detect")
    found = page.locator("#text-detect-view")
    expect(found).to_contain_text(said(dictionary["text.detect.marked"], threshold="3"))
    high = score(page)
    screenshot(page, "watermark")
    accessible(page)
    box.fill(box.input_value()[::-1])
    box.press("Control+Enter")  # runs the search, not the writing
    expect(found).to_contain_text(said(dictionary["text.detect.plain"], threshold="3"))
    assert score(page) < 3 < high
    expect(found).to_contain_text(said(dictionary["text.detect.before"], z=f"{high:.2f}"))


@BOTH
def test_a_text_too_short_is_told_so(open_page, language, dictionary):
    page = open_page(f"?lang={language}&depth=lab&experiment=watermark&model=tales")
    for text in ("", "A few words.", "<img src=x onerror=alert(1)>"):
        page.locator("#text-detect-text textarea").fill(text)
        finish(page, "text-detect")
        expect(page.locator("#text-detect-view")).to_contain_text(said(dictionary["text.detect.short"], least="20"))
        assert page.locator("#text-detect-view img").count() == 0


def test_nothing_sticks_out_of_a_phone(open_page, screenshot):
    page = open_page("?depth=lab", viewport={"width": 390, "height": 900})
    for name in ("draw", "cache", "watermark"):
        page.evaluate("(name) => playground.openExperiment('text', name)", name)
        finish(page, f"text-{name}")
        screenshot(page, f"phone-{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
