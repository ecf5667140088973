"""Perplexity and Tokenizers on the real page: numbers against transformers' own, in both languages, hostile texts."""

from __future__ import annotations

import math
import re

import pytest
import torch
from playwright.sync_api import Page, expect
from transformers import AutoModelForCausalLM, AutoTokenizer

from components import words
from tests.browser.doing import finish, requests_during

RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
HOSTILE = "<img src=x onerror=alert(1)> ${1+1} {{value}} \u202eabc שלום e\u0301 👨\u200d👩\u200d👧"


def perplexity(model: str, text: str) -> float:
    folder = f"playground/weights/{model}"
    ids = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt").input_ids
    with torch.inference_mode():
        return math.exp(AutoModelForCausalLM.from_pretrained(folder)(ids, labels=ids).loss.item())


def total(model: str, text: str) -> float:
    """ln P of a text after the model's beginning-of-text token, the one that a tokenizer adds or the one we add."""
    folder = f"playground/weights/{model}"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(text).input_ids
    parts = [ids] if ids[0] == tokenizer.bos_token_id else [[tokenizer.bos_token_id, ids[0]], ids]
    library = AutoModelForCausalLM.from_pretrained(folder)
    with torch.inference_mode():
        losses = [library(torch.tensor([part]), labels=torch.tensor([part])).loss.item() for part in parts]
    return -sum(loss * (len(part) - 1) for loss, part in zip(losses, parts, strict=True))


def fill(page: Page, box: str, text: str) -> None:
    page.locator(f"#text-{box} textarea").fill(text)


def shown(number: float) -> str:
    return f"{number:,.{1 if number < 100 else 0}f}"


