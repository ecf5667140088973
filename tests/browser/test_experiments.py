"""Experiments of the text tab on the real page: opened, run, stopped, linked to; two settings, and four checkpoints."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from components import words
from tests.browser.doing import finish, reached, requests_during

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")


@pytest.mark.parametrize(("language", "dictionary"), [("en", EN), ("zh-CN", ZH)])
def test_same_seed_two_settings_part_where_the_tokens_do(open_page, language, dictionary):
    page = open_page(f"?lang={language}&depth=lab&experiment=pair")
    finish(page, "text-pair")
    lanes = page.locator("#text-pair-view .pg-lane")
    marked = page.locator("#text-pair-view [data-parts]")
    expect(marked).to_have_count(2)
    first, second = marked.all()
    at = int(first.get_attribute("data-index"))
    assert at == int(second.get_attribute("data-index")) and first.inner_text() != second.inner_text()
    texts = [lane.locator(".pg-tok").all_inner_texts() for lane in lanes.all()]
    assert texts[0][:at] == texts[1][:at] and texts[0][at] != texts[1][at]
    expect(page.locator("#text-pair-view .pg-lanes-parted")).to_contain_text(str(at + 1))
    expect(page.locator("#text-pair-view .pg-lane-title").last).to_contain_text(dictionary["text.pair.second"])


def test_equal_settings_never_part(open_page):
    page = open_page("?depth=lab&experiment=pair&temperature=1.4")
    finish(page, "text-pair")
    expect(page.locator("#text-pair-view .pg-lanes-parted")).to_contain_text("the same so far, for 60 tokens")
    assert page.locator("#text-pair-view [data-parts]").count() == 0


def test_a_word_of_a_lane_tells_its_numbers_by_pointer_and_by_keys(open_page):
    page = open_page("?depth=lab&experiment=pair")
    finish(page, "text-pair")
    reading = page.locator("#text-pair-view .pg-lanes-reading")
    expect(reading).to_have_text(EN["text.lanes.hint"])
    words_of_lane = page.locator("#text-pair-view .pg-lane").first.locator(".pg-tok")

    def look() -> None:
        words_of_lane.nth(3).hover()
        expect(reading).to_contain_text("by the model · rank")
        page.mouse.move(0, 0)
        words_of_lane.first.focus()
        before = reading.inner_text()
        page.keyboard.press("ArrowRight")
        expect(reading).not_to_have_text(before)

    assert requests_during(page, look) == []


def test_stop_ends_every_run_side_by_side_and_keeps_what_was_written(open_page):
    page = open_page("?experiment=learning&max_new_tokens=250")  # four models, which take turns
    page.locator("#text-learning-run").wait_for()
    page.evaluate(  # both in the page, for the runs are over in a second
        """() => { new MutationObserver((_, seen) => {
                     if (!document.querySelector("#text-learning-view .pg-tok")) return;
                     seen.disconnect();
                     document.getElementById("text-learning-stop").click();
                   }).observe(document.getElementById("text-learning-view"), { childList: true, subtree: true });
                   document.getElementById("text-learning-run").click(); }"""
    )
    reached(page, "text-learning")
    expect(page.locator("#text-learning-status")).to_have_text(EN["reason.stopped"])
    assert 0 < page.locator("#text-learning-view .pg-tok").count() < 1000


@pytest.mark.parametrize(("language", "dictionary"), [("en", EN), ("zh-CN", ZH)])
def test_four_moments_of_a_training_are_scrubbed_without_a_request(open_page, screenshot, language, dictionary):
    page = open_page(f"?lang={language}&depth=lab&experiment=learning")
    view = page.locator("#text-learning-view")
    finish(page, "text-learning")
    moments = page.evaluate("() => document.querySelectorAll('#text-learning-view .pg-lane').length")
    assert moments == 4
    told: list[tuple[str, str]] = []

    def scrub() -> None:
        view.locator("input[type=range]").focus()
        page.keyboard.press("Home")
        for _ in range(moments):
            lane = view.locator(".pg-lane:not([hidden])")
            expect(lane).to_have_count(1)
            told.append((view.locator(".pg-learning-facts").inner_text(), lane.locator(".pg-lane-text").inner_text()))
            page.keyboard.press("ArrowRight")

    assert requests_during(page, scrub) == []
    assert len({facts for facts, _ in told}) == len({text for _, text in told}) == 4
    screenshot(page, "end")


def test_a_link_opens_an_experiment_at_its_depth(open_page):
    page = open_page("?experiment=learning", permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator("#text-learning-view")).to_be_visible()
    page.locator("#text-pair-button").click()
    page.locator("#text-link").click()
    expect(page.locator(".pg-toast")).to_have_text(EN["link.copied"])
    assert "experiment=pair" in page.evaluate("navigator.clipboard.readText()")


def test_a_link_sets_what_an_experiment_asks(open_page):
    page = open_page("?experiment=pair&pair.second_temperature=0.3&pair.second_top_k=500&lock=pair.second_top_p",
                     permissions=["clipboard-read", "clipboard-write"])  # fmt: skip
    expect(page.locator("#text-pair-second_temperature input[type=number]")).to_have_value("0.3")
    expect(page.locator("#text-pair-second_top_k input[type=number]")).to_have_value("500")
    expect(page.locator("#text-pair-second_top_p input[type=range]")).to_be_disabled()
    page.locator("#text-link").click()
    expect(page.locator(".pg-toast")).to_have_text(EN["link.copied"])
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "pair.second_temperature=0.3" in copied and "pair.second_top_k=500" in copied


@pytest.mark.parametrize("name", ["no_such", "<img src=x>", "../../etc", "pair%22]"])
def test_a_link_to_no_experiment_opens_the_page_all_the_same(open_page, name):
    page = open_page(f"?experiment={name}")
    expect(page.locator("#text-run")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_link_of_the_lesson_opens_its_experiment(open_page, language):
    page = open_page(f"?lang={language}&lesson=open")
    links = page.locator("#text-lesson a[href*='#experiment=']")
    assert links.count() > 8
    for link in links.all():
        name = link.get_attribute("href").split("#experiment=")[1]
        link.click()
        expect(page.locator(f"#text-{name}")).to_be_visible()
    assert page.url.endswith("lesson=open")  # without leaving the page


def test_ctrl_enter_runs_the_experiment_that_has_the_focus(open_page):
    page = open_page("?experiment=learning")
    page.locator("#text-learning-prompt input, #text-learning-prompt textarea").press("Control+Enter")
    expect(page.locator("#text-learning-view .pg-tok").first).to_be_attached()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_textbook_claims_are_shown_wrong_by_the_library_itself(open_page, accessible, language):
    page = open_page(f"?lang={language}&depth=lab&experiment=textbook")
    finish(page, "text-textbook-generate")
    entries = page.locator("#text-textbook-generate-view li")
    expect(entries).to_have_count(4)
    expect(entries.first).to_contain_text("num_return_sequences")
    knobs, plain = entries.nth(1).locator(".pg-transcript-reply"), entries.nth(2).locator(".pg-transcript-reply")
    assert knobs.inner_text() == plain.inner_text()
    assert len(set(entries.nth(3).locator(".pg-transcript-reply").all_inner_texts())) == 3
    finish(page, "text-textbook-argmax")
    texts = [
        lane.locator(".pg-tok").all_inner_texts() for lane in page.locator("#text-textbook-argmax-view .pg-lane").all()
    ]
    assert texts[0] == texts[1] and texts[2] != texts[3]
    accessible(page)


@pytest.mark.parametrize(
    "payload", [None, "", "[1]", json.dumps({"adds": 3}), json.dumps({"adds": {"prefix_ids": "x"}})]
)
def test_whatever_is_posted_as_what_the_browser_said_gets_a_value(app, payload):
    from components.tabs.listening import heard

    told = heard(payload)
    assert isinstance(told.get("adds", {}), dict) and isinstance(told.get("language", ""), str)


def test_another_draw_rolls_the_seed_and_runs_unless_a_teacher_holds_it(open_page):
    page = open_page()
    written = "() => playground.text.onScreen()?.record"
    page.locator("#text-again").click()
    page.wait_for_function(f"({written})()?.run !== 'saved' && ({written})()?.state === 'done'")
    assert page.evaluate(f"({written})().settings.seed") > 0
    held = open_page("?lock=seed&seed=7")
    held.locator("#text-again").click()
    held.wait_for_function(f"({written})()?.settings.seed === 7 && ({written})().state === 'done'")


def test_a_branch_is_not_dealt_the_beginnings_luck_again(open_page):
    page = open_page("?temperature=1.8&prompt=Once upon a time&max_new_tokens=40")
    tokens = (
        "() => playground.story.records.get(playground.story.shown().run).samples[0].tokens.map((token) => token.id)"
    )
    done = "(n) => playground.story.records.size === n && playground.text.onScreen()?.record.state === 'done'"
    page.locator("#text-run").click()
    page.wait_for_function(done, arg=2)  # the saved run, and this
    first = page.evaluate(tokens)
    page.locator("#text-more").click()
    page.wait_for_function(done, arg=3)
    second = page.evaluate(tokens)
    alike = sum(a == b for a, b in zip(first, second, strict=False))
    assert len(second) == 40 and alike < 15, (first, second)


def test_a_link_with_run_runs_the_experiment_that_it_opens(open_page):
    page = open_page("?experiment=pair&run=1")
    expect(page.locator("#text-pair-view .pg-tok").first).to_be_attached()


def test_only_a_chosen_experiment_goes_into_a_link(open_page):
    page = open_page("?depth=lab", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#text-link").click()
    expect(page.locator(".pg-toast")).to_have_text(EN["link.copied"])
    assert "experiment" not in page.evaluate("navigator.clipboard.readText()")
