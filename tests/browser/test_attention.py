"""The attention tab's hero on the real page: what it shows is what the API computes, and looking around asks nobody."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client
from playwright.sync_api import Page, expect

from components import words
from components.saved_runs import FIRST_ATTENTION
from playground import wire
from tests.browser.doing import finish, reached, requests_during

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
TEXT = "Mr. Crow flew over the farm. Mr."
FIRST = "?tab=attention"


def read(page: Page, **controls: str) -> None:
    """Fill in the controls named, run, and wait until the run's heads are there."""
    for name, value in controls.items():
        field = page.locator(f"#attention-{name} textarea, #attention-{name} input").first
        field.fill(value)
        field.press("Tab")
    told = finish(page, "attention")
    page.wait_for_function("(run) => playground.attention.frame()?.run === run", arg=told["run"])


def weights(page: Page, layer: int, head: int) -> np.ndarray:
    """The weights that the page draws of a head, (T, T)."""
    return np.array(
        page.evaluate(
            """([layer, head]) => {
                const { side, at } = playground.attention.seen(layer, head);
                return Array.from({ length: side }, (_, i) => Array.from({ length: side },
                    (_, j) => (playground.attention.sees(i, j) ? at(i, j) ?? NaN : 0)));
            }""",
            [layer, head],
        ),
        dtype=float,
    )


def verdict(page: Page) -> str:
    return page.locator("#attention-unplug .pg-unplug-verdict").inner_text()


@pytest.mark.parametrize(("language", "dictionary"), [("en", EN), ("zh-CN", ZH)])
def test_there_is_something_to_touch_before_the_first_click(open_page, accessible, screenshot, language, dictionary):
    page = open_page(f"{FIRST}&lang={language}")
    expect(page.locator("#attention-status")).to_contain_text(dictionary["reason.saved"])
    first = FIRST_ATTENTION[language]
    page.wait_for_function("(text) => playground.attention.frame()?.settings.text === text", arg=first["text"])
    assert page.evaluate("playground.attention.head()") == {"layer": first["layer"], "head": first["head"]}
    expect(page.locator("#attention-unplug .pg-unplug-row:not([data-empty])")).to_have_count(8)
    screenshot(page, "attention")
    accessible(page)


def test_the_heads_are_those_of_the_api(open_page, app):
    page = open_page(FIRST)
    read(page, text=TEXT)
    client = Client(app, verbose=False)
    for layer, head in ((5, 1), (0, 3), (4, 7)):
        told = client.predict(TEXT, "tales", layer, head, api_name="/attention")
        exact = wire.decode(told["matrix"])
        # √w has 255 levels: a weight is off by 2 √w · ½ / 255 at most, and the open head not at all
        bound = 1e-6 if (layer, head) == (5, 1) else np.sqrt(exact).max() / 255 + 1e-4
        np.testing.assert_allclose(weights(page, layer, head), exact, atol=bound)
    labelled = {(k["layer"], k["head"]): k["kind"] for k in told["kinds"]}
    shown = page.evaluate("playground.attention.frame().kinds.labels")
    assert {head: shown[head[0]][head[1]] for head in labelled} == labelled


def test_looking_around_makes_no_request(open_page):
    page = open_page(FIRST)
    read(page, text=TEXT)
    view, grid = page.locator("#attention-view"), page.locator("#attention-grid canvas")

    def look_around() -> None:
        grid.focus()
        for key in ("ArrowUp", "ArrowRight", "Enter", "ArrowLeft", "Enter"):
            page.keyboard.press(key)
        page.locator("#attention-grid").get_by_text(EN["attention.grid.mean_layer"]).click()
        page.locator("#attention-grid").get_by_text(EN["attention.grid.mean_all"]).click()
        view.get_by_text(EN["attention.view.links"], exact=True).click()
        view.locator(".pg-links-picture").hover(position={"x": 40, "y": 40})
        view.get_by_text(EN["attention.view.sink"]).click()
        view.get_by_text(EN["attention.view.matrix"], exact=True).click()
        view.locator(".pg-heatmap-picture").hover(position={"x": 150, "y": 250})

    assert requests_during(page, look_around) == []


def test_arrow_keys_walk_through_the_matrix_and_say_each_weight(open_page):
    page = open_page(FIRST)
    read(page, text=TEXT, layer="4", head="7")
    exact = weights(page, 4, 7)
    page.locator("#attention-view .pg-heatmap-picture").focus()
    said = page.locator("#attention-view .pg-heatmap > .pg-heatmap-readout")
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):  # begins in the last row's first cell
        page.keyboard.press(key)
    row, column = len(exact) - 2, 1
    tokens = page.evaluate("playground.attention.frame().tokens.map((token) => token.text)")
    expect(said).to_contain_text(f"“{tokens[row].strip()}” → “{tokens[column].strip()}”")
    shown = float(re.search(r"= <?([\d.]+)%", said.inner_text())[1]) / 100
    assert shown == pytest.approx(exact[row, column], rel=0.05, abs=5e-6)
    assert page.evaluate("playground.attention.query()") == row
    page.keyboard.press("Escape")
    expect(said).to_have_text(EN["heatmap.hint"])


