"""Banned and forced words and the counted penalties on the real page: seen in bars and waterfall, obeyed by runs."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from components import words
from tests.browser.doing import drawn, requests_during

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
PLACE = "?depth=lab&prompt=Once upon a&temperature=1"


def open_place(open_page, query: str = PLACE) -> Page:
    page = open_page(query)
    page.wait_for_function("() => playground.last('text.next')")
    drawn(page)
    return page


def give_words(page: Page, control: str, text: str) -> None:
    page.locator(f"#text-{control} textarea").fill(text)


def stages(page: Page) -> list[str]:
    return page.locator("#text-waterfall thead .pg-stage-name").all_inner_texts()


def test_a_banned_word_turns_grey_with_one_request(open_page):
    page = open_place(open_page)
    row = page.locator("#text-waterfall tbody tr").first
    favourite = row.locator(".pg-waterfall-word").inner_text().strip("␣")

    def ban() -> None:
        give_words(page, "banned", favourite)
        expect(row.locator("td").nth(2)).to_have_text(EN["text.widgets.cut"])

    (request,) = requests_during(page, ban)
    assert "/queue/join" in request
    expect(row.locator("td").nth(1)).to_contain_text("%")
    assert stages(page)[2] == EN["text.widgets.stage.words"] and len(stages(page)) == 7
    cut = page.locator("#text-bars button[data-cut]", has_text=favourite)
    expect(cut.first).to_be_visible()
    page.locator("#text-banned textarea").fill("")
    expect(page.locator("#text-waterfall thead .pg-stage-name")).to_have_count(6)


def test_the_sliders_of_the_counted_penalties_ask_for_nothing(open_page):
    page = open_place(open_page)
    for more in (1, 2):  # what counts are the words since the prompt
        page.locator("#text-bars button.pg-next-row").first.click()
        page.wait_for_function(
            "(n) => Object.keys(playground.last('text.next')?.value.counts ?? {}).length === n", arg=more
        )
    made = page.evaluate("() => Object.keys(playground.last('text.next').value.counts).map(Number)")
    p = "(id) => playground.last('text.next').position.stages(playground.text.settings()).at(-1).p(id)"
    before = [page.evaluate(p, token) for token in made]
    stage, penalties = page.locator("#text-waterfall thead th").nth(2), EN["text.widgets.stage.penalties"]

    def slide() -> None:
        for name in ("presence", "frequency"):
            page.locator(f"#text-{name}_penalty input[type=range]").focus()
            for _ in range(5):
                page.keyboard.press("ArrowRight")
        expect(page.locator("#text-waterfall thead .pg-stage-name").nth(2)).to_have_text(penalties)
        expect(stage).to_contain_text("−0.5 each time")

    assert requests_during(page, slide) == []
    assert all(page.evaluate(p, token) < once for token, once in zip(made, before, strict=True))


def test_a_run_keeps_to_the_words(open_page):
    page = open_place(open_page, f"{PLACE}&max_new_tokens=40")
    give_words(page, "forced", "princess\nthe old king")
    page.locator("#text-run").click()
    page.wait_for_function(
        "(({ run, state }) => run && run !== 'saved' && state === 'done')(playground.text.onScreen()?.record ?? {})"
    )
    text = page.evaluate("() => playground.text.onScreen().record.samples[0].text")
    rest = (
        text.replace(" princess", "").replace(" the old king", "").replace("princess", "").replace("the old king", "")
    )
    assert len(rest) < len(text) and (not rest or " the old king".startswith(rest))


@pytest.mark.parametrize(("language", "dictionary"), [("en", EN), ("zh-CN", ZH)])
def test_what_cannot_be_is_told_in_a_sentence(open_page, language, dictionary):
    page = open_place(open_page, f"?lang={language}&depth=lab&prompt=明月&model=poems")
    bars = page.locator("#text-bars .pg-next-message")
    page.locator("#text-forced textarea").fill("hello")
    expect(bars).to_contain_text(dictionary["errors.forced_unknown"].split("{")[0])
    page.locator("#text-forced textarea").fill("月")
    page.locator("#text-banned textarea").fill("月")
    expect(bars).to_have_text(dictionary["errors.nothing_left"])
    page.locator("#text-forced textarea").fill("")
    page.locator("#text-banned textarea").fill("<b>${1+1}</b>")
    expect(bars).to_have_text("")
    page.locator("#text-run").click()
    expect(page.locator("#tab-text .pg-status").first).to_contain_text("<b>${1+1}</b>")


def test_a_link_sets_the_words_and_the_penalties(open_page):
    page = open_place(open_page, f"{PLACE}&banned=time%0Athe&presence_penalty=0.5&frequency_penalty=-0.3")
    expect(page.locator("#text-banned textarea")).to_have_value("time\nthe")
    assert page.locator("#text-frequency_penalty input[type=number]").input_value() == "-0.3"
    names = ["model", "repetition_penalty", "penalties", "words", "temperature", "top_k", "top_p", "min_p"]
    expect(page.locator("#text-waterfall thead .pg-stage-name")).to_have_text(
        [EN[f"text.widgets.stage.{name}"] for name in names]
    )
