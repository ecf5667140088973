"""Q·K step by step and one block whole, on the real page: their numbers are those that transformers computes."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np
import pytest
from gradio_client import Client
from playwright.sync_api import Locator, Page, expect

from components import words
from playground import wire
from tests.browser.doing import finish, requests_during
from tests.browser.test_draws import said

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
BOTH = pytest.mark.parametrize(("language", "dictionary"), [("en", EN), ("zh-CN", ZH)])
WEIGHTS = Path(__file__).parents[2] / "playground" / "weights"
TEXT = "Once upon a time there was a little king who lived in a tower."
LAYER, HEAD, QUERY = 2, 3, 8  # the query is " king"
STEPS = {"vectors": 0, "dots": 1, "scaled": 2, "masked": 3, "weights": 4, "sum": 5}


class Inside(NamedTuple):
    """What transformers computes for TEXT in layer LAYER of `tales`."""

    q: np.ndarray  # (H, T, D)
    k: np.ndarray
    v: np.ndarray
    weights: np.ndarray  # (H, T, T)
    before: np.ndarray  # (T, C): what enters the block
    after: np.ndarray  # (T, C): what leaves it


@cache
def inside() -> Inside:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(WEIGHTS / "tales", attn_implementation="eager", dtype=torch.float32)
    ids = torch.tensor([AutoTokenizer.from_pretrained(WEIGHTS / "tales")(TEXT)["input_ids"]])
    made = []
    model.transformer.h[LAYER].attn.c_attn.register_forward_hook(lambda part, given, out: made.append(out[0]))
    with torch.inference_mode():
        told = model.eval()(ids, output_attentions=True, output_hidden_states=True)
    length, heads = ids.shape[1], model.config.n_head
    q, k, v = (part.view(length, heads, -1).transpose(0, 1).numpy() for part in made[0].chunk(3, dim=-1))
    before, after = (told.hidden_states[layer][0].numpy() for layer in (LAYER, LAYER + 1))
    return Inside(q, k, v, told.attentions[LAYER][0].numpy(), before, after)


def open_experiment(open_page: Any, name: str, text: str = TEXT, model: str = "tales", **more: Any) -> Page:
    """The experiment, open, with this text and head in the controls."""
    language, layer = more.pop("language", "en"), more.pop("layer", LAYER)
    asked = f"model={model}&text={quote(text)}&layer={layer}&head={HEAD}"
    page = open_page(f"?lang={language}&tab=attention&depth=look&experiment={name}&{asked}", **more)
    page.locator(f"#attention-{name}-view .pg-card").wait_for()
    return page


def run_hero(page: Page) -> None:
    """Run the tab itself, so that its own pictures are of the same text."""
    told = finish(page, "attention")
    page.wait_for_function("(run) => playground.attention.frame()?.run === run", arg=told["run"])


def view_of(page: Page, name: str) -> Locator:
    return page.locator(f"#attention-{name}-view")


def pick(page: Page, name: str, position: int) -> None:
    """Click a token, and wait until the picture is of it."""
    token = view_of(page, name).locator(".pg-choice-tokens button").nth(position)
    token.click()
    expect(token).to_have_attribute("aria-checked", "true")


def scrub(page: Page, name: str, place: int) -> None:
    view_of(page, name).locator(".pg-scrubber input").evaluate(
        "(range, place) => { range.value = place; range.dispatchEvent(new Event('input')); }", place
    )


def column(page: Page, name: str) -> list[str]:
    cells = view_of(page, "steps").locator(f"tbody tr[data-key] td[data-column={name}] .pg-steps-figure")
    return cells.all_text_contents()


def numbers(texts: list[str]) -> list[float]:
    return [float(text.rstrip("%").replace(",", "")) for text in texts]


# ---------------------------------------------------------------- q and k


def test_every_column_is_what_transformers_computes(open_page):
    page = open_experiment(open_page, "steps")
    finish(page, "attention-steps")
    pick(page, "steps", QUERY)
    true = inside()
    dots = true.k[HEAD] @ true.q[HEAD, QUERY]
    root = np.sqrt(true.q.shape[-1])
    assert numbers(column(page, "dots")) == pytest.approx(dots.tolist(), abs=0.006)
    assert numbers(column(page, "scaled")) == pytest.approx((dots / root).tolist(), abs=0.006)
    seen, hidden = column(page, "masked")[: QUERY + 1], column(page, "masked")[QUERY + 1 :]
    assert seen == column(page, "scaled")[: QUERY + 1] and set(hidden) == {"−∞"}
    shares = [100 * weight for weight in true.weights[HEAD, QUERY].tolist()]
    assert numbers(column(page, "weights")) == pytest.approx(shares, abs=0.06)
    assert "Σ = 1.00" in view_of(page, "steps").locator("tfoot").text_content()


def test_the_weights_are_those_of_the_api(open_page, app):
    page = open_experiment(open_page, "steps", text="Two little frogs sat on a stone")
    finish(page, "attention-steps")
    told = Client(app, verbose=False).predict(
        "Two little frogs sat on a stone", "tales", LAYER, HEAD, api_name="/attention"
    )
    row = wire.decode(told["matrix"])[-1]
    assert numbers(column(page, "weights")) == pytest.approx((100 * row).tolist(), abs=0.06)


@BOTH
def test_each_step_has_one_sentence_with_its_numbers(open_page, accessible, screenshot, language, dictionary):
    page = open_experiment(open_page, "steps", language=language)
    sentence = view_of(page, "steps").locator(".pg-steps-sentence")
    expect(sentence).to_have_text(dictionary["attention.steps.empty"])
    finish(page, "attention-steps")
    pick(page, "steps", QUERY)
    true = inside()
    dots = true.k[HEAD] @ true.q[HEAD, QUERY]
    powers = np.exp(dots[: QUERY + 1] / np.sqrt(32)).sum()
    told = {
        "vectors": {"d": "32", "token": "king"},
        "dots": {"dot": f"{dots.max():.2f}"},
        "scaled": {"d": "32", "root": "5.66"},
        "masked": {"token": "king", "hidden": str(len(dots) - QUERY - 1), "total": str(len(dots))},
        "weights": {"sum": f"{powers:.4f}" if powers < 0.1 else f"{powers:.2f}"},
        "sum": {"d": "32", "token": "king"},
    }

    def walk() -> None:
        for name, step in STEPS.items():
            scrub(page, "steps", step)
            expect(sentence).to_have_text(said(dictionary[f"attention.steps.say.{name}"], **told[name]))

    assert requests_during(page, walk) == []
    screenshot(page, "steps")
    accessible(page)


def test_a_key_is_told_of_by_pointer_by_keys_and_by_tap(open_page):
    page = open_experiment(open_page, "steps")
    finish(page, "attention-steps")
    pick(page, "steps", QUERY)
    true = inside()
    scrub(page, "steps", STEPS["weights"])
    view = view_of(page, "steps")
    chain, cell = view.locator(".pg-steps-chain"), view.locator(".pg-steps-cell")
    keys = view.locator("tbody tr[data-key] .pg-steps-key")

    def weight(position: int) -> str:
        return f"q · k = {true.k[HEAD, position] @ true.q[HEAD, QUERY]:.2f}"

    def look() -> None:
        keys.nth(1).hover()
        expect(chain).to_contain_text(weight(1))
        page.mouse.move(0, 0)
        keys.first.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        expect(chain).to_contain_text(weight(2))
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")  # its second number
        q, k = true.q[HEAD, QUERY, 1], true.k[HEAD, 2, 1]
        expect(cell).to_contain_text(said(EN["attention.steps.number"], place="2", total="32"))
        shown = [float(part.split()[-1]) for part in cell.text_content().split(" · ")[1:]]
        assert shown == pytest.approx([q, k, q * k], abs=6e-4)
        page.keyboard.press("Escape")
        keys.nth(3).click()
        page.mouse.move(0, 0)
        expect(chain).to_contain_text(weight(3))  # what was tapped stays

    assert requests_during(page, look) == []


def test_arrows_move_to_another_token_and_back_without_a_request(open_page):
    page = open_experiment(open_page, "steps")
    run_hero(page)
    finish(page, "attention-steps")
    tokens = view_of(page, "steps").locator(".pg-choice-tokens button")
    last = column(page, "weights")
    tokens.last.focus()
    page.keyboard.press("ArrowLeft")
    expect(tokens.nth(len(last) - 2)).to_have_attribute("aria-checked", "true")
    row = 100 * inside().weights[HEAD, -2]
    assert numbers(column(page, "weights")) == pytest.approx(row.tolist(), abs=0.06)
    assert page.evaluate("playground.attention.query()") == len(last) - 2  # the hero looks at it too

    def back() -> None:
        page.keyboard.press("End")
        expect(tokens.last).to_have_attribute("aria-checked", "true")
        assert column(page, "weights") == last

    assert requests_during(page, back) == []


def test_an_encoder_hides_nothing(open_page):
    page = open_experiment(open_page, "steps", text="a little [MASK] lived in a tower", model="tales-bert")
    finish(page, "attention-steps")
    scrub(page, "steps", STEPS["masked"])
    expect(view_of(page, "steps").locator(".pg-steps-sentence")).to_have_text(EN["attention.steps.say.masked_none"])
    assert "−∞" not in column(page, "masked")


def test_a_long_text_shows_the_keys_that_matter_and_counts_the_rest(open_page):
    page = open_experiment(open_page, "steps", text=" ".join([TEXT] * 6))
    finish(page, "attention-steps")
    shown = column(page, "weights")
    rest = view_of(page, "steps").locator(".pg-steps-rest")
    count = view_of(page, "steps").locator(".pg-choice-tokens button").count()
    assert len(shown) == 40 and count > 80
    expect(rest).to_contain_text(str(count - 40))
    others = numbers([rest.locator(".pg-steps-figure").last.text_content()])[0]
    assert sum(numbers(shown)) + others == pytest.approx(100, abs=1)
    assert others < sum(numbers(shown))


@pytest.mark.parametrize("name", ["steps", "block"])
def test_a_mean_of_heads_is_followed_by_its_first(open_page, name):
    page = open_experiment(open_page, name, layer=-1)
    finish(page, f"attention-{name}")
    expect(view_of(page, name).locator(".pg-card-readout")).to_contain_text("layer 0")
    if name == "steps":
        expect(view_of(page, name)).to_contain_text(EN["attention.steps.choose_mean"])


def test_a_head_that_is_not_there_is_told_in_a_sentence(open_page):
    page = open_experiment(open_page, "steps", language="zh-CN", layer=77)
    finish(page, "attention-steps")
    expect(page.locator("#attention-steps-status")).to_contain_text(
        said(ZH["errors.out_of_range"], value="77", high="5")
    )


def test_markup_is_text(open_page):
    page = open_experiment(open_page, "steps", text="<img src=x onerror=alert(1)> <b>hi</b>")
    finish(page, "attention-steps")
    assert page.locator("#attention-steps-view :is(img, b)").count() == 0


# ---------------------------------------------------------------- four words


@BOTH
def test_the_four_words_come_out_right(open_page, language, dictionary):
    page = open_experiment(open_page, "steps", language=language)
    toy = page.locator("#attention-steps-toy")

    def shown(name: str) -> list[str]:
        return toy.locator(f"td[data-column={name}]").all_text_contents()

    expect(toy.locator("tbody tr")).to_have_count(4)
    e, root = np.exp(1), np.exp(0.5)
    assert shown("printed") == ["0.25", "0.50", "0.25", "0.25", "1.25"]
    assert shown("plain") == [*(f"{x / (e + 3):.3f}" for x in (1, e, 1, 1)), "1.00"]
    assert shown("scaled") == [*(f"{x / (root + 3):.3f}" for x in (1, root, 1, 1)), "1.00"]
    expect(toy).to_contain_text(said(dictionary["attention.toy.why.printed"], sum="1.25"))
    expect(toy).to_contain_text(
        said(dictionary["attention.toy.why.scaled"], d="4", root="2", e="1.649", weight="0.355")
    )
    toy.locator(".pg-choice-tokens button").nth(3).click()
    expect(toy).to_contain_text(dictionary["attention.toy.why.other"])
    assert shown("printed") == [] and shown("plain")[3] == f"{e / (e + 3):.3f}"


# ---------------------------------------------------------------- one block


@BOTH
def test_the_stops_lead_from_one_hidden_state_to_the_next(open_page, accessible, screenshot, language, dictionary):
    page = open_experiment(open_page, "block", language=language)
    finish(page, "attention-block")
    pick(page, "block", QUERY)
    true, view = inside(), view_of(page, "block")
    names = view.locator(".pg-block-name").all_text_contents()
    order = ["entrance", "norm", "heads", "attention", "residual", "norm", "inner", "feed_forward", "exit"]
    assert names == [dictionary[f"attention.block.name.{name}"] for name in order]
    norms = [float(re.search(r"[\d.]+", text)[0]) for text in view.locator(".pg-block-norm").all_text_contents()]
    heads = np.concatenate([true.weights[head, QUERY] @ true.v[head] for head in range(8)])
    assert norms[0] == pytest.approx(np.linalg.norm(true.before[QUERY]), abs=0.006)
    assert norms[2] == pytest.approx(np.linalg.norm(heads), abs=0.006)
    assert norms[-1] == pytest.approx(np.linalg.norm(true.after[QUERY]), abs=0.006)
    sentence = view.locator(".pg-steps-sentence")

    def walk() -> None:
        for place, name in enumerate(order):
            scrub(page, "block", place)
            expect(sentence).to_have_text(said(dictionary[f"attention.block.say.{name}"], norm=f"{norms[place]:.2f}"))

    assert requests_during(page, walk) == []
    screenshot(page, "block")
    accessible(page)


def test_a_number_of_a_stop_is_read_out_by_keys_and_by_pointer(open_page):
    page = open_experiment(open_page, "block")
    finish(page, "attention-block")
    pick(page, "block", QUERY)
    view, true = view_of(page, "block"), inside()
    reading = view.locator(".pg-steps-cell")

    def look() -> None:
        view.locator(".pg-block-name").first.focus()
        page.keyboard.press("ArrowRight")
        expect(reading).to_have_text(
            said(EN["attention.block.number"], total="256", value=f"{true.before[QUERY, 0]:.3f}")
        )
        page.keyboard.press("ArrowDown")  # to the next stop
        expect(view.locator(".pg-scrubber output")).to_contain_text("2 / 9")
        strip = view.locator(".pg-block-row .pg-vector").last
        box = strip.bounding_box()
        strip.hover(position={"x": box["width"] * 9.5 / 256, "y": 8})  # the tenth number of what leaves
        value = f"{true.after[QUERY, 9]:.3f}"
        expect(reading).to_have_text(said(EN["attention.block.number"], **{"from": "10"}, total="256", value=value))

    assert requests_during(page, look) == []


def test_what_the_heads_add_opens_them(open_page):
    page = open_experiment(open_page, "block")
    run_hero(page)
    finish(page, "attention-block")
    rows = view_of(page, "block").locator(".pg-block-head")
    expect(rows).to_have_count(8)
    expect(view_of(page, "block").locator("[data-open]")).to_contain_text(f"head {HEAD}")
    rows.nth(6).click()
    page.wait_for_function("() => playground.attention.head().head === 6")


def test_pictures_of_another_text_are_left_alone(open_page):
    page = open_experiment(open_page, "block")  # the tab's own pictures are of the saved run
    finish(page, "attention-block")
    before = page.evaluate("[playground.attention.head(), playground.attention.query()]")
    pick(page, "block", QUERY)
    view_of(page, "block").locator(".pg-block-head").nth(6).click()
    assert page.evaluate("[playground.attention.head(), playground.attention.query()]") == before


def test_an_encoders_block_norms_the_sum_itself(open_page):
    page = open_experiment(open_page, "block", text="a little [MASK] lived in a tower", model="tales-bert")
    finish(page, "attention-block")
    view = view_of(page, "block")
    order = [
        "entrance",
        "heads",
        "attention",
        "residual",
        "norm_stream",
        "inner",
        "feed_forward",
        "residual",
        "norm_stream",
    ]
    expect(view.locator(".pg-block-name")).to_have_text([EN[f"attention.block.name.{name}"] for name in order])
    scrub(page, "block", 8)
    expect(view.locator(".pg-steps-sentence")).to_have_text(said(EN["attention.block.say.norm_stream"]))


# ---------------------------------------------------------------- small screens


@pytest.mark.parametrize("name", ["steps", "block"])
def test_nothing_sticks_out_of_a_phone(open_page, screenshot, name):
    page = open_experiment(open_page, name, viewport={"width": 390, "height": 900})
    before = view_of(page, name).bounding_box()["height"]
    finish(page, f"attention-{name}")
    screenshot(page, "phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert view_of(page, name).bounding_box()["height"] - before <= 140  # the tokens of the text, and no more
    if name == "steps":
        for step in STEPS.values():  # what the step takes, and what it makes
            scrub(page, name, step)
            assert view_of(page, name).locator("thead tr:first-child [data-narrow]:visible").count() == 2
