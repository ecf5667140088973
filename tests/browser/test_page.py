"""The shell of the page in Chromium: language, theme, depth, lesson, links, panels, a phone, accessibility."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from components import words
from playground.settings import default
from playground.text.sampling import draw
from playground.text.settings import GenerationSettings
from tests.browser.conftest import foreign
from tests.browser.doing import rest

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")


def expect_value(page: Page, setting: str, value: float) -> None:
    expect(page.locator(f"#text-{setting} input[type=number]")).to_have_value(f"{value:g}")


# ---------------------------------------------------------------- language


@pytest.mark.parametrize(
    ("query", "locale", "dictionary"),
    [
        ("", "en-US", EN),
        ("", "zh-CN", ZH),
        ("", "zh", ZH),  # Gradio itself takes plain zh for English
        ("", "fr-FR", EN),
        ("?lang=zh-CN", "en-US", ZH),
        ("?lang=en", "zh-CN", EN),
        ("?lang=<b>", "en-US", EN),
    ],
)
def test_the_page_speaks_the_readers_language(open_page, query, locale, dictionary):
    page = open_page(query, locale=locale)
    expect(page.locator("#header h1")).to_have_text(dictionary["header.name"])  # our own words
    expect(page.locator("#text-run")).to_have_text(dictionary["controls.run"])  # and Gradio's
    expect(page).to_have_title(dictionary["header.name"])
    assert page.evaluate("document.documentElement.lang") == ("zh-CN" if dictionary is ZH else "en")


def test_switching_the_language_of_an_untouched_page_takes_its_own_prompt_and_model(open_page):
    page = open_page("?temperature=1.5")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#text-prompt textarea")).to_have_value("明月")
    page.wait_for_function("() => playground.last('text.settings')?.model === 'poems'")
    expect_value(page, "temperature", 1.5)


def test_switching_the_language_keeps_what_was_set(open_page):
    page = open_page("?prompt=Once&temperature=1.5")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#header h1")).to_have_text(ZH["header.name"])
    expect(page.locator("#text-prompt textarea")).to_have_value("Once")
    page.wait_for_function("() => playground.last('text.settings')?.model === 'tales'")
    expect_value(page, "temperature", 1.5)
    page.goto(page.url.split("?")[0])  # a later visit, without a word about language
    expect(page.locator("#header h1")).to_have_text(ZH["header.name"])


# ---------------------------------------------------------------- theme


def paper(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.body).getPropertyValue('--paper').trim()")


@pytest.mark.parametrize(
    ("query", "scheme", "dark"),
    [("", "light", False), ("", "dark", True), ("?__theme=dark", "light", True), ("?__theme=light", "dark", False)],
)
def test_dark_and_light(open_page, query, scheme, dark):
    page = open_page(query, color_scheme=scheme)
    assert paper(page) == ("#171715" if dark else "#FBFAF6")


def test_the_theme_switch_is_kept(open_page):
    page = open_page(color_scheme="light")
    page.get_by_role("button", name=EN["header.dark"], exact=True).click()
    assert paper(page) == "#171715"
    page.goto(page.url.split("?")[0])
    expect(page.get_by_role("button", name=EN["header.light"], exact=True)).to_be_visible()
    assert paper(page) == "#171715"


# ---------------------------------------------------------------- depths, lesson, panels


def test_three_depths(open_page):
    page = open_page()
    deep, deeper = page.locator(".depth-look").first, page.locator(".depth-lab").first
    assert not deep.is_visible()
    for depth, shown in (("look", (True, False)), ("lab", (True, True)), ("play", (False, False))):
        button = page.locator("#text-head").get_by_role("button", name=EN[f"depth.{depth}"], exact=True)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        for element, visible in zip((deep, deeper), shown, strict=True):
            expect(element).to_be_visible(visible=visible)


def test_a_link_opens_a_depth_and_the_lesson(open_page):
    page = open_page("?depth=lab&lesson=open")
    expect(page.locator(".depth-lab").first).to_be_visible()
    lesson = page.locator("#text-lesson")
    expect(lesson).to_contain_text("Three experiments")
    page.get_by_role("button", name=EN["lesson.title"], exact=True).click()
    expect(lesson).to_be_hidden()


def test_a_guess_is_covered_revealed_scored_and_kept(open_page):
    page = open_page("?lesson=open&prompt=Once upon a time there was a little&run=0")
    page.wait_for_function("window.playground.last('text.next')")
    bars, lesson = page.locator("#text-bars"), page.locator("#text-predict")
    lesson.get_by_role("button", name=EN["predict.start"]).click()
    expect(bars).to_have_attribute("inert", "")
    lesson.locator("form:visible").wait_for()
    favourite = page.evaluate(
        """() => { const next = playground.last("text.next"), [model] = next.position.stages({});
            const id = model.ranking.order[0];
            return { text: next.value.texts[id].trim(), bits: -Math.log2(model.p(id)) }; }"""
    )
    lesson.get_by_label(EN["predict.label"]).fill(favourite["text"])
    lesson.get_by_role("button", name=EN["predict.reveal"]).click()
    bits = f"{favourite['bits']:.1f}"
    expect(lesson).to_contain_text(f"“{favourite['text']}” was the model's favourite too")
    expect(lesson).to_contain_text(f"{bits} bits of surprise")
    expect(bars).not_to_have_attribute("inert", "")
    page.reload()
    page.locator("#text-predict .pg-predict").wait_for()
    expect(page.locator("#text-predict")).to_contain_text("Guesses so far: 1,")


def test_the_code_panel_shows_the_running_function(open_page):
    page = open_page("?depth=look")
    panel = page.locator("#text-code")
    panel.get_by_role("button").first.click()
    name = draw.__name__
    expect(panel.locator(".cm-content")).to_contain_text(f"def {name}(")
    expect(panel.locator(".cm-content")).to_contain_text("playground/text/sampling.py")


def test_the_formula_is_typeset(open_page):
    page = open_page("?depth=look")
    maths = page.locator("#text-maths")
    expect(maths.locator(".katex").first).to_be_visible()
    expect(maths).not_to_contain_text("[[")


# ---------------------------------------------------------------- what the status line tells


def test_a_saved_run_says_so_until_words_are_chosen(open_page):
    page = open_page()
    status, tokens, bars = page.locator("#text-status"), page.locator("#text-strip .pg-tok"), page.locator("#text-bars")
    expect(status).to_contain_text(EN["reason.saved"])
    expect(page.locator("#text-strip .pg-card-readout")).to_contain_text(EN["text.widgets.strip.saved"])
    expect(tokens).not_to_have_count(0)
    before = tokens.count()
    for more in (1, 2, 3):  # each joins the story when it is chosen
        page.wait_for_function(
            "() => playground.last('text.next') && !document.querySelector('#text-bars [aria-busy]')"
        )
        bars.locator("button.pg-next-row").first.click()
        expect(tokens).to_have_count(before + more)
    expect(status).to_have_text(EN["reason.chosen"])


def test_the_next_words_are_asked_for_once_their_tab_is_in_front(open_page):
    page = open_page("?tab=vae")
    rest(page)
    assert page.evaluate("!playground.last('text.next')")
    page.get_by_role("tab", name=EN["tabs.text"], exact=True).first.click()
    page.wait_for_function("playground.last('text.next')")


def test_what_was_left_out_of_a_prompt_is_told(open_page):
    page = open_page()
    page.locator("#text-prompt textarea").fill("x " * 2000)
    page.locator("#text-run").click()
    expect(page.locator("#text-status")).to_contain_text("longer than the model can hold")


# ---------------------------------------------------------------- links


def test_a_link_sets_locks_and_hides(open_page):
    page = open_page("?tab=text&prompt=Hello&temperature=1.25&top_k=500&lock=temperature&hide=top_p&depth=lab")
    expect(page.locator("#text-prompt textarea")).to_have_value("Hello")
    expect_value(page, "temperature", 1.25)
    expect_value(page, "top_k", 500)  # beyond the slider's everyday range
    expect(page.locator("#text-temperature input[type=range]")).to_be_disabled()
    expect(page.locator("#text-top_k input[type=range]")).to_be_enabled()
    expect(page.locator("#text-top_p")).to_be_hidden()


@pytest.mark.parametrize(("language", "dictionary"), [("en", EN), ("zh-CN", ZH)])
def test_a_bad_link_is_told_in_a_sentence(open_page, language, dictionary):
    page = open_page(f"?lang={language}&temperature=9&top_k=x&prompt=Hello&tab=text")
    toast = page.locator(".pg-toast")
    expected = dictionary["errors.out_of_range"].format(field="temperature", low="0.0", high="2.0", value="9")
    expect(toast).to_contain_text(expected)
    expect(toast).to_contain_text(dictionary["errors.not_a_number"].format(field="top_k", value="x"))
    expect(page.locator("#text-prompt textarea")).to_have_value("Hello")
    expect_value(page, "temperature", default(GenerationSettings, "temperature"))


def test_an_unknown_tab_is_told(open_page):
    page = open_page("?tab=<script>alert(1)</script>")
    expect(page.locator(".pg-toast")).to_contain_text("<script>alert(1)</script>")
    expect(page.locator("#text-run")).to_be_visible()


def test_a_copied_link_reopens_what_is_on_screen(open_page):
    hostile = "a&b=c#d %41 ${1+1} {{value}} 月 <i>"
    page = open_page("?depth=lab", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#text-prompt textarea").fill(hostile)
    page.locator("#text-temperature input[type=number]").fill("0.35")
    page.locator("#text-temperature input[type=number]").press("Tab")
    page.locator("#text-link").click()
    expect(page.locator(".pg-toast")).to_have_text(EN["link.copied"])
    link = urlsplit(page.evaluate("navigator.clipboard.readText()"))
    asked = parse_qs(link.query)
    assert asked["prompt"] == [hostile]
    assert asked["temperature"] == ["0.35"]
    assert asked["depth"] == ["lab"]
    assert "top_k" not in asked  # what stands at its default is left out
    again = open_page("?" + link.query.replace("run=1", "run=0"))
    expect(again.locator("#text-prompt textarea")).to_have_value(hostile)
    expect_value(again, "temperature", 0.35)


def test_a_preset_sets_controls_but_not_locked_ones(open_page):
    page = open_page("?lock=temperature&temperature=0.5")
    page.locator("#text-preset-hot").click()
    expect(page.locator("#text-prompt textarea")).not_to_have_value("")
    expect_value(page, "temperature", 0.5)
    free = open_page()
    free.locator("#text-preset-hot").click()
    free.wait_for_function("Number(document.querySelector('#text-temperature input[type=number]').value) > 1")


def test_the_dice_rolls_another_seed_without_a_request(open_page):
    page = open_page("?depth=lab")
    seed = page.locator("#text-seed input")
    page.locator("#text-dice").click()
    expect(seed).not_to_have_value("0")
    assert re.fullmatch(r"\d+", seed.input_value())


# ---------------------------------------------------------------- everyone


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_axe_finds_nothing_serious(open_page, accessible, screenshot, scheme, language):
    page = open_page(f"?lang={language}&depth=lab&lesson=open", color_scheme=scheme)
    expect(page.locator("#text-maths .katex").first).to_be_visible()
    page.wait_for_function("window.playground.last('text.next')")
    screenshot(page, "lab")
    accessible(page)


@pytest.mark.parametrize("width", [390, 768, 3840])
def test_nothing_sticks_out_of_the_screen(open_page, screenshot, width):
    page = open_page("?depth=lab&lesson=open", viewport={"width": width, "height": 900})
    expect(page.locator("#text-maths .katex").first).to_be_visible()
    screenshot(page, str(width))
    wider = page.evaluate(
        """() => [...document.querySelectorAll("body *")]
            .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && e.checkVisibility())
            .map((e) => e.outerHTML.slice(0, 120)).slice(0, 5)"""
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width, wider


def test_keys_reach_everything_in_the_head(open_page):
    page = open_page()
    page.locator("body").press("Tab")
    unreached = {"English", "中文", EN["header.dark"], EN["depth.look"], EN["lesson.title"]}
    for _ in range(60):  # far more than there are: tabs, tools and depths
        unreached.discard(page.evaluate("document.activeElement.textContent.trim()"))
        if not unreached:
            break
        page.keyboard.press("Tab")
    assert not unreached


def test_a_request_to_another_host_would_be_seen():
    assert foreign("https://fonts.example/x.woff2") != []
    assert foreign("http://127.0.0.1:7860/theme.css") == foreign("data:image/png;base64,") == []
