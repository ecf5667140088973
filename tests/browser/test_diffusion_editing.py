"""Diffusion experiments that begin with an image, on the real page: noise it, denoise it, rub it out, classify it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from gradio_client import Client
from playwright.sync_api import Page, expect

from components import words
from playground import wire
from playground.images import mnist
from playground.inference.pipelines import PIPELINES
from tests.browser.doing import finish, reached, requests_during
from tests.conftest import running_app
from tests.playground.inference.small_pipelines import save_pipeline

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def open_experiment(open_page, name: str, query: str = "", **options: object) -> Page:
    page = open_page(f"?tab=diffusion&depth=look&experiment={name}{query}", **options)
    page.wait_for_function("playground.firstImage.pixels() && playground.firstImage.epsilon()")
    return page


def draw(page: Page, canvas: str, *points: tuple[float, float]) -> None:
    """A stroke with the mouse, in shares of the canvas."""
    sheet = page.locator(canvas)
    sheet.hover(trial=True)  # it is in view and stands still
    box = sheet.bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def array(page: Page, script: str) -> np.ndarray:
    return np.array(page.evaluate(f"Array.from({script})"))


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# ---------------------------------------------------------------- the forward process, and back


def test_noise_at_every_t_follows_in_the_browser_and_is_taken_away_from_there(open_page, app, screenshot, accessible):
    page = open_experiment(open_page, "forward", "&forward.index=18&forward.t=700&seed=5&forward.num_images=3")
    view, slider = page.locator("#diffusion-forward-noising"), "#diffusion-forward-noising .pg-scrubber input"
    expect(view.locator(".pg-scrubber .pg-readout")).to_have_text("t = 700")
    page.wait_for_function("playground.firstImage.index() === 18 && playground.firstImage.label() !== null")
    page.wait_for_function("playground.firstImage.missing() === null")  # noise of this seed
    assert np.array_equal(array(page, "playground.firstImage.pixels()"), mnist.images("test")[18].flatten().numpy())
    told = Client(app, verbose=False).predict(t=250, seed=5, index=18, api_name="/add_noise")

    def drag() -> None:
        page.locator(slider).fill("250")
        expect(view.locator(".pg-noising-facts")).to_contain_text(f"{told['alpha_cumprod']:.4f}")

    assert requests_during(page, drag) == []
    x_t = np.clip((array(page, "playground.firstImage.noised(250)") + 1) * 127.5, 0, 255)
    assert np.abs(x_t - wire.decode(told["x_t"]).flatten()).max() <= 0.51
    expect(page.locator("#diffusion-forward-t input")).to_have_value("250")  # a link carries it

    finish(page, "diffusion-forward")
    attempts = page.locator("#diffusion-forward-view")
    expect(attempts.locator(".pg-card-readout")).to_contain_text("3 attempts from t = 250")
    expect(attempts.locator(".pg-attempts-said")).to_have_text(
        EN["diffusion.attempts.verdict"].format(n=3, of=3, digit=3)
    )
    first = attempts.locator(".pg-denoising .pg-scrubber input")

    def back() -> None:
        first.focus()
        page.keyboard.press("Home")
        expect(attempts.locator(".pg-denoising-facts")).to_contain_text("250")

    assert requests_during(page, back) == []
    screenshot(page, "forward")
    accessible(page)


def test_a_drawing_is_noised_and_an_empty_one_is_refused_with_a_sentence(open_page):
    page = open_experiment(open_page, "forward", "&forward.num_images=1&steps=6")
    page.locator("#diffusion-forward-image [data-source=drawing]").click()
    expect(page.locator("#diffusion-forward-image .pg-source-caption")).to_have_text(EN["diffusion.image.empty"])
    assert finish(page, "diffusion-forward")["error"]["key"] == "drawing_empty"
    expect(page.locator("#diffusion-forward-status")).to_contain_text("The drawing is empty")

    draw(page, "#diffusion-forward-image .pg-pad-picture", (0.5, 0.15), (0.52, 0.5), (0.5, 0.85))
    pixels = array(page, "playground.firstImage.pixels()").reshape(28, 28)
    ys, xs = np.mgrid[:28, :28] + 0.5
    assert [(pixels * axis).sum() / pixels.sum() for axis in (xs, ys)] == pytest.approx([14, 14], abs=0.5)
    rows = np.flatnonzero(pixels.max(1) > 40)
    assert 18 <= np.ptp(rows) + 1 <= 21  # as tall as MNIST's digits
    status = finish(page, "diffusion-forward")
    assert "error" not in status and wire.decode(status["x0"]).tolist() == pixels.tolist()

    page.locator("#diffusion-steps input").fill("1000")
    page.locator("#diffusion-forward-num_images input[type=number]").fill("4")
    page.locator("#diffusion-forward-run").click()
    readout = page.locator("#diffusion-forward-view .pg-denoising .pg-scrubber .pg-readout")
    expect(readout).to_contain_text("of 801")  # from t = 800 there are no more, and that is said
    page.locator("#diffusion-forward-stop").click()
    expect(page.locator("#diffusion-forward-view .pg-attempts-said")).to_contain_text("What was done stays here")
    expect(readout).to_have_text(re.compile(r"stopped after \d+ of 801 evaluations"))


# ---------------------------------------------------------------- rubbing out


def test_a_hole_is_rubbed_filled_in_and_nothing_else_changes(open_page, screenshot):
    page = open_experiment(open_page, "inpaint", "&inpaint.index=61&inpaint.num_images=4&inpaint.digit=8")
    rubber, said = "#diffusion-inpaint-rubber", page.locator("#diffusion-inpaint-view .pg-attempts-said")
    page.wait_for_function("playground.firstImage.index() === 61 && playground.firstImage.label() === 8")
    assert finish(page, "diffusion-inpaint")["error"]["key"] == "mask_empty"

    def rub() -> None:
        draw(page, f"{rubber} .pg-rubber-picture", (0.3, 0.3), (0.8, 0.3))
        page.locator(f"{rubber} [data-size=large]").click()
        page.locator(f"{rubber} .pg-rubber-picture").focus()
        for key in ("ArrowDown", "ArrowDown", " "):
            page.keyboard.press(key)

    assert requests_during(page, rub) == []
    hole = array(page, "playground.firstImage.hole()").reshape(28, 28)
    assert hole[8, 9:22].all() and not hole[13:].all(1).any() and 60 < hole.sum() < 200
    status = finish(page, "diffusion-inpaint")
    images, known = wire.decode(status["images"]), hole == 0
    digit = mnist.images("test")[61].numpy()
    assert (images[:, known] == digit[known]).all() and len(images) == 4
    assert len({image.tobytes() for image in images}) == 4
    expect(said).to_contain_text(EN["diffusion.attempts.unchanged"].format(n=int(known.sum())))
    screenshot(page, "inpaint")

    for name in ("left", "right"):
        page.locator(rubber).get_by_role("button", name=EN[f"diffusion.rubber.{name}"]).click()
    expect(page.locator(f"{rubber} .pg-source-caption")).to_contain_text("784 of 784")
    assert finish(page, "diffusion-inpaint")["error"]["key"] == "mask_full"
    expect(said).to_contain_text(EN["diffusion.attempts.unchanged"].format(n=int(known.sum())))  # the old run stays
    page.locator(rubber).get_by_role("button", name=EN["diffusion.rubber.undo"]).click()
    assert array(page, "playground.firstImage.hole()").reshape(28, 28)[:, :14].all()


def test_a_drawing_is_repaired_on_a_phone_in_chinese(open_page, accessible, screenshot):
    page = open_page("?tab=diffusion&lang=zh-CN", color_scheme="dark", **PHONE)
    page.locator("#diffusion-preset-repair").click()
    reached(page, "diffusion-inpaint")
    said = page.locator("#diffusion-inpaint-view .pg-attempts-said")
    hole = int(array(page, "playground.firstImage.hole()").sum())
    expect(said).to_contain_text(ZH["diffusion.attempts.unchanged"].format(n=784 - hole))
    expect(page.locator("#diffusion-inpaint-digit input")).to_have_value("8")
    assert fits(page)
    screenshot(page, "repair")
    accessible(page)


# ---------------------------------------------------------------- a classifier


def test_ten_losses_and_what_the_judge_says(open_page, app, screenshot, accessible):
    page = open_experiment(open_page, "classify", "&classify.index=8&classify.samples=6&seed=2")
    page.wait_for_function("playground.firstImage.index() === 8 && playground.firstImage.label() === 5")
    finish(page, "diffusion-classify")
    told = Client(app, verbose=False).predict(index=8, samples=6, seed=2, api_name="/classify_by_denoising")
    view = page.locator("#diffusion-classify-view")
    for digit, row in enumerate(view.locator(".pg-losses-row").all()[1:]):
        expect(row.locator(".pg-losses-number").first).to_contain_text(f"{told['losses'][digit]:.4f}")
        near = digit != told["class"] and told["losses"][digit] - min(told["losses"]) < 2 * told["errors"][digit]
        assert (row.get_attribute("data-doubt") is not None) == near
        assert (row.get_attribute("data-best") is not None) == (digit == told["class"])
    said = view.locator(".pg-losses-said")
    expect(said).to_contain_text("Doubtful")  # a 5 that judges disagree about, and six samples
    expect(said).to_contain_text(EN["diffusion.classify.shows"].format(digit=5))
    screenshot(page, "classify")
    accessible(page)


# ---------------------------------------------------------------- from words to pictures


def test_offline_a_pipeline_is_not_offered_and_says_what_it_would_cost(open_page):
    page = open_page("?tab=diffusion&depth=lab&experiment=text_to_image")
    offer, run = page.locator("#diffusion-text_to_image-offer"), page.locator("#diffusion-text_to_image-run")
    expect(offer).to_contain_text("1.7 GB to download")
    expect(offer).to_contain_text("CreativeML OpenRAIL-M")
    expect(offer.locator("p")).to_have_attribute("data-state", re.compile("offline|too_big"))
    expect(run).to_be_disabled()
    expect(page.locator("#diffusion-text_to_image-fetch")).to_be_hidden()


def test_a_pipeline_that_is_here_paints_and_every_step_is_kept(open_page, tmp_path, accessible, screenshot):
    source = PIPELINES[0].sources[0]
    hub = tmp_path / "cache" / "huggingface" / "hub" / f"models--{source.repo.replace('/', '--')}"
    save_pipeline(hub / "snapshots" / source.revision, flags=False)  # a tiny one with random weights in its place
    query = "?tab=diffusion&depth=lab&experiment=text_to_image&text_to_image.steps=5&text_to_image.size=256"
    with running_app(log=tmp_path / "app.log") as address:
        page = open_page(query, address=address)
        expect(page.locator("#diffusion-text_to_image-offer")).to_contain_text(EN["offer.here"])
        told = finish(page, "diffusion-text_to_image")
        assert "error" not in told and wire.decode(told["closing"]["image"]).shape == (256, 256, 3)
        view = page.locator("#diffusion-text_to_image-view")
        expect(view.locator(".pg-scrubber .pg-readout")).to_have_text(EN["diffusion.text_to_image.end"])
        expect(view.locator("figcaption").first).to_contain_text(EN["diffusion.text_to_image.checked"])

        def back() -> None:
            view.locator(".pg-scrubber input").focus()
            page.keyboard.press("Home")
            expect(view.locator(".pg-painting-facts")).to_contain_text(f"t = {told['steps'][0]['t']:.0f}")

        assert requests_during(page, back) == []
        screenshot(page, "painting")
        accessible(page)
        page.locator("#diffusion-text_to_image-prompt textarea").fill("")
        assert finish(page, "diffusion-text_to_image")["error"]["key"] == "prompt_none"
