"""Strategies on the real page: the tree grows and is scrubbed, nodes say why, texts are re-ranked, greedy repeats."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from components import words
from tests.browser.doing import finish, reached, requests_during

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
LINK = "?lang={}&depth=lab&experiment=strategies"


def opened(open_page, language: str = "en", prompt: str = "I love", more: str = "", **options) -> Page:
    model = "tales" if language == "en" else "poems"
    return open_page(LINK.format(language) + f"&model={model}&prompt={prompt}{more}", **options)


def shown(page: Page) -> Locator:
    """The nodes of the tree that can be seen now."""
    return page.locator("#text-strategies-view svg g:not([data-later]) > .pg-beam-node")


def path_of(page: Page) -> list[str]:
    return page.locator("#text-strategies-view [data-is*=best].pg-beam-node text").all_inner_texts()


@pytest.mark.parametrize(("language", "dictionary", "prompt"), [("en", EN, "I love"), ("zh-CN", ZH, "明月")])
def test_three_texts_from_one_prompt(open_page, screenshot, language, dictionary, prompt):
    page = opened(open_page, language, prompt)
    finish(page, "text-strategies")
    titles = page.locator("#text-strategies-view .pg-lane-title")
    expect(titles).to_have_count(3)
    expect(titles.first).to_have_text(dictionary["text.strategies.greedy"])
    lanes = [lane.locator(".pg-tok").all_inner_texts() for lane in page.locator("#text-strategies-view .pg-lane").all()]
    assert all(lanes) and lanes[0] != lanes[1]
    best = page.locator("#text-strategies-view .pg-beam-text").first.locator(".pg-beam-words").inner_text()
    assert "".join(best.split()) in re.sub(r"[\s⏎]|\[EOS\]", "", "".join(lanes[2]))
    expect(page.locator(".pg-strategies-totals")).to_contain_text(re.compile(r"\d"))
    screenshot(page, "end")


def test_the_tree_grows_while_the_search_goes_on(open_page):
    page = opened(open_page, more="&strategies.num_beams=6&strategies.max_new_tokens=100&seed=41")
    page.locator("#text-strategies-view").wait_for()
    page.evaluate(
        """() => { window.sizes = new Set();
                   const view = document.querySelector("#text-strategies-view");
                   new MutationObserver(() => sizes.add(view.querySelectorAll(".pg-beam-node").length))
                     .observe(view, { childList: true, subtree: true }); }"""
    )
    finish(page, "text-strategies")
    sizes = sorted(page.evaluate("[...sizes]"))
    assert len([size for size in sizes if 0 < size < sizes[-1]]) >= 3, sizes


@pytest.mark.parametrize(("language", "prompt"), [("en", "I love"), ("zh-CN", "明月")])
def test_scrubbing_shows_the_tree_as_it_stood_and_asks_nobody(open_page, language, prompt):
    page = opened(open_page, language, prompt)
    finish(page, "text-strategies")
    whole, scrubber = shown(page).count(), page.locator("#text-strategies-view .pg-scrubber input")
    texts = page.locator("#text-strategies-view .pg-beam-words")
    last = texts.first.inner_text()

    def scrub() -> None:
        scrubber.focus()
        page.keyboard.press("Home")
        assert shown(page).count() == 8  # of one step: four beams, and the four pruned next
        expect(texts).to_have_count(4)
        assert len(path_of(page)) >= 1
        page.keyboard.press("ArrowRight")
        assert 8 < shown(page).count() < whole
        page.keyboard.press("End")
        assert shown(page).count() == whole
        expect(texts.first).to_have_text(last)

    assert requests_during(page, scrub) == []


@pytest.mark.parametrize(("language", "dictionary", "prompt"), [("en", EN, "I love"), ("zh-CN", ZH, "明月")])
def test_a_node_says_why_it_was_pruned_by_pointer_tap_and_keys(open_page, language, dictionary, prompt):
    page = opened(open_page, language, prompt, has_touch=True)
    finish(page, "text-strategies")
    reading = page.locator(".pg-beam-reading")
    pruned = page.locator("#text-strategies-view .pg-beam-node[data-is^=pruned]").last
    why = dictionary["text.strategies.verdict_pruned"].partition("{")[0]
    goes_on = dictionary["text.strategies.verdict_kept"].partition("{")[0]

    def look() -> None:
        pruned.hover()
        expect(reading).to_contain_text(why)
        page.mouse.move(0, 0)
        expect(reading).to_have_text(dictionary["text.strategies.hint"])
        pruned.tap()
        expect(reading).to_contain_text(why)
        page.keyboard.press("Escape")
        page.locator("#text-strategies-view .pg-beam-node[data-is*=best]").first.focus()
        expect(reading).to_contain_text(goes_on)
        before = reading.inner_text()
        page.keyboard.press("ArrowRight")
        expect(reading).not_to_have_text(before)
        page.keyboard.press("ArrowLeft")
        expect(reading).to_have_text(before)

    assert requests_during(page, look) == []


def test_the_length_penalty_re_ranks_what_ended_without_a_request(open_page):
    """明月 is continued by a poem of two lines and by poems of four: which is best is the penalty's to say."""
    page = opened(open_page, "zh-CN", "明月")
    finish(page, "text-strategies")
    slider, first = page.locator(".pg-beam-penalty input"), page.locator(".pg-beam-words").first
    marked = path_of(page)
    long = first.inner_text()

    def re_rank() -> None:
        slider.fill("-1")
        expect(first).not_to_have_text(long)

    assert requests_during(page, re_rank) == []
    short = first.inner_text()
    assert len(short) < len(long) and len(path_of(page)) < len(marked)
    then, now = (ZH["text.strategies.ranked_here"].split("{")[0], "-1.0")
    expect(page.locator("#pg-beam-ranked")).to_contain_text(then)
    expect(page.locator("#pg-beam-ranked")).to_contain_text(now)
    scores = [float(text.split()[-1]) for text in page.locator(".pg-beam-facts").all_inner_texts()]
    assert scores == sorted(scores, reverse=True)

    expect(page.locator("#text-strategies-length_penalty input[type=number]")).to_have_value("-1")
    finish(page, "text-strategies")  # now the search itself has it
    expect(page.locator("#pg-beam-ranked")).to_contain_text(ZH["text.strategies.ranked_as_searched"].split("{")[0])
    expect(first).to_have_text(short)


