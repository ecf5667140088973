"""The VAE tab on the real page: what the map decodes is what the API decodes, and moving over it asks nobody."""

from __future__ import annotations

import numpy as np
import pytest
from gradio_client import Client
from playwright.sync_api import Page, expect

from components import words
from playground import wire
from tests.browser.doing import drawn, finish, requests_during

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
HERE = "?tab=vae"


def mapped(page: Page, model: str = "conv-2d") -> None:
    """Wait until the map of a model is on screen."""
    page.wait_for_function("(id) => playground.vae.map()?.model.id === id", arg=model)


def decoded(page: Page, z1: float, z2: float) -> np.ndarray:
    """What the page decodes at a place, (28, 28)."""
    pixels = page.evaluate("([z1, z2]) => Array.from(playground.vae.decode(z1, z2))", [z1, z2])
    return np.array(pixels, np.uint8).reshape(28, 28)


def ink(page: Page, canvas: str) -> float:
    """How dark a canvas is: the mean of its pixels' green."""
    drawn(page)
    return page.evaluate(
        """(selector) => {
            const canvas = document.querySelector(selector);
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return data.filter((_, i) => i % 4 === 1).reduce((sum, green) => sum + green, 0) / (data.length / 4);
        }""",
        canvas,
    )


@pytest.mark.parametrize(
    ("dictionary", "query"),
    [(EN, f"{HERE}&lang=en&depth=lab"), (ZH, f"{HERE}&lang=zh-CN&__theme=dark&lesson=open")],
)
def test_there_is_something_to_touch_before_the_first_click(open_page, accessible, screenshot, dictionary, query):
    page = open_page(query)
    mapped(page)
    expect(page.locator("#vae-status")).to_contain_text(dictionary["reason.saved"])
    expect(page.locator("#vae-map .pg-map-hint")).to_have_text(dictionary["vae.map.points_hint"])
    expect(page.locator("#vae-map .pg-map-verdict")).not_to_be_empty()
    screenshot(page, "vae")
    accessible(page)


def test_the_map_decodes_what_the_api_decodes(open_page, app):
    page = open_page(HERE)
    mapped(page)
    client = Client(app, verbose=False)
    for place, off in (((1.0, -0.5), 1), ((-0.62, 0.87), 40)):  # on the grid's nodes, and between them
        exact = wire.decode(client.predict(list(place), "conv-2d", api_name="/decode_latent")["image"])
        difference = np.abs(decoded(page, *place).astype(int) - exact)
        assert difference.max() <= off and difference.mean() <= off / 10


def test_pointing_morphs_with_no_request_and_a_press_stays(open_page):
    page = open_page(HERE)
    mapped(page)
    picture, image = page.locator("#vae-map .pg-map-moving"), "#vae-decoded .pg-decoded-image"
    seen = []

    def move() -> None:
        for x, y in ((120, 200), (300, 120), (260, 400)):
            picture.hover(position={"x": x, "y": y})
            seen.append(ink(page, image))
        page.keyboard.press("Tab")

    assert requests_during(page, move) == []
    assert len({round(darkness, 1) for darkness in seen}) == 3
    picture.click(position={"x": 300, "y": 200})
    place = page.evaluate("playground.vae.rest()")
    page.locator("#vae-status").hover()
    assert page.evaluate("playground.vae.place()") == place  # the pointer left, the place stays
    picture.press("ArrowRight")
    assert page.evaluate("playground.vae.place().z1") == pytest.approx(place["z1"] + 0.1)
    expect(page.locator("#vae-z1 input")).to_have_value(f"{place['z1'] + 0.1:.3f}".rstrip("0"))  # links follow


def test_presets_walk_and_choose_models(open_page):
    page = open_page(HERE)
    mapped(page)
    page.locator("#vae-preset-between").click()
    page.wait_for_function("playground.vae.ends()?.t === 0.5")
    ends = page.evaluate("playground.vae.ends()")
    assert (ends["from"], ends["to"]) == (4, 9)
    middle = page.evaluate("playground.vae.rest()")
    assert [middle["z1"], middle["z2"]] == pytest.approx((np.array(ends["a"]) + ends["b"]) / 2)
    page.locator("#vae-preset-beta").click()
    mapped(page, "conv-2d-beta-4")
    plain, high = (
        page.evaluate("(id) => playground.vae.figures(id).kl", model) for model in ("conv-2d", "conv-2d-beta-4")
    )
    assert high < plain
    expect(page.locator("#vae-map .pg-map-verdict")).to_contain_text(f"{high:.1f} nats instead of {plain:.1f}")


