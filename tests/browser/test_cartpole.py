"""The CartPole tab on the real page: two poles to scrub and to shove, in the browser alone."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from components import words
from playground.control.cartpole import Physics, first_states, step
from tests.browser.test_experiments import requests_during

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
FIRST = "?tab=cartpole"


def ready(page: Page) -> None:
    """The two episodes that the tab opens with are here, and stand still at their start."""
    page.wait_for_function("playground.last('cartpole.agent')")
    play = page.locator("#cartpole-stage .pg-play")
    if play.get_attribute("aria-label") == words.dictionary(page.evaluate("playground.language"))["scrub.pause"]:
        play.click()
    page.locator("#cartpole-stage .pg-cart-player input").press("Home")


def test_physics_in_the_browser_is_that_of_the_server(open_page):
    page = open_page(FIRST)
    rng = np.random.default_rng(5)
    constants = {"length": 0.7, "masspole": 0.3, "masscart": 1.7, "gravity": 3.7, "force_mag": 8.0}
    actions, shoves = rng.integers(0, 2, 40), np.where(rng.random(40) < 0.1, rng.normal(0, 4, 40), 0.0)
    state = first_states(rng, 1)
    told = page.evaluate(
        """([state, actions, shoves, constants]) => actions.map((action, i) =>
            (state = playground.cart.step(state, action, constants, shoves[i])))""",
        [state[:, 0].tolist(), actions.tolist(), shoves.tolist(), constants],
    )
    for action, shove, there in zip(actions, shoves, told, strict=True):
        state = step(state, np.array([action]), Physics(**constants), shove)
        np.testing.assert_allclose(there, state[:, 0], atol=1e-9)


@pytest.mark.parametrize(("language", "dictionary"), [("en", EN), ("zh-CN", ZH)])
def test_one_shove_and_one_pole_falls_where_the_other_recovers(open_page, accessible, screenshot, language, dictionary):
    page = open_page(f"{FIRST}&lang={language}", color_scheme="dark" if language == "en" else "light")
    ready(page)
    stage = page.locator("#cartpole-stage")
    accessible(page)

    def scrub_and_shove() -> None:
        for _ in range(8):
            stage.locator(".pg-cart-player input").press("ArrowRight")
        stage.locator(".pg-cart-picture").press("d")

    assert requests_during(page, scrub_and_shove) == []
    said = stage.locator(".pg-cart-said")
    expect(said).to_contain_text(dictionary["cartpole.stage.recovers"])
    expect(said).to_contain_text(dictionary["cartpole.stage.falls"].partition("{")[0])
    screenshot(page, "shoved")
