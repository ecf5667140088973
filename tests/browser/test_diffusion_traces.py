"""What the diffusion tab asks of traces, on the real page: step k beside k steps, branches, a grid, nearest images."""

from __future__ import annotations

import csv
import re

from playwright.sync_api import Locator, Page, expect

from components import words
from tests.browser.doing import drawn, finish, press, reached, requests_during

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
PIXELS = """(canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
    .reduce((sum, value) => (sum * 31 + value) % 1e9, 0)"""


def open_experiment(open_page, name: str, query: str = "", depth: str = "look", **options: object) -> Page:
    page = open_page(f"?tab=diffusion&depth={depth}&experiment={name}{query}", **options)
    page.locator("#diffusion-view").scroll_into_view_if_needed()  # the saved run is fetched once it is seen
    page.wait_for_function("() => playground.denoising.shown()?.trace.finished")
    page.locator(f"#diffusion-{name}").scroll_into_view_if_needed()
    return page


def seen(*canvases: Locator) -> list[int]:
    """Of each canvas a number that tells its pixels."""
    drawn(canvases[0].page)
    return [canvas.evaluate(PIXELS) for canvas in canvases]


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_step_k_of_n_stands_beside_a_run_of_k_steps(open_page, accessible, screenshot):
    page = open_experiment(open_page, "snapshot", "&digits=1,7&steps=8")
    view = page.locator("#diffusion-snapshot-view")
    expect(view.locator(".pg-snapshot-said")).to_have_text(EN["diffusion.snapshot.nothing"])
    finish(page, "diffusion-snapshot")
    x_t, guess, short = (view.locator(".pg-denoising-row canvas").nth(n) for n in range(3))
    scrubber, said = view.locator(".pg-scrubber input"), view.locator(".pg-snapshot-said")
    expect(view.locator(".pg-scrubber output")).to_have_text(EN["diffusion.snapshot.k"].format(k=4, n=8))
    expect(said).to_contain_text("t = 499")  # half of the way

    def drag() -> None:
        scrubber.press("Home")
        expect(view.locator(".pg-scrubber output")).to_have_text(EN["diffusion.snapshot.k"].format(k=1, n=8))
        expect(said).to_contain_text(EN["diffusion.snapshot.one"].split("(")[0].strip())
        first = seen(x_t, guess, short)
        assert first[1] == first[2] != first[0]  # one step of a sampler is the guess
        scrubber.press("ArrowRight")
        expect(said).to_contain_text("of 2 steps")
        second = seen(x_t, guess, short)
        assert len(set(second)) == 3
        scrubber.press("End")
        expect(said).to_contain_text("k = n")
        last = seen(x_t, guess, short)
        assert last[0] == last[2]  # the long run is the run of n steps

    assert requests_during(page, drag) == []
    accessible(page)
    screenshot(page, "snapshot")


def test_change_your_mind_and_branch_on(open_page, accessible, screenshot):
    page = open_page("?tab=diffusion")
    page.locator("#diffusion-preset-change").click()
    page.locator("#diffusion-branch-view").wait_for()
    reached(page, "diffusion-branch")  # it runs by itself
    view, change = page.locator("#diffusion-branch-view"), page.locator("#diffusion-branch-change")
    lanes, scrubber = view.locator(".pg-branches-lane"), view.locator(".pg-scrubber input")
    becomes = EN["diffusion.branch.digit"].format(**{"from": 3, "to": 8})
    expect(lanes).to_have_count(2)
    expect(lanes.last).to_contain_text(EN["diffusion.branch.from"].format(at=5, changes=becomes))
    pictures = [lanes.nth(n).locator("canvas") for n in range(2)]

    def scrub() -> None:
        assert len(set(seen(*pictures))) == 2
        scrubber.press("Home")
        expect(lanes.last).to_contain_text(EN["diffusion.branch.not_yet"])
        assert len(set(seen(*pictures))) == 1
        for _ in range(5):
            scrubber.press("ArrowRight")
        expect(view.locator(".pg-scrubber output")).to_have_text(EN["diffusion.view.step"].format(n=6, of=20))
        expect(lanes.last).to_contain_text(EN["diffusion.branch.not_yet"])  # x_t is what the run made of it
        view.locator("[data-kind=x0]").click()
        expect(lanes.last).to_contain_text(EN["diffusion.branch.differ"].format(n=10, of=10))  # the guess has changed

    assert requests_during(page, scrub) == []
    change.locator("select").first.select_option("3")
    expect(change.locator(".pg-branch-summary")).to_have_text(EN["diffusion.branch.unchanged"].format(at=5))
    finish(page, "diffusion-branch")
    expect(lanes).to_have_count(3)
    expect(lanes.last).to_contain_text(EN["diffusion.branch.same"])  # at the end too
    guidance = change.locator("input[type=number]")
    guidance.fill("99")
    expect(guidance).to_have_attribute("aria-invalid", "true")
    guidance.fill("6")
    expect(change.locator(".pg-branch-summary")).to_contain_text("1.5 → 6.0")
    finish(page, "diffusion-branch")
    expect(lanes).to_have_count(4)
    lanes.nth(1).locator(".pg-branches-away").click()
    expect(lanes).to_have_count(3)
    accessible(page)
    screenshot(page, "branches")
    page.locator("#diffusion-preset-ten").click()
    expect(lanes).to_have_count(1)  # branches of another run are gone with it


