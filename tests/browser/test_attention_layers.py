"""Rollout, the logit lens and positions on the real page: what they show is what the API or transformers computes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from gradio_client import Client
from playwright.sync_api import Locator, Page, expect
from transformers import AutoModelForCausalLM, AutoTokenizer

from components import words
from playground import wire
from tests.browser.doing import finish, reached, requests_during

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
TEXT = "Tom had a red ball. He gave the ball to Lily. Lily said thank you and kicked the"
POEM = "明月幾時有，把酒問青天。不知天上"
BOTH = pytest.mark.parametrize(
    ("language", "dictionary", "model", "text"),
    [("en", EN, "tales", TEXT), ("zh-CN", ZH, "poems", POEM)],
    ids=["en", "zh"],
)
LAYERS = {"tales": 6, "poems": 4}


def link(name: str, text: str = TEXT, model: str = "tales", language: str = "en", **more: object) -> str:
    others = "".join(f"&{key}={value}" for key, value in more.items())
    return f"?tab=attention&depth=look&experiment={name}&model={model}&text={text}&lang={language}{others}"


def shown(page: Page, name: str) -> Locator:
    """The widget of an experiment, once it shows a run: it is pressed for the reader who opens it."""
    reached(page, f"attention-{name}")
    return page.locator(f"#attention-{name}-view")


def share(text: str) -> float:
    """The percentage in a text, as a part of 1."""
    return float(re.search(r"([\d.]+)%", text)[1]) / 100


def bars(view: Locator, which: str) -> list[float]:
    return [share(text) for text in view.locator(f"{which} [class$='figure pg-number']").all_inner_texts()]


def largest(row: np.ndarray, count: int = 5) -> list[float]:
    return sorted(row.tolist(), reverse=True)[:count]


def close(ours: list[float], expected: list[float]) -> None:
    """Equal to three digits, as people read percentages."""
    assert ours == pytest.approx(expected, rel=6e-3, abs=6e-4)


# ---------------------------------------------------------------- rollout


@BOTH
def test_rollout_and_mean_are_those_of_the_api(
    open_page, app, accessible, screenshot, language, dictionary, model, text
):
    page = open_page(link("rollout", text, model, language))
    view = shown(page, "rollout")
    told = Client(app, verbose=False).predict(text, model, api_name="/attention_rollout")
    for side, name in (("rollout", "matrix"), ("mean", "mean")):
        close(bars(view, f"[data-side={side}]"), largest(wire.decode(told[name])[-1]))
    rollout, mean = (wire.decode(told[name])[-1] for name in ("matrix", "mean"))
    apart = dictionary["attention.rollout.apart"].replace("{share}", f"{50 * np.abs(rollout - mean).sum():.1f}%")
    expect(view.locator(".pg-rollout-said")).to_contain_text(apart)
    accessible(page)
    screenshot(page, "rollout")


def test_rollout_grows_layer_by_layer_without_a_request(open_page, app):
    """After the first layer rollout is half its mean, half the token itself."""
    page = open_page(link("rollout"))
    view = shown(page, "rollout")
    A = wire.decode(Client(app, verbose=False).predict(TEXT, "tales", 0, -1, api_name="/attention")["matrix"])
    scrubber = view.locator(".pg-scrubber input")

    def scrub() -> None:
        scrubber.focus()
        page.keyboard.press("Home")
        close(bars(view, "[data-side=mean]"), largest(A[-1]))
        close(bars(view, "[data-side=rollout]"), largest((A + np.eye(len(A)))[-1] / 2))
        page.keyboard.press("ArrowRight")
        expect(view.locator(".pg-scrubber output")).to_have_text(
            EN["attention.rollout.upto"].format(layer=1, last=LAYERS["tales"] - 1)
        )

    assert requests_during(page, scrub) == []


def test_both_pictures_tell_of_the_same_cell_by_keys_and_by_pointer(open_page, app):
    page = open_page(link("rollout"))
    view = shown(page, "rollout")
    told = Client(app, verbose=False).predict(TEXT, "tales", api_name="/attention_rollout")
    readout = {side: view.locator(f"[data-side={side}] .pg-heatmap-readout") for side in ("rollout", "mean")}

    def walk() -> None:
        view.locator("[data-side=rollout] .pg-heatmap-picture").focus()
        for key in ("ArrowRight", "ArrowRight", "ArrowUp"):  # begins in the last row's first cell
            page.keyboard.press(key)
        for side, name in (("rollout", "matrix"), ("mean", "mean")):
            expect(readout[side]).to_contain_text("%")
            close([share(readout[side].inner_text())], [wire.decode(told[name])[-2, 1]])
        expect(view.locator("[data-side=rollout] .pg-rollout-list-head")).to_contain_text("no. 23")
        page.keyboard.press("Escape")
        expect(readout["mean"]).to_have_text(EN["heatmap.hint"])
        view.locator("[data-side=mean] .pg-heatmap-picture").hover(position={"x": 120, "y": 400})
        expect(readout["rollout"]).to_contain_text("%")

    assert requests_during(page, walk) == []


def test_an_experiment_keeps_to_the_text_and_the_token_above(open_page):
    page = open_page("?tab=attention&depth=look&experiment=rollout")
    view = shown(page, "rollout")
    page.evaluate("playground.attention.look(3)")
    expect(view.locator(".pg-rollout-list-head").first).to_contain_text("no. 4")
    page.locator("#attention-text textarea").fill("One day a hen")
    page.locator("#attention-run").click()
    expect(view.locator(".pg-rollout-list-head").first).to_contain_text("hen")


# ---------------------------------------------------------------- the logit lens


def grid(view: Locator) -> list[list[str]]:
    return view.locator("tbody").evaluate(
        "(body) => [...body.rows].map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent))"
    )


@BOTH
def test_the_grid_says_what_the_api_says(open_page, app, accessible, screenshot, language, dictionary, model, text):
    page = open_page(link("lens", text, model, language))
    view = shown(page, "lens")
    told = Client(app, verbose=False).predict(text, model, api_name="/logit_lens")["positions"]
    cells = grid(view)
    assert len(cells) == LAYERS[model] + 1 and len(cells[0]) == len(told)
    if language == "en":
        said = [[step["top"]["text"].replace("\n", "⏎").strip() for step in steps] for steps in told]
        assert [list(column) for column in zip(*cells, strict=True)] == said
    last = told[-1]
    expect(view.locator(".pg-lens-ranks")).to_contain_text(" → ".join(f"{step['rank']:,}" for step in last))
    close([share(view.locator(".pg-lens-said").inner_text())], [last[-1]["top"]["p"]])
    settled = view.locator("td[data-settled]").count()
    assert settled == sum(step["rank"] == 1 for steps in told for step in steps)
    accessible(page)
    screenshot(page, "lens")


def test_a_cell_tells_its_numbers_by_keys_and_by_pointer_without_a_request(open_page, app):
    page = open_page(link("lens"))
    view = shown(page, "lens")
    told = Client(app, verbose=False).predict(TEXT, api_name="/logit_lens")["positions"]
    reading = view.locator(".pg-lens-reading")

    def said(step: dict, after: str) -> str:
        values = {"after": after, "said": step["top"]["text"].strip(), "rank": step["rank"], "final": "ball"}
        sentence = EN["attention.lens.cell"]
        for name, value in values.items():
            sentence = sentence.replace(f"{{{name}}}", str(value))
        return re.sub(r"\\\{\w+\\\}", ".+", re.escape(sentence))

    def look() -> None:
        page.mouse.move(0, 0)
        view.locator("td[data-here]").focus()
        page.keyboard.press("ArrowUp")  # from the last layer, at the last position
        step = told[-1][-2]
        expect(reading).to_have_text(re.compile(said(step, EN["attention.lens.after_layer"].format(n=4))))
        p, p_final = (float(part) / 100 for part in re.findall(r"([\d.]+)%", reading.inner_text()))
        close([p, p_final], [step["top"]["p"], step["p_final"]])
        bits = float(re.search(r"\(([\d.]+) bits\)", reading.inner_text())[1])
        assert bits == pytest.approx(step["entropy_bits"], abs=0.006)
        page.keyboard.press("Home")
        expect(view.locator(".pg-lens-said")).to_contain_text("no. 1)")
        assert view.locator("td[data-here]").evaluate("(cell) => cell === document.activeElement")
        page.keyboard.press("Escape")
        view.locator("td[data-layer='0'][data-place='1']").hover()
        expect(reading).to_contain_text(EN["attention.lens.after_embedding"])

    view.locator("td[data-here]").click()
    view.locator("td[data-here]").click()  # let go again: the pointer leads
    assert requests_during(page, look) == []


def test_a_long_text_scrolls_within_its_frame(open_page):
    page = open_page(link("lens", f"{TEXT} ball. " * 13))
    view = shown(page, "lens")
    frame = view.locator(".pg-lens-frame")
    assert view.locator("thead th").count() == 256
    assert frame.evaluate("(frame) => frame.scrollLeft > 0")  # the last token, whose next word is in question
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    expect(page.locator("#attention-lens-status")).to_contain_text("256")
    view.locator("td[data-here]").focus()
    page.keyboard.press("Home")
    expect(view.locator("td[data-place='0'][data-here]")).to_be_in_viewport()


# ---------------------------------------------------------------- positions


def order(view: Locator) -> list[int]:
    """Where each token of the shuffled text stood before, as the page has it."""
    return view.locator(".pg-positions-strip").last.evaluate(
        "(strip) => [...strip.children].map((span) => +span.dataset.place)"
    )


def says(model: str, ids: list[int]) -> torch.Tensor:
    with torch.inference_mode():
        library = AutoModelForCausalLM.from_pretrained(f"playground/weights/{model}")
        return library(torch.tensor([ids])).logits[0, -1].double().softmax(-1)


@BOTH
def test_the_shuffled_text_is_read_as_transformers_reads_it(
    open_page, accessible, screenshot, language, dictionary, model, text
):
    page = open_page(link("positions", text, model, language))
    view = shown(page, "positions")
    ids = AutoTokenizer.from_pretrained(f"playground/weights/{model}")(text).input_ids
    places = order(view)
    assert sorted(places) == list(range(len(ids))) != places and places[-1] == len(ids) - 1
    before, after = says(model, ids), says(model, [ids[place] for place in places])
    lists = view.locator(".pg-positions-columns > section")
    close(bars(lists.nth(2), ":scope"), before.topk(5).values.tolist())
    close(bars(lists.nth(3), ":scope"), after.topk(5).values.tolist())
    kl = float((before * (before / after).log2()).sum())
    assert float(
        re.search(r"([\d.]+) ?(?:bits|比特)", view.locator(".pg-positions-said").inner_text())[1]
    ) == pytest.approx(kl, abs=0.02)
    accessible(page)
    screenshot(page, "positions")


def test_a_token_is_found_in_the_other_text_and_a_head_opened_above(open_page):
    page = open_page(link("positions"))
    view = shown(page, "positions")
    page.locator("#attention-run").click()  # the same text above, whose heads can be opened
    page.wait_for_function("(text) => playground.attention.frame()?.settings?.text === text", arg=TEXT)
    places = order(view)

    def look() -> None:
        first = view.locator(".pg-positions-strip").first.locator(".pg-tok")
        first.nth(2).hover()
        reading = view.locator(".pg-positions-reading")
        expect(reading).to_contain_text(f"number {places.index(2) + 1} after the shuffle")
        assert view.locator(".pg-tok[data-told]").count() == 2
        page.mouse.move(0, 0)
        first.first.focus()
        page.keyboard.press("ArrowRight")
        expect(reading).to_contain_text("“om”: number 2")

    assert requests_during(page, look) == []
    moved = page.evaluate(
        "async () => [...(await playground.decode(playground.last('attention-positions.status').moved)).data]"
    )
    layer, head = divmod(int(np.argmax(moved)), 8)
    expect(view.locator(".pg-positions-summary")).to_contain_text(
        f"Most: layer {layer}, head {head} ({100 * max(moved):.1f}%)"
    )
    view.get_by_role("button", name=EN["attention.positions.open_head"].format(layer=layer, head=head)).click()
    assert page.evaluate("playground.attention.head()") == {"layer": layer, "head": head}


def test_another_seed_is_another_order_and_a_link_keeps_it(open_page):
    page = open_page(link("positions", **{"positions.seed": 5}))
    first = order(shown(page, "positions"))
    page.locator("#attention-positions-seed input").fill("6")
    finish(page, "attention-positions")
    second = order(page.locator("#attention-positions-view"))
    page.locator("#attention-positions-seed input").fill("5")
    finish(page, "attention-positions")
    assert order(page.locator("#attention-positions-view")) == first != second


@pytest.mark.parametrize(
    ("text", "model", "key"), [("Once upon", "tales", "unmoved"), ("A fox ran home.", "tales-bert", "no_mask")]
)
def test_what_cannot_be_shown_is_a_sentence(open_page, text, model, key):
    page = open_page(link("positions", text, model))
    expect(shown(page, "positions").locator(".pg-positions-said")).to_contain_text(EN[f"attention.positions.{key}"])


# ---------------------------------------------------------------- all three


def each_shown(page: Page) -> Iterator[tuple[str, Locator]]:
    """Each of the three experiments, opened one after the other, once it shows a run."""
    for name in ("rollout", "lens", "positions"):
        page.evaluate("(name) => playground.openExperiment('attention', name)", name)
        yield name, shown(page, name)


def test_hostile_texts_are_text_and_a_phone_has_no_sideways_scroll(open_page, screenshot):
    text = "<img src=x onerror=alert(1)> שלום e\u0301 \u202e [MASK] {{word}}"
    page = open_page(link("rollout", text), viewport={"width": 390, "height": 844}, has_touch=True)
    page.on("dialog", lambda dialog: pytest.fail("a text ran as code"))
    for name, view in each_shown(page):
        assert view.locator("img").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        screenshot(page, f"phone-{name}")


def test_an_encoder_is_looked_at_where_it_hides_a_word(open_page):
    page = open_page(link("rollout", "The little [MASK] sat on the tree.", "tales-bert"))
    for name, view in each_shown(page):
        expect(view.locator(f".pg-{name}-said")).to_contain_text("[MASK]")