def test_a_link_sets_the_penalty_of_the_search_and_of_the_ranking(open_page):
    page = opened(open_page, more="&strategies.length_penalty=2.5")
    finish(page, "text-strategies")
    ranked = page.locator("#pg-beam-ranked")
    expect(ranked).to_contain_text(EN["text.strategies.ranked_as_searched"].format(then="2.5"))
    expect(ranked).to_contain_text("All are 30 tokens long")  # the tales do not end so soon
    expect(page.locator(".pg-beam-penalty input")).to_have_value("2.5")


def test_the_passage_that_greedy_repeats(open_page):
    page = opened(open_page)
    finish(page, "text-strategies")
    told = page.locator(".pg-strategies-why").text_content()
    rounds = int(re.search(r"(\d+) times in a row", told)[1])
    assert [f"in round {n}" in told for n in (1, rounds, rounds + 1)] == [True, True, False]
    greedy = page.locator("#text-strategies-view .pg-lane").first
    ids = {n: greedy.locator(f".pg-tok[data-round={n}]").all_inner_texts() for n in ("even", "odd")}
    period = int(page.locator("#text-strategies-view .pg-card-readout").last.inner_text().split()[0])
    assert rounds >= 2 and ids["even"][:period] == ids["odd"][:period]
    expect(page.locator(".pg-odds")).to_have_attribute("aria-label", told)
    page.locator(".pg-odds").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".pg-odds-reading")).to_contain_text("Token 1,")


def test_no_passage_is_said_to_repeat_where_none_does(open_page):
    page = opened(open_page, "zh-CN", "明月")
    finish(page, "text-strategies")
    expect(page.locator(".pg-strategies-why")).to_contain_text(ZH["text.strategies.no_loop"].partition("，")[2][:12])
    assert page.locator("[data-round]").count() == 0


FOUND = [
    ([1, 2, 3, 4, 5, 6], None),
    ([7, 7, 7], None),  # too little
    ([1, 2, 3, 4, 5, 3, 4, 5, 3, 4, 5, 9], {"start": 2, "period": 3, "rounds": 3, "end": 11}),
    ([8, 8, 8, 8, 8, 8], {"start": 0, "period": 1, "rounds": 6, "end": 6}),
    ([1, 2, 3, 4, 5, 0, 1, 2, 3, 4], None),  # not even one whole round again
]


def test_a_passage_is_found_where_a_plain_look_finds_it(open_page):
    page = open_page("?depth=play")
    for ids, found in FOUND:
        assert page.evaluate("(ids) => playground.repetition.find(ids)", ids) == found


def test_stop_ends_all_three_and_lists_what_grew(open_page):
    page = opened(open_page, more="&strategies.num_beams=8&strategies.max_new_tokens=100&seed=43")
    page.locator("#text-strategies-run").wait_for()
    page.evaluate(  # in the page, as soon as it knows of the runs: they are over in a second or two
        """() => { const forget = playground.on("text-strategies.status", (status) => {
                     if (status.state !== "running") return;
                     forget();
                     document.getElementById("text-strategies-stop").click();
                   });
                   document.getElementById("text-strategies-run").click(); }"""
    )
    reached(page, "text-strategies")
    expect(page.locator("#text-strategies-status")).to_have_text(EN["reason.stopped"])
    assert page.locator(".pg-beam-text").count() == (8 if shown(page).count() else 0)
    expect(page.locator(".pg-lane-text[data-writing]")).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_on_a_phone_nothing_is_wider_than_the_screen(open_page, accessible, screenshot, language):
    page = opened(
        open_page, language, "春风" if language == "zh-CN" else "A fox", viewport={"width": 390, "height": 844}
    )
    finish(page, "text-strategies")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    accessible(page)
    screenshot(page, "phone")


def test_hostile_words_are_text(open_page):
    page = opened(open_page, prompt="<img src=x onerror=alert(1)>${1+1}{{value}}")
    finish(page, "text-strategies")
    expect(page.locator(".pg-beam-prompt")).to_contain_text("{{value}}")
    assert page.locator("#text-strategies-view img").count() == 0