def test_a_grid_of_any_two_settings(open_page, accessible, screenshot, tmp_path):
    link = "&grid.x_values=2, 3&grid.y_values=ddim, Euler a&grid.images=5"
    page = open_experiment(open_page, "grid", link, depth="lab")
    view, status = page.locator("#diffusion-grid-view"), page.locator("#diffusion-grid-status")
    values = page.locator("#diffusion-grid-x_values textarea, #diffusion-grid-x_values input")
    values.fill("2, four")
    finish(page, "diffusion-grid")
    expect(status).to_contain_text("four")
    values.fill("2, 3")
    finish(page, "diffusion-grid")
    cells = view.locator("button.pg-dgrid-cell")
    expect(cells).to_have_count(4)
    expect(view.locator("thead th")).to_have_text(["2", "3"])
    expect(view.locator("tbody th")).to_have_text(["DDIM", EN["diffusion.sampler.choices.euler_ancestral"]])
    cells.nth(3).hover()
    expect(view.locator(".pg-dgrid-looked")).to_contain_text("steps 3, sampler Euler ancestral")
    cells.nth(2).click()  # pinned
    cells.nth(0).hover()
    expect(view.locator(".pg-dgrid-looked")).to_contain_text("steps 2, sampler Euler ancestral")
    with page.expect_download() as coming:
        view.get_by_role("button", name=EN["diffusion.grid.download"]).click()
    coming.value.save_as(tmp_path / "grid.csv")
    lines = list(csv.DictReader((tmp_path / "grid.csv").open()))
    assert [(line["steps"], line["sampler"]) for line in lines] == [
        ("2", "ddim"), ("3", "ddim"), ("2", "euler_ancestral"), ("3", "euler_ancestral")
    ]  # fmt: skip
    assert [line["evaluations"] for line in lines] == ["2", "3", "2", "3"]
    assert all(0 <= float(line["accuracy"]) <= 1 and line["frechet"] == "" for line in lines)
    screenshot(page, "grid")
    accessible(page)

    page.locator("#diffusion-grid-x").get_by_role("listbox").or_(page.locator("#diffusion-grid-x input")).first.click()
    page.get_by_role("option", name=EN["diffusion.guidance.label"]).click()  # another axis brings values of its own
    expect(values).to_have_value(re.compile("1.5"))
    values.fill("1, 2, 3, 4, 5, 6, 7, 8")
    press(page, "diffusion-grid")
    expect(view.locator("thead th")).to_have_count(8)  # until then the grid before stands there, and can be looked at
    expect(cells.first).to_be_visible()
    page.locator("#diffusion-grid-stop").click()
    reached(page, "diffusion-grid")
    expect(status).to_contain_text(EN["reason.stopped"])
    assert 0 < cells.count() < 16  # what was done stays


def test_on_a_phone_in_chinese_with_nearest_images(open_page, screenshot):
    options = PHONE | {"color_scheme": "dark"}
    page = open_experiment(open_page, "nearest", "&lang=zh-CN&steps=4&branch.at=2&branch.then_sampler=euler", **options)
    finish(page, "diffusion-nearest")
    view = page.locator("#diffusion-nearest-view")
    expect(view.locator(".pg-nearest-pair")).to_have_count(10)
    expect(view.locator("p").first).to_contain_text(re.compile(r"\d\.\d\d"))
    assert fits(page)
    screenshot(page, "nearest")
    page.evaluate("playground.denoising.setShown(null, true)")  # a page on which nothing has run yet
    finish(page, "diffusion-nearest")
    expect(page.locator("#diffusion-nearest-status")).to_contain_text(ZH["errors.no_images"])
    page.evaluate("playground.openExperiment('diffusion', 'branch')")
    summary = page.locator("#diffusion-branch-change .pg-branch-summary")
    expect(summary).to_have_text(ZH["diffusion.branch.nothing"])
    finish(page, "diffusion-branch")
    expect(page.locator("#diffusion-branch-status")).to_contain_text(ZH["errors.branch_of_nothing"])
    page.locator("#diffusion-run").click()
    expect(summary).to_contain_text(ZH["diffusion.branch.from"].format(at=2, changes="Euler"))  # the link's
    finish(page, "diffusion-branch")
    lanes = page.locator("#diffusion-branch-view .pg-branches-lane")
    expect(lanes.last).to_contain_text(ZH["diffusion.branch.differ"].format(n=10, of=10))
    assert fits(page)
    screenshot(page, "branch")