def test_a_drawing_is_encoded_as_the_api_does_and_travels_in_the_link(open_page, app):
    page = open_page(HERE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    mapped(page)
    sheet = page.locator("#vae-draw .pg-pad-picture")
    sheet.hover(trial=True)  # it is in view and stands still
    box = sheet.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    for x, y in ((180, 60), (150, 130), (110, 220)):  # a seven
        page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
    page.mouse.up()
    pixels = page.evaluate("Array.from(playground.vae.drawing())")
    image = wire.encode(np.array(pixels, np.uint8).reshape(28, 28))
    told = Client(app, verbose=False).predict(image, "conv-2d", api_name="/encode_digit")
    mu, sigma = told["mu"], told["sigma"]
    close = "(mu) => playground.vae.encoded()?.mu.every((m, k) => Math.abs(m - mu[k]) < 1e-5)"
    page.wait_for_function(close, arg=mu)  # it was encoded while it grew, too
    assert page.evaluate("playground.vae.encoded().sigma") == pytest.approx(sigma, abs=1e-5)
    expect(page.locator("#vae-draw .pg-draw-facts")).to_contain_text(f"z₁ = {mu[0]:.2f} ± {sigma[0]:.2f}")

    page.wait_for_function("playground.last('vae.settings')?.drawing?.length > 50")
    page.locator("#vae-link").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()).includes('drawing=')")
    link = page.evaluate("navigator.clipboard.readText()")
    other = open_page(f"?{link.partition('?')[2]}")
    other.wait_for_function("playground.vae.encoded()")
    assert np.abs(np.array(other.evaluate("Array.from(playground.vae.drawing())")) - pixels).max() <= 8  # 16 greys


def test_training_is_looked_back_on_and_its_model_put_on_the_map(open_page):
    page = open_page(f"{HERE}&depth=lab&experiment=training&training.steps=40")
    mapped(page)
    finish(page, "vae-training")
    view, samples = page.locator("#vae-training-view"), "#vae-training-view .pg-image-grid-picture"
    step = view.locator(".pg-scrubber .pg-readout")
    expect(step).to_have_text(EN["vae.training.step"].format(n=40))
    after = ink(page, samples)

    def back() -> None:
        view.locator(".pg-scrubber input").focus()
        page.keyboard.press("Home")
        expect(step).to_have_text(EN["vae.training.step"].format(n=0))

    assert requests_during(page, back) == []
    assert ink(page, samples) != pytest.approx(after, abs=1)
    trained = page.evaluate("playground.vae.trained()")
    view.get_by_text(EN["vae.training.choose"]).click()
    mapped(page, trained)
    assert page.evaluate("playground.vae.map().model.steps") == 40


def test_every_roll_of_the_die_is_mu_plus_sigma_epsilon(open_page):
    page = open_page(f"{HERE}&depth=look&experiment=steps")
    mapped(page)
    view = page.locator("#vae-steps-view")
    cells = view.locator(".pg-steps-table td")
    expect(cells).to_have_count(8)  # two numbers: μ, σ, ε, z

    def roll() -> list[float]:
        view.get_by_text(EN["vae.steps.roll"]).click()
        drawn(page)
        numbers = [float(cell.replace("−", "-")) for cell in cells.all_inner_texts()]
        for mu, sigma, epsilon, z in (numbers[:4], numbers[4:]):
            three_decimals = 0.0005 * (2 + abs(epsilon) + sigma)
            assert z == pytest.approx(mu + sigma * epsilon, abs=three_decimals)
        return numbers

    rolled = []
    assert requests_during(page, lambda: rolled.extend(roll()[2] for _ in range(7))) == []  # eight came at once
    assert len(set(rolled)) == 7
    view.get_by_text(EN["vae.steps.none"]).click()
    mean = [float(cell.replace("−", "-")) for cell in cells.all_inner_texts()]
    assert mean[2] == mean[6] == 0 and [mean[3], mean[7]] == [mean[0], mean[4]]


def test_a_traversal_begins_with_a_digit_of_any_model_the_telling_numbers_first(open_page):
    page = open_page(f"{HERE}&depth=look&experiment=traversal")
    mapped(page)
    view = page.locator("#vae-traversal-view")
    sliders = view.locator(".pg-traverse-row input")
    expect(sliders).to_have_count(16, timeout=60_000)
    said = [float(kl.split()[0]) for kl in view.locator(".pg-traverse-name .pg-hint").all_inner_texts()]
    assert said == sorted(said, reverse=True) and said[0] > 1 > said[-1]
    middle = "() => [...document.querySelectorAll('.pg-traverse-row input')].every((one) => Number(one.value) === 0)"
    page.wait_for_function(middle)
    picture = view.locator(".pg-pick .pg-image-grid-picture")
    place = picture.bounding_box()
    picture.click(position={"x": 0.75 * place["width"], "y": place["height"] / 2})  # the 7
    page.wait_for_function(f"() => !({middle})()")


def test_a_cat_is_no_digit(open_page):
    page = open_page(f"{HERE}&depth=lab&experiment=anomaly")
    mapped(page)
    verdict = page.locator("#vae-anomaly-view .pg-anomaly-verdict")
    page.locator("#vae-anomaly-view").scroll_into_view_if_needed()
    expect(verdict).to_contain_text("nats")
    error = float(verdict.inner_text().split()[0])
    errors = np.array(page.evaluate("Array.from(playground.vae.map().errors)"))
    assert (errors < error).mean() > 0.99
    assert verdict.inner_text().endswith(EN["vae.anomaly.alarm"].rpartition("). ")[2])