@pytest.mark.parametrize(
    ("language", "dictionary", "model"), [("en", EN, "tales"), ("zh-CN", ZH, "poems")], ids=["en", "zh"]
)
def test_two_texts_are_scored_and_compared(open_page, accessible, screenshot, language, dictionary, model):
    page = open_page(f"?lang={language}&depth=look&experiment=score")
    view = page.locator("#text-score-view")
    expect(page.locator("#text-score-status")).to_contain_text(dictionary["reason.saved"])
    expect(view.locator(".pg-lane-text").first.locator(".pg-tok").first).to_be_visible()
    finish(page, "text-score")
    readouts = view.locator(".pg-lane-readout").all_inner_texts()
    for name, readout in zip(("text", "other"), readouts, strict=True):
        expected = perplexity(model, dictionary[f"text.score.{name}.value"])
        assert dictionary["text.score.perplexity"].format(n=shown(expected)) in readout
    names = {name: dictionary[f"text.score.{name}.name"] for name in ("text", "other")}
    said = dictionary["text.score.likelier"].replace("{name}", names["text"]).replace("{other}", names["other"])
    pattern = re.escape(said).replace(r"\{model\}", ".+").replace(r"\{factor\}", r"[\d.]+ × 10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
    exponent = re.fullmatch(pattern, view.locator(".pg-score-sentence").inner_text())[1]
    totals = [total(model, dictionary[f"text.score.{name}.value"]) for name in ("text", "other")]
    assert abs(int(exponent.translate(RAISED)) - (totals[0] - totals[1]) / math.log(10)) < 1.01
    accessible(page)
    screenshot(page, language)


def test_the_chain_is_scrubbed_and_hovered_without_a_request(open_page):
    page = open_page("?depth=look&experiment=score")
    finish(page, "text-score")
    view = page.locator("#text-score-view")
    product, range_ = view.locator(".pg-score-product"), view.locator(".pg-scrubber input")

    def look() -> None:
        range_.focus()
        page.keyboard.press("Home")
        first = product.inner_text()
        page.keyboard.press("End")
        assert product.inner_text() != first
        view.locator(".pg-tok").nth(2).hover()
        expect(view.locator(".pg-reading-word")).to_contain_text("a")
        view.locator(".pg-score-bars").last.hover(position={"x": 3, "y": 40})
        expect(view.locator(".pg-reading-word")).to_contain_text("D")
        page.mouse.move(0, 0)
        view.locator(".pg-tok").first.focus()
        page.keyboard.press("ArrowRight")
        expect(view.locator(".pg-reading-word")).to_contain_text("upon")

    assert requests_during(page, look) == []


def test_the_whole_chain_is_the_sum_that_the_api_gives(open_page, app):
    from gradio_client import Client

    page = open_page("?depth=look&experiment=score")
    fill(page, "score-other", "")
    finish(page, "text-score")
    page.locator("#text-score-view .pg-scrubber input").focus()
    page.keyboard.press("End")
    told = Client(app, verbose=False).predict(EN["text.score.text.value"], api_name="/score_text")
    total = page.locator("#text-score-view .pg-score-sum")
    expect(total).to_contain_text(f"= −{-told['total']['nats']:.1f} nats, which is {-told['total']['bits']:.2f} bits")
    assert page.locator("#text-score-view .pg-lane:visible").count() == 1
    assert page.locator("#text-score-view .pg-score-sentence").count() == 0


def test_a_shorter_text_is_likelier_but_not_less_surprising(open_page):
    page = open_page("?depth=look&experiment=score")
    fill(page, "score-text", "Xylophone quartz!")
    fill(page, "score-other", EN["text.score.text.value"] + " " + EN["text.score.text.value"] * 3)
    finish(page, "text-score")
    expect(page.locator("#text-score-view .pg-score-sentence")).to_contain_text("only because it is shorter")


def test_markup_is_scored_as_text(open_page):
    page = open_page("?depth=look&experiment=score")
    page.on("dialog", lambda dialog: pytest.fail("a text ran as code"))
    fill(page, "score-text", HOSTILE)
    finish(page, "text-score")
    text = page.locator("#text-score-view .pg-lane-text").first
    expect(text).to_contain_text("<img")
    assert text.locator("img").count() == 0


@pytest.mark.parametrize(
    ("text", "key"), [("", "errors.nothing_to_score"), ("a", "errors.one_token")], ids=["nothing", "one token"]
)
def test_what_cannot_be_scored_is_a_sentence(open_page, text, key):
    page = open_page("?depth=look&experiment=score&lang=zh-CN&model=tales")
    fill(page, "score-text", text)
    fill(page, "score-other", "")
    finish(page, "text-score")
    expect(page.locator("#text-score-view")).to_contain_text(ZH[key].partition("{")[0][:6])


# ---------------------------------------------------------------- tokenizers


def pieces(page: Page, row: int) -> list[str]:
    return page.locator(f'#text-pieces-view [data-row="{row}"] .pg-piece').all_inner_texts()


@pytest.mark.parametrize(("language", "dictionary"), [("en", EN), ("zh-CN", ZH)], ids=["en", "zh"])
def test_a_text_is_cut_by_every_tokenizer(open_page, accessible, screenshot, language, dictionary):
    page = open_page(f"?lang={language}&depth=look&experiment=pieces")
    view = page.locator("#text-pieces-view")
    expect(view.locator(".pg-piece").first).to_be_visible()
    for row, model in enumerate(("tales", "poems")):
        tokenizer = AutoTokenizer.from_pretrained(f"playground/weights/{model}")
        count = len(tokenizer(dictionary["text.pieces.text.value"]).input_ids)
        expect(view.locator(f'[data-row="{row}"] .pg-piece')).to_have_count(count)
    expect(view.locator(".pg-pieces-case")).to_contain_text("3.00")
    expect(view.locator(".pg-joined-whole").first).to_have_text("从")
    view.locator(".pg-joined .pg-piece").first.hover()
    expect(view.locator(".pg-pieces-reading")).to_contain_text("⟨E4⟩")
    expect(view.locator(".pg-pieces-reading")).to_contain_text(dictionary["text.pieces.part"])
    accessible(page)
    screenshot(page, language)


def test_typing_asks_once_a_pause(open_page):
    page = open_page("?depth=look&experiment=pieces")
    view = page.locator("#text-pieces-view")
    expect(view.locator(".pg-piece").first).to_be_visible()
    asked = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    # all keys in one go: on a busy machine real ones may come slower than the pause that is waited for
    page.evaluate(
        "(text) => [...text].forEach((_, n) => playground.emit('text.pieces.typed', text.slice(0, n + 1)))",
        "The old king",
    )
    expect(view.locator('[data-row="0"] .pg-piece')).to_have_count(3)
    assert [posted.count('{"text":"The old king"}') for posted in asked if '{"text":"T' in posted] == [1]
    assert [piece.replace("␣", " ") for piece in pieces(page, 0)] == ["The", " old", " king"]
    expect(view).to_contain_text(EN["text.pieces.why.needs_both"])


def test_hostile_pieces_are_text_and_too_long_a_text_is_a_sentence(open_page):
    page = open_page("?depth=look&experiment=pieces")
    page.on("dialog", lambda dialog: pytest.fail("a text ran as code"))
    view = page.locator("#text-pieces-view")
    expect(view.locator(".pg-piece").first).to_be_visible()
    fill(page, "pieces-text", HOSTILE)
    expect(view.locator(".pg-pieces-text").first).to_contain_text("<")
    assert "".join(pieces(page, 0)).replace("␣", " ").startswith("<img src=x onerror=alert(1)> ${1+1} {{value}}")
    assert view.locator("img").count() == 0
    page.evaluate("playground.emit('text.pieces.typed', 'x'.repeat(20001))")
    expect(view.locator("[role=status]").first).to_contain_text("20001")


def test_offline_a_tokenizer_cannot_be_fetched_and_the_row_says_so(open_page):
    page = open_page("?depth=look&experiment=pieces")
    row = page.locator("#text-pieces-view .pg-pieces-row", has=page.get_by_role("heading", name="GPT-2", exact=True))
    expect(row).to_contain_text("551.0 MB")
    row.get_by_role("button").click()
    expect(row).to_contain_text("cannot be reached")
    expect(row.get_by_role("button")).to_be_enabled()
