"""The acrostic in the real page: the scroll before and after a run, the picture that is saved, what cannot be used."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from components import words
from tests.browser.doing import drawn

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
DICTIONARIES = [("en", EN), ("zh-CN", ZH)]
FIRST = ("春", "夏", "秋", "冬")


def open_acrostic(open_page, language: str, **options) -> Page:
    page = open_page(f"?lang={language}&depth=lab&experiment=acrostic", **options)
    page.locator("#text-acrostic-view .pg-tok").first.wait_for()
    return page


def run(page: Page, characters: str) -> None:
    page.locator("#text-acrostic-characters input, #text-acrostic-characters textarea").fill(characters)
    page.locator("#text-acrostic-run").click()


def colours_of(image: Image.Image) -> dict[str, int]:
    """How many pixels are ink (dark), red (heads, seal) and paper (light)."""
    found = {"ink": 0, "red": 0, "paper": 0}
    for count, (r, g, b) in image.convert("RGB").getcolors(maxcolors=1 << 24):
        kind = (
            "ink"
            if max(r, g, b) < 80
            else "red"
            if r > 140 and g < 90 and b < 80
            else "paper"
            if min(r, g, b) > 180
            else None
        )
        if kind:
            found[kind] += count
    return found


def scroll_of(page: Page) -> Image.Image:
    drawn(page)
    return Image.open(io.BytesIO(page.locator("#text-acrostic-view canvas").screenshot()))


def heads_of(page: Page) -> str:
    return "".join(page.locator("#text-acrostic-view .pg-tok[data-head]").all_inner_texts())


@pytest.mark.parametrize(("language", "dictionary"), DICTIONARIES)
def test_there_is_a_poem_before_the_first_click_and_another_after_it(open_page, language, dictionary):
    page = open_acrostic(open_page, language)
    status = page.locator("#text-acrostic .pg-status")
    expect(status).to_contain_text(dictionary["reason.saved"])
    assert heads_of(page) == "春夏秋冬"
    first = colours_of(scroll_of(page))
    assert first["red"] > 500 and first["ink"] > 2000 and first["paper"] > 100_000
    page.locator("#text-acrostic-eight").click()
    expect(page.locator("#text-acrostic-characters").locator("input, textarea")).to_have_value("清风明月高山流水")
    page.locator("#text-acrostic-run").click()
    expect(page.locator("#text-acrostic-view .pg-tok")).to_have_count(8 * 6)
    expect(status).to_contain_text(dictionary["status.done"])
    assert heads_of(page) == "清风明月高山流水"
    picture = page.locator("#text-acrostic-view canvas")
    label = picture.get_attribute("aria-label")
    assert dictionary["text.acrostic.scroll"].partition("{")[0] in label and "清" in label
    assert colours_of(scroll_of(page)) != first


@pytest.mark.parametrize(("typed", "language"), [("花好月圓", "zh-CN"), ("花好月圆", "en")])
def test_the_poem_stands_in_the_script_that_was_typed(open_page, typed, language):
    page = open_acrostic(open_page, language)
    run(page, typed)
    expect(page.locator("#text-acrostic-view .pg-tok[data-head]").last).to_have_text(typed[-1])
    assert heads_of(page) == typed


def test_the_saved_picture_is_a_png_of_the_size_it_says(open_page):
    page = open_acrostic(open_page, "en")
    button = page.locator("#text-acrostic-view").get_by_role("button", name="Save picture")
    expect(button).to_have_text(EN["text.acrostic.save"].format(width=2400, height=1800))
    with page.expect_download() as saved:
        button.click()
    assert saved.value.suggested_filename == "春夏秋冬.png"
    image = Image.open(saved.value.path())
    assert (image.format, image.size) == ("PNG", (2400, 1800))
    found = colours_of(image)
    assert found["red"] > 20_000 and found["ink"] > 50_000 and found["paper"] > 3_000_000
    # the scroll reads from right to left: the first column of characters is the lighter title, then the lines
    thirds = [colours_of(image.crop((x, 100, x + 800, 1700)))["red"] for x in (0, 800, 1600)]
    assert all(thirds)  # the seal at the left, heads in the middle and at the right


def test_the_text_is_copied_a_line_a_row(open_page):
    page = open_acrostic(open_page, "en", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#text-acrostic-view").get_by_role("button", name=EN["text.acrostic.copy"]).click()
    expect(page.locator(".pg-toast")).to_have_text(EN["copied"])
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert tuple(line[0] for line in lines) == FIRST and all(len(line) == 6 for line in lines)


@pytest.mark.parametrize(("language", "dictionary"), DICTIONARIES)
def test_every_character_can_be_asked(open_page, language, dictionary):
    page = open_acrostic(open_page, language)
    view = page.locator("#text-acrostic-view")
    said = {"head": 0, "drawn": 1, "mark": 5}
    for kind, place in said.items():
        view.locator(".pg-tok").nth(place).focus()
        expect(view.locator(".pg-lanes-reading")).to_contain_text(
            dictionary[f"text.acrostic.{kind}"].split("{")[0].strip()
        )
        expect(view.locator(".pg-acrostic-bar")).to_have_count(6)
    page.keyboard.press("ArrowRight")
    expect(view.locator(".pg-tok").nth(6)).to_be_focused()


REFUSED = [
    ("love", "acrostic_letter", {"character": "l"}),
    ("春夏秋", "acrostic_count", {"count": 3}),
    ("春夏秋喵", "acrostic_unknown", {"character": "喵", "model": "Tang poems · 唐诗"}),
]


@pytest.mark.parametrize(("language", "dictionary"), DICTIONARIES)
def test_what_cannot_begin_a_line_is_told_in_the_readers_language(open_page, language, dictionary):
    page = open_acrostic(open_page, language)
    for typed, key, values in REFUSED:
        run(page, typed)
        expect(page.locator("#text-acrostic .pg-status")).to_contain_text(dictionary[f"errors.{key}"].format(**values))
        assert heads_of(page) == "春夏秋冬"  # what was there stays


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_acrostic_on_a_phone(open_page, accessible, screenshot, scheme):
    page = open_acrostic(open_page, "zh-CN", viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page.locator("#text-acrostic-view .pg-tok").nth(2).click()
    screenshot(page, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    accessible(page)
