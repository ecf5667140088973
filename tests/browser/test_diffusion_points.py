"""The diffusion tab's 2-D mode, its guessing game and its textbook cards on the real page."""

from __future__ import annotations

import math
import re

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from components import words
from tests.browser.doing import drawn, finish, press, reached, requests_during

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
BOTH = pytest.mark.parametrize(("language", "dictionary"), [("en-US", EN), ("zh-CN", ZH)], ids=["en", "zh-CN"])
VIEW = "#diffusion-points-view"

# What the second chart says of the three paths, each time that it says something new.
READOUTS = f"""() => {{
  const key = document.querySelectorAll("{VIEW} .pg-curves-key")[1];
  const outputs = [...key.querySelectorAll("output")].slice(0, 3);
  window.readouts = [];
  new MutationObserver(() => window.readouts.push(outputs.map((output) => output.textContent)))
    .observe(key, {{ childList: true, subtree: true, characterData: true }});
}}"""


def link(**settings: object) -> str:
    asked = {"neurons": 16, "batch_size": 64} | settings
    return "?tab=diffusion&depth=look&experiment=points&" + "&".join(f"points.{k}={v}" for k, v in asked.items())


def pixels(page: Page) -> list[str]:
    """The three pictures, as they stand once what was asked has been drawn."""
    drawn(page)
    return page.locator(f"{VIEW} .pg-points-picture").evaluate_all("(all) => all.map((canvas) => canvas.toDataURL())")


@BOTH
def test_ways_are_gone_along_in_any_number_of_steps_with_no_request(
    open_page, screenshot, tmp_path, language, dictionary
):
    page = open_page(link(updates=80, steps=4), locale=language)
    view = page.locator(VIEW)
    view.scroll_into_view_if_needed()
    buttons = view.locator(".pg-flows-steps button")
    expect(buttons).to_have_text(["1", "2", "3", "5", "10"])  # a saved run is there before the first click
    expect(view.locator(".pg-scrubber .pg-readout")).to_have_text(
        dictionary["diffusion.points.place"].format(n=10, of=10)
    )
    finish(page, "diffusion-points")
    expect(page.locator("#diffusion-points-status")).to_have_text(dictionary["status.done"])
    expect(buttons).to_have_text(["1", "2", "3", "4", "5", "10", "20"])
    expect(buttons.nth(3)).to_have_attribute("aria-pressed", "true")
    end, said = pixels(page), view.locator(".pg-flows-said").inner_text()

    def look() -> None:
        view.locator(".pg-scrubber input").press("Home")
        expect(view.locator(".pg-scrubber .pg-readout")).to_have_text(
            dictionary["diffusion.points.place"].format(n=0, of=4)
        )
        noise = pixels(page)
        assert all(one != other for one, other in zip(noise, end, strict=True))
        view.locator("[data-layer='velocity']").click()
        assert pixels(page) != noise
        view.locator("[data-layer='velocity']").click()
        assert pixels(page) == noise
        view.locator(".pg-scrubber input").press("End")
        assert pixels(page) == end
        buttons.nth(0).click()
        expect(view.locator(".pg-flows-said")).not_to_have_text(said)
        assert pixels(page) != end
        buttons.nth(3).click()
        assert pixels(page) == end

    assert requests_during(page, look) == []
    screenshot(page, "ways")
    if dictionary is EN:
        with page.expect_download() as coming:
            view.get_by_role("button", name=EN["diffusion.points.gif"]).click()
        coming.value.save_as(tmp_path / "ways.gif")
        assert Image.open(tmp_path / "ways.gif").n_frames == 5


