"""The GAN tab on the real page: train, pause, steer, go back through the run, and ask of its samples."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from components import words
from tests.browser.doing import finish, press, reached, requests_during, still

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
FIRST = "?tab=gan"
LAB = f"{FIRST}&depth=lab"
SHORT = {"steps": 60, "batch_size": 16, "channels": 16}


def link(**settings: object) -> str:
    return LAB + "".join(f"&{name}={value}" for name, value in settings.items())


def train(page: Page) -> None:
    finish(page, "gan")


def shown(page: Page) -> np.ndarray:
    """The samples on screen, (64, 28, 28)."""
    return np.array(page.evaluate("[...playground.gan.shown().images.data]")).reshape(-1, 28, 28)


def scrub(page: Page, to: int) -> None:
    page.locator("#gan-view .pg-scrubber input").evaluate(
        "(range, to) => { range.value = to; range.dispatchEvent(new Event('input')); }", to
    )


@pytest.mark.parametrize(("language", "dictionary"), [("en", EN), ("zh-CN", ZH)])
def test_a_saved_run_can_be_scrubbed_before_the_first_click(open_page, accessible, screenshot, language, dictionary):
    page = open_page(f"{FIRST}&lang={language}", color_scheme="dark" if language == "en" else "light")
    page.wait_for_function("playground.gan.shown()")
    expect(page.locator("#gan-status")).to_contain_text(dictionary["reason.saved"])
    last = shown(page)
    assert requests_during(page, lambda: scrub(page, 0)) == []
    assert page.evaluate("playground.gan.shown().step") == 0
    assert np.abs(shown(page) - last).mean() > 20  # noise, and digits of the same noise
    screenshot(page, "gan")
    accessible(page)


def test_training_streams_and_its_whole_past_is_here_afterwards(open_page):
    page = open_page(link(**SHORT))
    train(page)
    assert page.evaluate("playground.gan.shown().step") == SHORT["steps"]
    assert shown(page).shape == (64, 28, 28)
    assert page.evaluate("playground.gan.run().point.step") == SHORT["steps"]
    assert requests_during(page, lambda: page.locator("#gan-view .pg-scrubber input").press("Home")) == []
    assert page.evaluate("playground.gan.shown().step") == 0


def test_pause_step_once_and_change_a_setting_on_the_way(open_page):
    page = open_page(link(**SHORT | {"steps": 20_000}))
    steer = page.locator("#gan-steer")
    press(page, "gan")
    page.wait_for_function("playground.gan.shown()?.step > 5 && playground.gan.run()?.settings?.steps === 20000")
    steer.get_by_role("button", name=EN["steer.pause"]).click()
    reached(page, "gan", "paused")
    before = still(page, "playground.gan.shown().step")
    once = steer.get_by_role("button", name=EN["steer.step"])
    once.click()  # it had gone on since the last picture
    page.wait_for_function("(before) => playground.gan.shown().step > before", arg=before)
    before = still(page, "playground.gan.shown().step")
    once.click()
    page.wait_for_function("(before) => playground.gan.shown().step === before + 1", arg=before)
    rate = page.locator("#gan-learning_rate_d input")
    rate.fill("0.01")
    rate.press("Tab")
    expect(steer).to_contain_text(EN["steer.sent"].format(names=EN["gan.learning_rate_d.label"]))
    steer.get_by_role("button", name=EN["steer.resume"]).click()
    page.wait_for_function("(before) => playground.gan.shown().step > before + 5", arg=before)
    expect(page.locator("#gan-view")).to_contain_text(f"{EN['gan.learning_rate_d.label']} 0.01")
    page.locator("#gan-latent_size input").first.fill("10")
    page.locator("#gan-latent_size input").first.press("Tab")
    expect(steer).to_contain_text(EN["steer.later"].format(names=EN["gan.latent_size.label"]))
    page.locator("#gan-stop").click()
    reached(page, "gan")
    expect(page.locator("#gan-status")).to_contain_text(EN["reason.stopped"])


def test_a_stopped_run_goes_on_from_where_it_was(open_page):
    page = open_page(f"{link(**SHORT)}&lang=zh-CN")
    train(page)
    before = shown(page)
    press(page, "gan", "gan-go_on")
    page.wait_for_function("playground.gan.run()?.settings?.start.startsWith('gan-')")
    scrub(page, 0)
    assert np.abs(shown(page).astype(int) - before).mean() < 1  # it begins with what it had learned
    reached(page, "gan")


def test_a_walk_between_two_picked_samples(open_page):
    page = open_page(f"{link(**SHORT)}&experiment=walk")
    train(page)
    grid = page.locator("#gan-view .pg-image-grid-picture")
    box = grid.bounding_box()
    for column, row in ((0, 0), (3, 2)):
        grid.click(position={"x": (column + 0.5) * box["width"] / 8, "y": (row + 0.5) * box["height"] / 8})
    assert page.evaluate("playground.gan.picked()") == [0, 19]
    page.locator("#gan-walk-run").click()
    view = page.locator("#gan-walk-view")
    expect(view).to_contain_text(EN["gan.walk.ends"].format(a=1, b=20))
    expect(view.locator(".pg-walk-facts")).not_to_be_empty()
    assert requests_during(page, lambda: view.locator(".pg-scrubber input").press("ArrowRight")) == []


def test_samples_stand_beside_their_nearest_training_digits(open_page):
    page = open_page(f"{FIRST}&depth=look&experiment=nearest")
    page.wait_for_function("playground.gan.shown()")
    page.locator("#gan-nearest-run").click()
    expect(page.locator("#gan-nearest-view .pg-nearest-pair")).to_have_count(16)


def test_another_start_takes_the_place_of_the_run_that_goes_on_and_stop_ends_it(open_page):
    page = open_page(link(**SHORT | {"steps": 20_000, "seed": 77}))
    press(page, "gan")
    page.wait_for_function("playground.gan.run()?.settings?.seed === 77")
    for preset in ("fair", "forger"):
        page.locator(f"#gan-preset-{preset}").click()
    page.wait_for_function("playground.gan.run()?.settings?.architecture === 'mlp'")
    page.locator("#gan-stop").click()
    reached(page, "gan")
    step = page.evaluate("playground.gan.run().step")
    assert page.evaluate("playground.tickets('gan')") == "[]"
    page.evaluate("() => new Promise((done) => setTimeout(done, 1500))")  # three signs of life of a run that were left
    assert page.evaluate("[playground.last('gan.status').state, playground.gan.run().step]") == ["done", step]


def test_what_cannot_be_used_is_said(open_page):
    page = open_page(FIRST)
    rate = page.locator("#gan-learning_rate_g input")
    rate.fill("-1")
    rate.press("Tab")
    page.locator("#gan-run").click()
    expect(page.locator("#gan-status .pg-failed")).to_contain_text(EN["gan.learning_rate_g.label"])
    rate.fill("0.002")
    rate.press("Tab")
    page.locator("#gan-run").click()
    expect(page.locator("#gan-status")).to_contain_text(EN["status.running"])
    rate.fill("7")  # while it runs: the run goes on with what it had, and says why
    rate.press("Tab")
    expect(page.locator("#gan-status .pg-notice")).to_contain_text(EN["gan.learning_rate_g.label"])
    page.locator("#gan-stop").click()