def test_a_hidden_first_token_is_said_and_the_rest_sums_to_one(open_page):
    page = open_page(FIRST)
    read(page, text=TEXT)
    whole = weights(page, 5, 1)
    page.locator("#attention-view").get_by_text(EN["attention.view.sink"]).click()
    expect(page.locator("#attention-view .pg-head-marked")).to_contain_text("Mr")
    rest = weights(page, 5, 1)
    assert np.isnan(rest[:, 0]).all()
    np.testing.assert_allclose(np.nansum(rest[1:, 1:], axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(rest[-1, 1:], whole[-1, 1:] / whole[-1, 1:].sum(), atol=1e-5)
    other = weights(page, 1, 2)[1:, 1:]  # a head of which only the levels are here
    sums = np.nansum(other, axis=1)
    np.testing.assert_allclose(sums[~np.isnan(other).all(axis=1)], 1, atol=1e-5)


def test_switching_heads_off_shows_what_the_api_says(open_page, app):
    page = open_page(FIRST)
    read(page, text=TEXT, layer="4", head="7")
    unplug = page.locator("#attention-unplug")
    unplug.get_by_text(EN["attention.unplug.one_off"].format(layer=4, head=7)).click()
    told = Client(app, verbose=False).predict(TEXT, "tales", 4, 7, api_name="/ablate_head")
    expect(unplug.locator(".pg-unplug-verdict")).to_contain_text(f"{told['kl']:.{4 if told['kl'] < 0.1 else 2}f}")
    figures = unplug.locator(".pg-unplug-row").first.locator(".pg-unplug-figures span").all_inner_texts()
    shares = [float(figure.rstrip("%")) / 100 for figure in figures]
    assert shares == pytest.approx([told["before"][0]["p"], told["changes"][0]["after"]], abs=6e-4)

    def back_and_forth() -> None:
        unplug.get_by_text(EN["attention.unplug.all_on"]).click()
        expect(unplug.locator(".pg-unplug-verdict")).to_have_text(EN["attention.unplug.start"])
        unplug.get_by_text(EN["attention.unplug.one_off"].format(layer=4, head=7)).click()
        expect(unplug.locator(".pg-unplug-verdict")).to_contain_text("KL")

    assert requests_during(page, back_and_forth) == []  # what was answered once is kept


def test_every_head_is_tried_and_the_costliest_unplugged_at_a_press(open_page, app):
    page = open_page(FIRST)
    unplug = page.locator("#attention-unplug")
    unplug.get_by_text(EN["attention.unplug.each"]).click()
    page.wait_for_function("playground.attention.costs()")
    costs = page.evaluate("playground.attention.costs()")
    worst = int(np.argmax(costs))
    unplug.locator(".pg-unplug-tried button").first.click()
    page.wait_for_function(
        "(n) => 8 * playground.attention.head().layer + playground.attention.head().head === n", arg=worst
    )
    expect(unplug.locator(".pg-unplug-verdict")).to_contain_text("KL")
    told = Client(app, verbose=False).predict(
        FIRST_ATTENTION["en"]["text"], "tales", worst // 8, worst % 8, api_name="/ablate_head"
    )
    assert costs[worst] == pytest.approx(told["kl"], abs=1e-5)
    flipped = told["before"][0]["id"] != told["after"][0]["id"]
    assert ("instead of" in verdict(page)) == flipped


def test_every_head_is_tried_for_a_reader_of_chinese(open_page):
    page = open_page(f"{FIRST}&lang=zh-CN")
    page.locator("#attention-unplug").get_by_text(ZH["attention.unplug.each"]).click()
    page.wait_for_function("playground.attention.costs()")
    expect(page.locator("#attention-unplug .pg-unplug-tried button")).to_have_count(5)


def test_a_link_restores_what_is_looked_at(open_page):
    page = open_page(FIRST)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    read(page, text=TEXT)
    page.locator("#attention-grid canvas").focus()
    for key in ("ArrowUp", "ArrowLeft", "Enter"):  # from layer 5, head 1
        page.keyboard.press(key)
    page.locator("#attention-view").get_by_text(EN["attention.view.links"], exact=True).click()
    page.locator("#attention-unplug").get_by_text(EN["attention.unplug.one_off"].format(layer=4, head=0)).click()
    page.wait_for_function(
        """(({ off, layer, view }) => off?.length === 1 && Number(layer) === 4 && view === "links")(
            playground.last("attention.settings") ?? {})"""
    )
    page.locator("#attention-link").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()).includes('off=32')")
    link = page.evaluate("navigator.clipboard.readText()")
    other = open_page(f"?{link.partition('?')[2]}")
    reached(other, "attention")
    other.wait_for_function(
        "!['saved', undefined].includes(playground.attention.frame()?.run) && playground.attention.off().size === 1"
    )
    assert other.evaluate("playground.attention.frame().settings.text") == TEXT
    assert other.evaluate("[playground.attention.head(), playground.attention.view()]") == [
        {"layer": 4, "head": 0},
        "links",
    ]
    expect(other.locator("#attention-unplug .pg-unplug-verdict")).to_contain_text("KL")


def test_a_link_runs_an_experiment_that_has_to_be_set_up_first(open_page):
    page = open_page(f"{FIRST}&depth=look&experiment=block&run=1")
    assert "error" not in reached(page, "attention-block")
    assert page.evaluate("playground.last('attention.status').run") == "saved"  # the hero was not run in its place
    assert page.locator("#attention-block-view [role=img]").count() > 5  # its stops, each a strip of numbers


def saved(page: Page, name: str) -> Path:
    with page.expect_download() as coming:
        page.locator("#attention-view").get_by_text(EN[f"attention.view.{name}"], exact=True).click()
    return coming.value.path()


def test_the_open_head_and_everything_can_be_kept(open_page):
    page = open_page(FIRST)
    read(page, text="=1+2, said the fox", layer="3", head="2")
    rows = list(csv.reader(io.StringIO(saved(page, "csv").read_text("utf-8-sig"))))
    names = [row[0] for row in rows[1:]]
    assert names[0].startswith("'=")  # a spreadsheet is not to compute it
    table = np.array([[float(cell or 0) for cell in row[1:]] for row in rows[1:]])
    np.testing.assert_allclose(table, weights(page, 3, 2), atol=1e-6)
    assert saved(page, "png").read_bytes().startswith(b"\x89PNG")
    whole = json.loads(gzip.decompress(saved(page, "all").read_bytes()))
    assert wire.decode(whole["maps"]["levels"]).shape[:2] == (6, 8)
    assert whole["settings"]["text"] == "=1+2, said the fox"


def test_presets_show_what_they_promise(open_page):
    page = open_page(FIRST)
    page.locator("#attention-preset-twice").click()
    reached(page, "attention")
    page.wait_for_function("playground.attention.frame()?.settings?.copies === 2")
    layer, head = page.evaluate("[playground.attention.head().layer, playground.attention.head().head]")
    assert page.evaluate(f"playground.attention.frame().kinds.labels[{layer}][{head}]") == "induction"
    page.locator("#attention-preset-unplug").click()
    expect(page.locator("#attention-unplug .pg-unplug-verdict")).to_contain_text("instead of")


def test_what_cannot_be_read_is_told_in_a_sentence(open_page):
    page = open_page(FIRST)
    status = page.locator("#attention-status")
    page.locator("#attention-layer input").fill("77")
    page.locator("#attention-run").click()
    expect(status).to_contain_text("77")
    page.locator("#attention-layer input").fill("0")
    hostile = "<img src=x onerror=alert(1)> שלום é\u0301 \u202e"
    read(page, text=hostile, layer="0")
    assert page.locator("#tab-attention img").count() == 0
    assert "".join(page.evaluate("playground.attention.frame().tokens.map((t) => t.text)")).startswith("<img")


def test_an_encoder_takes_two_texts_and_is_asked_for_its_mask(open_page, app):
    first, second = "The fox ran into the [MASK].", "He hid."
    page = open_page(f"{FIRST}&model=tales-bert&depth=lab&layer=1&head=0&text={first}&second={second}&run=1")
    page.wait_for_function("playground.attention.frame()?.model?.id === 'tales-bert'")
    reached(page, "attention")
    frame = page.evaluate("playground.attention.frame()")
    assert frame["causal"] is False and set(frame["types"]) == {0, 1}
    told = Client(app, verbose=False).predict(first, "tales-bert", second=second, api_name="/fill_mask")
    guess = told["guesses"][0]["top"][0]
    assert frame["says"]["top"][0]["p"] == pytest.approx(guess["p"], abs=1e-6)
    expect(page.locator("#attention-unplug .pg-unplug-name").first).to_contain_text(guess["text"].strip())


def test_a_phone_has_no_sideways_scroll(open_page, screenshot):
    page = open_page(f"{FIRST}&lang=zh-CN", viewport={"width": 390, "height": 844}, has_touch=True)
    page.locator("#attention-grid canvas").tap(position={"x": 200, "y": 200})
    screenshot(page, "attention-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