def test_a_drawing_is_imitated_on_a_phone_and_what_was_stopped_can_be_gone_along(open_page, accessible, screenshot):
    page = open_page(link(updates=3000), viewport={"width": 390, "height": 844})
    view = page.locator(VIEW)
    view.get_by_role("button", name=EN["points_pad.draw"]).click()
    page.locator("#diffusion-points-run").click()
    expect(page.locator("#diffusion-points-status")).to_contain_text("at least 3 are needed")
    view.get_by_role("button", name=EN["points_pad.draw"]).click()
    picture = view.locator(".pg-points-picture").nth(1)
    picture.focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
        page.keyboard.press("Space")
    expect(view.locator(".pg-points-row output")).to_have_text(EN["points_pad.counted"].format(n=4, most=500))
    page.evaluate(READOUTS)
    press(page, "diffusion-points")
    expect(view.locator(".pg-flows-figures")).not_to_have_count(0)
    for figures in view.locator(".pg-flows-figures").all():
        expect(figures).to_contain_text(re.compile(r"Update \d+"))  # it is seen to learn
    page.locator("#diffusion-points-stop").click()
    reached(page, "diffusion-points")
    expect(page.locator("#diffusion-points-status")).to_have_text(EN["reason.stopped"])
    expect(view.locator(".pg-flows-steps button")).to_have_count(6)
    seen = {read.count("–") for read in page.evaluate("() => window.readouts")}
    assert 0 in seen and seen <= {0, 3}  # what they have learned is told of all three at once, or of none
    expect(view.locator(".pg-flows-said")).to_contain_text("In 20 steps")
    assert page.evaluate("() => playground.last('diffusion-points.status').error") is None
    picture.focus()
    page.keyboard.press("ArrowUp")
    accessible(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    screenshot(page, "drawing")


def test_a_digit_is_guessed_before_it_is_seen_and_scored_in_bits(open_page, screenshot):
    page, dictionary = open_page("?tab=diffusion&depth=look&experiment=guess&guess.seed=3", locale="zh-CN"), ZH
    view = page.locator("#diffusion-guess-view")
    page.locator("#diffusion-guess-run").click()
    digits, further = (
        view.locator(".pg-guess-digits button"),
        view.get_by_role("button", name=dictionary["diffusion.guess.further"]),
    )
    expect(further).to_be_enabled()
    expect(view.locator("section[data-hidden]")).to_have_count(1)  # what the classifier thinks is not seen yet

    def play() -> None:
        for _ in range(7):
            further.click()
        view.locator(".pg-guess-sure input").fill("70")
        digits.nth(0).focus()
        page.keyboard.press("4")

    assert requests_during(page, play) == []
    right = digits.nth(4).get_attribute("data-right") is not None
    bits = -math.log2(0.7 if right else 0.3 / 9)
    expect(view.locator(".pg-guess-said")).to_contain_text(f"{bits:.2f}")
    expect(view.locator(".pg-guess-said")).to_contain_text("8")  # of the evaluation
    expect(view.locator(".pg-guess-digits [data-right]")).to_have_count(1)
    expect(view.locator("section[data-hidden]")).to_have_count(0)
    screenshot(page, "guess")
    view.get_by_role("button", name=dictionary["diffusion.guess.onward"]).click()
    expect(further).to_be_enabled()
    expect(view.locator("[data-right]")).to_have_count(0)


def test_the_textbooks_posterior_and_the_models_step_are_set_side_by_side(open_page, accessible, screenshot):
    page = open_page("?tab=diffusion&depth=lab&experiment=textbook&steps=1000", viewport={"width": 390, "height": 844})
    card = page.locator("#diffusion-textbook-posterior")
    index = card.locator("input[type=number]")
    index.fill("10000")
    page.locator("#diffusion-textbook-posterior-run").click()
    expect(page.locator("#diffusion-textbook-posterior-status")).to_contain_text("between 0 and 9999")
    index.fill("7")
    page.locator("#diffusion-textbook-posterior-run").click()
    expect(card.locator(".pg-textbook-said")).to_contain_text("A 9.")

    def look() -> None:
        scrubber = card.locator(".pg-scrubber input")
        scrubber.press("End")
        expect(card.locator(".pg-posterior-sums")).to_contain_text("adds no noise")
        expect(card.locator(".pg-posterior-sums")).to_contain_text("mean = 1.000 · x₀ + 0.000 · xt")
        scrubber.press("Home")
        expect(card.locator(".pg-posterior-sums")).to_contain_text("bits")

    assert requests_during(page, look) == []
    expect(page.locator("#diffusion-textbook-dates")).to_contain_text("arXiv:2204.06125")
    accessible(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    screenshot(page, "textbook")
