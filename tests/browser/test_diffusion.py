"""The diffusion tab on the real page: the saved run, a run of one's own scrubbed as it comes, and its files."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect

from components import words
from playground import wire
from playground.errors import SENTENCES
from playground.images.denoiser import draw, load
from playground.images.diffusion_frames import whole
from playground.images.diffusion_settings import DenoiseSettings
from playground.images.diffusion_tasks import DENOISE
from playground.inference.engine import get_engine
from tests.browser.doing import finish, press, reached, requests_during

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
BOTH = pytest.mark.parametrize(("language", "dictionary"), [("en", EN), ("zh-CN", ZH)])
FIRST = "?tab=diffusion"
SMALL = {"digits": "3,8", "sampler": "euler_ancestral", "steps": 6, "guidance": 4, "seed": 5}


def link(depth: str = "play", **settings: object) -> str:
    return f"{FIRST}&depth={depth}" + "".join(f"&{name}={value}" for name, value in settings.items())


def saved(page: Page) -> None:
    """Until the saved run is there and its playing was ended: what moves by itself moves no test."""
    page.wait_for_function("playground.denoising.shown()?.trace.finished")
    page.locator("#diffusion-view .pg-scrubber input").press("End")


def scrub(page: Page, to: int) -> None:
    page.locator("#diffusion-view .pg-scrubber input").evaluate(
        "(range, to) => { range.value = to; range.dispatchEvent(new Event('input')); }", to
    )


def images(page: Page, kind: str, step: int) -> np.ndarray:
    """The pictures of one row at one step, (B, 28, 28)."""
    told = page.evaluate(
        "([kind, step]) => [...playground.denoising.shown().trace.images(kind, step).data]", [kind, step]
    )
    return np.array(told, int).reshape(-1, 28, 28)


@BOTH
def test_the_saved_run_is_scrubbed_from_noise_to_digits(open_page, accessible, screenshot, language, dictionary):
    page = open_page(f"{FIRST}&lang={language}", color_scheme="dark" if language == "en" else "light",
                     reduced_motion="no-preference")  # fmt: skip
    saved(page)
    expect(page.locator("#diffusion-status")).to_contain_text(dictionary["reason.saved"])
    facts = page.locator("#diffusion-view .pg-denoising-facts")
    expect(facts).to_have_text(dictionary["diffusion.view.finished"].format(n=20))
    assert requests_during(page, lambda: scrub(page, 0)) == []
    expect(facts).to_contain_text("t = 999")
    noise, digits = images(page, "x_t", 0), images(page, "x_t", 20)
    assert noise.std(axis=(1, 2)).min() > 80  # noise, of which little more than half lies between paper and ink
    assert np.median(digits, axis=(1, 2)).max() < 10  # of digits most is paper
    screenshot(page, "diffusion")
    accessible(page)


def test_a_run_of_ones_own_is_what_the_sampler_draws(open_page):
    page = open_page(link(**SMALL))
    saved(page)
    finish(page, "diffusion")
    finished = draw(load(), torch.tensor([3, 8]), "euler_ancestral", 6, 4.0, seed=5).numpy()
    assert np.array_equal(images(page, "x_t", 6), finished)
    settings = DenoiseSettings.of(SMALL | {"digits": [3, 8]})
    *_, last = get_engine().frames(get_engine().submit(DENOISE, settings))
    trace = {name: wire.decode(value).astype(int) for name, value in whole(last.frame).items() if "base64" in value}
    for step in range(6):  # the page works out x_t from x̂₀ and ε̂, which it was told in levels
        off = np.abs(images(page, "x_t", step) - trace["x_t"][step])
        assert off.max() <= 6 and (off > 3).mean() < 0.002  # in a few pixels the noise is beyond what can be told
        assert np.abs(images(page, "x0", step) - trace["x0"][step]).max() <= 2
    changed = np.abs(trace["x_t"][4] - trace["x_t"][3])
    inside = ((trace["x_t"][3:5] > 0) & (trace["x_t"][3:5] < 255)).all(0)  # what is not cut off at paper or ink
    assert np.abs(images(page, "change", 3) - np.minimum(2 * changed, 255))[inside].max() <= 8


def test_the_first_steps_are_scrubbed_while_the_last_are_made_and_stop_keeps_them(open_page):
    page = open_page(link(**SMALL | {"sampler": "ddpm", "steps": 1000, "num_images": 4}))  # it would take long
    saved(page)
    press(page, "diffusion")
    page.wait_for_function(
        "(({ trace }) => trace.classes.length === 8 && trace.count > 4)(playground.denoising.shown())"
    )
    scrub(page, 1)
    expect(page.locator("#diffusion-view .pg-scrubber .pg-readout")).to_have_text(
        EN["diffusion.view.step"].format(n=11, of="1,000")
    )
    before = page.evaluate("playground.denoising.shown().trace.count")
    page.wait_for_function("(before) => playground.denoising.shown().trace.count > before", arg=before)
    assert page.evaluate("playground.denoising.shown().at") == 1  # it stays where the person looks
    page.locator("#diffusion-view .pg-scrubber input").press("End")  # and follows again from the newest step on
    before = page.evaluate("playground.denoising.shown().trace.count")
    page.wait_for_function(
        "(before) => (({ trace, at }) => trace.count > before && at === trace.count - 1)(playground.denoising.shown())",
        arg=before,
    )
    page.locator("#diffusion-stop").click()
    reached(page, "diffusion")
    expect(page.locator("#diffusion-status")).to_contain_text(EN["reason.stopped"])
    kept = page.evaluate("playground.denoising.shown().trace.count")
    assert 4 < kept < 100
    expect(page.locator("#diffusion-view .pg-denoising-verdict")).to_contain_text("1,000")
    page.locator("#diffusion-view .pg-scrubber input").press("End")
    assert page.evaluate("playground.denoising.shown().at") == kept
    made = page.evaluate("playground.denoising.shown().trace.evaluations")
    expect(page.locator("#diffusion-view .pg-denoising-facts")).to_have_text(EN["diffusion.view.cut"].format(n=made))
    curve = page.locator("#diffusion-view .pg-denoising-panel").nth(1)
    expect(curve.locator(".pg-curves-where")).to_contain_text(  # the last step, by its own number
        EN["diffusion.view.evaluation"].format(
            n=page.evaluate("playground.denoising.shown().trace.steps.at(-1).index + 1")
        )
    )


def test_files_hold_the_run(open_page):
    page = open_page(link(**SMALL))
    saved(page)
    finish(page, "diffusion")
    contents = {}
    for kind in ("gif", "png", "json"):
        with page.expect_download() as coming:
            page.locator(f"#diffusion-view [data-file={kind}]").click()
        contents[kind] = coming.value.path().read_bytes()
    film = Image.open(io.BytesIO(contents["gif"]))
    assert film.n_frames == 7 and film.size == (2 * 84, 84)
    film.seek(6)
    digits = images(page, "x_t", 6)
    assert np.abs(255 - np.array(film.convert("L"), int)[1::3, 1::3] - np.concatenate(list(digits), 1)).max() <= 1
    assert Image.open(io.BytesIO(contents["png"])).size == (7 * 56, 2 * 56)
    trace = json.loads(contents["json"])
    assert trace["settings"]["seed"] == 5 and len(trace["timesteps"]) == 6
    assert wire.decode(trace["x_t"]).shape == (7, 2, 28, 28)
    assert np.array_equal(wire.decode(trace["images"]), digits)


def test_what_cannot_be_run_is_answered_with_a_sentence_and_keeps_what_was_there(open_page):
    page = open_page(link("lab", digits="7", num_images=2, steps=3))
    saved(page)
    page.locator("#diffusion-digits label").nth(7).click()
    page.locator("#diffusion-run").click()
    expect(page.locator("#diffusion-status")).to_contain_text(SENTENCES["no_digits"])
    assert page.evaluate("playground.denoising.shown().trace.classes.length") == 10  # the saved run
    page.locator("#diffusion-digits label").nth(4).click()
    page.locator("#diffusion-run").click()
    page.wait_for_function("String(playground.denoising.shown().trace.classes) === '4,4'")


def test_on_a_phone_everything_stands_below_one_another(open_page, screenshot):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    page = open_page(f"{FIRST}&lang=zh-CN", **phone)
    saved(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    picture = page.locator("#diffusion-view .pg-image-grid-picture").first
    picture.tap(position={"x": 5, "y": 5})
    expect(page.locator("#diffusion-view .pg-denoising-say")).to_have_text(
        ZH["diffusion.view.image"].format(n=1, digit=0, seed=0)
    )
    picture.press(" ")
    page.wait_for_function("(({ at }) => at > 0 && at < 20)(playground.denoising.shown())")  # it plays from the start
    screenshot(page, "phone")
