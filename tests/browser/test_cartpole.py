"""The CartPole tab on the real page: two poles to scrub and to shove, in the browser alone."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from components import words
from playground import wire
from playground.control.cartpole import Physics, first_states, step
from playground.control.episodes import replay_cartpole
from playground.control.settings import ReplaySettings
from playground.inference.control import Control
from tests.browser.doing import finish, press, reached, requests_during, still

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
FIRST = "?tab=cartpole"


def ready(page: Page) -> None:
    """The two episodes that the tab opens with are here, and stand still at their start."""
    page.wait_for_function("playground.last('cartpole.agent')")
    page.locator("#cartpole-stage .pg-cart-player input").press("Home")


def played(page: Page, told: dict, shove: tuple[int, float]) -> np.ndarray:
    """(T + 1, 4): an episode as the server tells it, played anew in the browser from a shove on, (step, N)."""
    flat = page.evaluate(
        """async ([value, step, newtons]) => {
            const episode = await playground.cart.episode(value);
            const shoves = new Map([[step, newtons]]);
            return [...playground.cart.play(episode, step, playground.cart.EARTH, shoves).states]; }""",
        [told, *shove],
    )
    return np.array(flat).reshape(-1, 4)


def episode(checkpoint: str, **settings: object) -> dict:
    settings = ReplaySettings(checkpoint=checkpoint, seed=5, **settings)
    *_, told = [frame for frame in replay_cartpole(settings, Control(settings)) if frame]
    return told


def test_physics_and_agents_in_the_browser_are_those_of_the_server(open_page):
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
    for checkpoint in ("ppo", "dqn", "q_learning", "reinforce@5"):
        here = played(page, episode(checkpoint), (6, 1.5))
        there = wire.decode(episode(checkpoint, push_step=6, push_force=1.5)["states"])
        np.testing.assert_allclose(here[:40], there[:40], atol=1e-4)


@pytest.mark.parametrize(("language", "dictionary"), [("en", EN), ("zh-CN", ZH)])
def test_one_shove_and_one_pole_falls_where_the_other_recovers(open_page, accessible, screenshot, language, dictionary):
    page = open_page(f"{FIRST}&lang={language}", color_scheme="dark" if language == "en" else "light")
    ready(page)
    stage = page.locator("#cartpole-stage")
    accessible(page)

    def scrub_and_shove() -> None:
        for _ in range(8):
            stage.locator(".pg-cart-player input").press("ArrowRight")
        stage.locator(".pg-curves-picture").press("ArrowLeft")
        assert stage.locator(".pg-cart-player input").input_value() == "7"
        stage.locator(".pg-cart-picture").press("d")

    assert requests_during(page, scrub_and_shove) == []
    said = stage.locator(".pg-cart-said")
    expect(said).to_contain_text(dictionary["cartpole.stage.recovers"])
    expect(said).to_contain_text(dictionary["cartpole.stage.falls"].partition("{")[0])
    screenshot(page, "shoved")


def test_train_pause_step_and_put_what_it_learned_on_stage(open_page):
    page = open_page(f"{FIRST}&depth=lab&seed=5&stop_when_solved=False&max_steps=500000")
    ready(page)
    steer, learning = page.locator("#cartpole-steer"), page.locator("#cartpole-training")
    press(page, "cartpole")
    page.wait_for_function("playground.cart.run()?.settings?.seed === 5 && playground.cart.run().point?.update > 2")
    steer.get_by_role("button", name=EN["steer.pause"]).click()
    reached(page, "cartpole", "paused")
    once = steer.get_by_role("button", name=EN["steer.step"])
    before = still(page, "playground.cart.run().point.update")
    once.click()  # it had gone on since the last that was told
    page.wait_for_function("(before) => playground.cart.run().point.update > before", arg=before)
    before = still(page, "playground.cart.run().point.update")
    once.click()
    page.wait_for_function("(before) => playground.cart.run().point.update === before + 1", arg=before)
    rate = page.locator("#cartpole-learning_rate_factor input")
    rate.fill("0.5")
    rate.press("Tab")
    expect(steer).to_contain_text(EN["steer.sent"].format(names=EN["cartpole.learning_rate_factor.label"]))
    steer.get_by_role("button", name=EN["steer.resume"]).click()
    page.wait_for_function("(before) => playground.cart.run().point.update > before + 3", arg=before)
    page.locator("#cartpole-stop").click()
    reached(page, "cartpole")
    expect(learning).to_contain_text(f"{EN['cartpole.learning_rate_factor.label']} 0.5")
    page.wait_for_function("playground.cart.checkpoint() === playground.cart.run().checkpoint")  # its last is on stage
    learning.locator(".pg-learn-kept button").first.click()
    page.wait_for_function("playground.cart.checkpoint() !== playground.cart.run().checkpoint")
    step = page.evaluate("playground.cart.run().point.step")
    press(page, "cartpole", "cartpole-go_on")
    page.wait_for_function("(step) => playground.cart.run()?.point?.step > step + 1024", arg=step)
    assert page.evaluate("playground.cart.run().settings.start").startswith("cartpole-")
    page.locator("#cartpole-stop").click()
    reached(page, "cartpole")


def test_solved_is_said_and_what_cannot_be_used_too(open_page, accessible, screenshot):
    page = open_page(f"{FIRST}&lang=zh-CN&depth=lab&seed=1", viewport={"width": 390, "height": 844})
    ready(page)
    finish(page, "cartpole")
    said = page.locator("#cartpole-training .pg-learn-said")
    expect(said).to_contain_text(ZH["cartpole.training.was_solved"].partition("{step}")[2].partition("{")[0])
    accessible(page)
    screenshot(page, "trained")
    start = page.locator("#cartpole-start input, #cartpole-start textarea").first
    start.fill("cartpole-0123456789abcdef")
    page.locator("#cartpole-run").click()
    expect(page.locator("#cartpole-status .pg-failed")).to_contain_text("cartpole-0123456789abcdef")
    rate = page.locator("#cartpole-learning_rate_factor input")
    rate.fill("-1")
    rate.press("Tab")
    page.locator("#cartpole-run").click()
    expect(page.locator("#cartpole-status .pg-failed")).to_contain_text(ZH["cartpole.learning_rate_factor.label"])
    page.evaluate("playground.emit('cartpole.show', { side: 'right', id: 'nobody' })")
    expect(page.locator("#cartpole-stage .pg-cart-said")).to_contain_text("nobody")
    assert page.evaluate("playground.cart.checkpoint()") == page.evaluate("playground.cart.run().checkpoint")


def test_an_episode_to_take_home(open_page, tmp_path):
    page = open_page(FIRST)
    ready(page)
    files = []
    for name in ("gif", "json"):
        with page.expect_download() as download:
            page.locator("#cartpole-stage").get_by_role("button", name=EN[f"cartpole.stage.{name}"]).click()
        files.append(tmp_path / name)
        download.value.save_as(files[-1])
    with Image.open(files[0]) as picture:
        assert picture.n_frames > 150 and picture.size == (560, 176)
    told = json.loads(files[1].read_text("utf-8"))
    settings = ReplaySettings.of(told["settings"])
    *_, again = [frame for frame in replay_cartpole(settings, Control(settings)) if frame]
    for name in ("states", "actions", "probabilities", "values"):
        np.testing.assert_array_equal(wire.decode(told[name]), wire.decode(again[name]))
    assert (told["return"], told["truncated"]) == (again["return"], again["truncated"])
