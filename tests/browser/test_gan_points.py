"""The 2-D mode of the GAN tab on the real page: run, pause, single turns, slow motion, going back, drawing the data."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from components import words
from tests.browser.doing import drawn, finish, press, reached, requests_during

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
SMALL = "points.neurons_d=8&points.neurons_g=8&points.batch_size=16"
VIEW = "#gan-points-view"


def link(**settings: object) -> str:
    return "?tab=gan&depth=look&experiment=points&" + "&".join(
        [SMALL, *(f"points.{k}={v}" for k, v in settings.items())]
    )


def round_shown(page: Page) -> int:
    """The round that the picture shows, as its scrubber says; the picture has been drawn."""
    drawn(page)
    said = page.locator(f"{VIEW} .pg-points-over .pg-readout").inner_text()
    return int("".join(c for c in said if c.isdigit()))


def pixels(page: Page) -> str:
    """The picture, as it stands."""
    round_shown(page)
    return page.locator(f"{VIEW} .pg-points-picture").evaluate("(canvas) => canvas.toDataURL()")


@pytest.mark.parametrize(("language", "dictionary"), [("en-US", EN), ("zh-CN", ZH)])
def test_a_ring_is_imitated_and_gone_back_over_with_no_request(open_page, screenshot, language, dictionary):
    page = open_page(link(steps=300), locale=language)
    view = page.locator(VIEW)  # before the first click a saved run is there
    expect(view.locator(".pg-points-over .pg-readout")).to_have_text(dictionary["gan.points.step"].format(n="4,000"))
    finish(page, "gan-points")
    expect(page.locator("#gan-points-status")).to_have_text(dictionary["status.done"])
    expect(view.locator(".pg-points-over .pg-readout")).to_have_text(dictionary["gan.points.step"].format(n=300))
    end = pixels(page)

    def look() -> None:
        view.locator(".pg-points-over input").press("Home")
        assert round_shown(page) == 0
        assert pixels(page) != end
        view.locator("[data-layer='field']").click()
        without = pixels(page)
        view.locator("[data-layer='field']").click()
        assert pixels(page) != without
        view.locator(".pg-points-over input").press("End")
        assert pixels(page) == end

    assert requests_during(page, look) == []
    screenshot(page, "ring")


def test_what_is_pointed_at_is_told_by_pointer_and_by_keys(open_page, accessible):
    page = open_page(link(steps=60))
    finish(page, "gan-points")
    picture, readout = page.locator(f"{VIEW} .pg-points-picture"), page.locator(f"{VIEW} .pg-points-readout")
    picture.hover(position={"x": 5, "y": 5})
    expect(readout).to_contain_text("At (-1.2")
    expect(readout).to_contain_text("D says 0.")
    page.mouse.move(1, 1)
    picture.focus()
    page.keyboard.press("ArrowUp")
    expect(readout).to_contain_text("At (0.00, 0.05)")
    accessible(page)


def test_paused_each_takes_single_turns_which_slow_motion_takes_apart(open_page, screenshot):
    page = open_page(link(steps=10_000))
    view = page.locator(VIEW)
    press(page, "gan-points")
    reached(page, "gan-points", "running")
    for player, phases, line in (("d", 7, 1), ("g", 6, 0)):
        view.get_by_role("button", name=EN[f"gan.points.turn.{player}"]).click()
        reached(page, "gan-points", "paused")
        # of a turn alone the other's loss has no value
        expect(view.locator(".pg-curves").first.locator("output").nth(line)).to_have_text("–")
        view.get_by_role("button", name=EN["gan.points.slow"]).click()
        scrubber = view.locator(".pg-points-slow input")
        expect(scrubber).to_have_attribute("max", str(phases - 1))
        for i in range(phases):
            scrubber.fill(str(i))
            expect(view.locator(".pg-points-phase")).to_contain_text(EN[f"gan.points.player.{player}"])
        expect(view.locator(".pg-points-phase")).to_contain_text(EN["gan.points.phases.update"])
        view.get_by_role("button", name=EN["gan.points.slow"]).click()
    before = round_shown(page)
    view.get_by_role("button", name=EN["gan.points.turn.both"]).click()
    page.wait_for_function(
        "(n) => document.querySelector('.pg-points-over .pg-readout').textContent.includes(n)", arg=f"{before + 1:,}"
    )
    page.locator("#gan-points-steer").get_by_role("button", name=EN["steer.resume"]).click()
    reached(page, "gan-points", "running")
    rate = page.locator("#gan-points-learning_rate_g input")
    rate.fill("0.01")
    rate.press("Tab")
    sent = EN["steer.sent"].format(names=EN["gan.points.learning_rate_g.label"])
    expect(page.locator("#gan-points-steer")).to_contain_text(sent)
    screenshot(page, "steered")
    page.locator("#gan-points-stop").click()
    expect(page.locator("#gan-points-status")).to_have_text(EN["reason.stopped"])


def test_a_drawing_is_drawn_and_imitated(open_page, screenshot):
    page = open_page(link(steps=120), viewport={"width": 390, "height": 844})
    view = page.locator(VIEW)
    view.get_by_role("button", name=EN["points_pad.draw"]).click()
    page.locator("#gan-points-run").click()
    expect(page.locator("#gan-points-status")).to_contain_text("at least 3 are needed")
    view.get_by_role("button", name=EN["points_pad.draw"]).click()
    picture = view.locator(".pg-points-picture")
    picture.hover(trial=True)  # it is in view and stands still
    box = picture.bounding_box()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.7 * box["height"], steps=12)
    page.mouse.up()
    expect(view.locator(".pg-points-row output")).to_have_text(re.compile(r"^(2[1-9]|[3-9]\d|\d{3}) "))  # > 20
    view.get_by_role("button", name=EN["points_pad.undo"]).click()
    expect(view.locator(".pg-points-row output")).to_have_text(EN["points_pad.counted"].format(n=0, most=500))
    picture.focus()
    for _ in range(6):  # by keys
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Space")
    expect(view.locator(".pg-points-row output")).to_have_text(EN["points_pad.counted"].format(n=6, most=500))
    finish(page, "gan-points")
    settings = page.evaluate("() => playground.last('gan-points.status').settings")
    assert settings["data"] == "drawing" and len(settings["drawn"]) == 12
    xs, ys = settings["drawn"][::2], settings["drawn"][1::2]
    assert xs[-1] - xs[0] == pytest.approx(0.25, abs=0.09) and max(map(abs, ys)) < 0.05
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    screenshot(page, "drawing")
