"""Over generation, masked words, Fix the textbook on the real page, against transformers, the API and closed forms."""

from __future__ import annotations

import functools
import math
import re

import pytest
import torch
from gradio_client import Client
from playwright.sync_api import Locator, Page, expect
from transformers import AutoModelForCausalLM, AutoTokenizer

from components import words
from playground import wire
from playground.inference.sources import WEIGHTS
from tests.browser.doing import finish, reached, requests_during
from tests.browser.test_draws import said

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
BOTH = pytest.mark.parametrize(("language", "dictionary"), [("en", EN), ("zh-CN", ZH)])
TEXT = "The fox and the crow were friends. One day the fox said to the"
ASKED = f"model=tales&text={TEXT}&layer=5&head=1"
NEW = 24  # tokens written, when the slider is left alone
GAP = "The wolf ran into the wood, and the little [MASK] was afraid."


def open_lab(open_page, name: str, query: str = ASKED, **options: object) -> Page:
    return open_page(f"?tab=attention&depth=lab&experiment={name}&{query}", **options)


def view(page: Page, name: str) -> Locator:
    return page.locator(f"#attention-{name}-view")


def scrub(page: Page, name: str, place: int) -> None:
    view(page, name).locator(".pg-scrubber input").evaluate(
        "(range, place) => { range.value = place; range.dispatchEvent(new Event('input')); }", place
    )


def percents(text: str) -> list[float]:
    return [float(number) / 100 for number in re.findall(r"([\d.]+)%", text)]


# ---------------------------------------------------------------- over generation


@functools.cache
def greedy() -> tuple[list[str], int, torch.Tensor]:
    """transformers' own continuation: tokens as text, how many were given, and all attentions (L, H, T, T)."""
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS / "tales")
    model = AutoModelForCausalLM.from_pretrained(
        WEIGHTS / "tales", dtype=torch.float32, attn_implementation="eager"
    ).eval()
    given = tokenizer(TEXT, return_tensors="pt").input_ids
    with torch.inference_mode():
        ids = model.generate(given, do_sample=False, max_new_tokens=NEW, pad_token_id=0)
        attentions = torch.stack(model(ids, output_attentions=True).attentions)[:, 0]
    return [tokenizer.decode([token]).strip() for token in ids[0].tolist()], given.shape[1], attentions


def test_rows_are_transformers_own_for_every_token_written(open_page):
    page = open_lab(open_page, "generation")
    finish(page, "attention-generation")
    texts, given, attentions = greedy()
    shown = view(page, "generation").locator(".pg-bars-token")
    assert [text.strip() for text in shown.locator(".pg-bars-word").all_text_contents()] == [
        text or "⏎" for text in texts
    ]
    assert view(page, "generation").locator(".pg-bars-token[data-written]").count() == NEW

    def look() -> None:
        for n in (0, 7, NEW):
            scrub(page, "generation", n)
            row = attentions[5, 1, given - 1 + n]
            expect(shown.locator("visible=true")).to_have_count(given + n)
            told = view(page, "generation").locator(".pg-growing-said").inner_text()
            assert f"(token {int(row.argmax()) + 1})" in told
            assert percents(told)[-1] == pytest.approx(row.max().item(), abs=6e-4)
            shown.nth(3).focus()
            reading = view(page, "generation").locator(".pg-bars-reading").inner_text()
            assert percents(reading)[-1] == pytest.approx(row[3].item(), abs=6e-4)

    assert requests_during(page, look) == []


def test_any_head_opens_by_keys_and_by_pointer_without_a_request(open_page):
    page = open_lab(open_page, "generation")
    finish(page, "attention-generation")
    _, given, attentions = greedy()
    rows = view(page, "generation").locator(".pg-growing-rows")
    told = view(page, "generation").locator(".pg-growing-said")

    def weight_of(layer: int, head: int) -> None:
        expect(view(page, "generation").locator(".pg-card-readout")).to_contain_text(f"layer {layer} · head {head}")
        largest = attentions[layer, head, given + 4].max().item()
        assert percents(told.inner_text())[-1] == pytest.approx(largest, abs=5e-3)  # from a small map, of 255 levels

    def look() -> None:
        scrub(page, "generation", 5)
        rows.focus()
        page.keyboard.press("ArrowDown")
        weight_of(5, 2)
        page.keyboard.press("ArrowLeft")
        weight_of(4, 2)
        rows.click(position={"x": 200, "y": 4})
        weight_of(0, 0)

    assert requests_during(page, look) == []


def test_the_text_alone_is_there_before_a_run(open_page):
    page = open_lab(open_page, "generation", "model=tales")
    expect(view(page, "generation").locator(".pg-growing-said")).to_contain_text(
        said(EN["attention.generation.end"], token="the")
    )
    scrub(page, "generation", 2)
    expect(view(page, "generation").locator(".pg-bars-token:not([data-later])")).to_have_count(3)


@BOTH
def test_a_model_that_does_not_write_says_so(open_page, language, dictionary):
    page = open_lab(open_page, "generation", f"lang={language}&model=tales-bert&text=A fox.&layer=0&head=0")
    finish(page, "attention-generation")
    sentence = said(dictionary["attention.generation.encoder"], model="Tales BERT · 英文童话填空")
    expect(view(page, "generation").locator(".pg-growing-said")).to_have_text(sentence)


# ---------------------------------------------------------------- masked words


def guesses(page: Page) -> list[list[str]]:
    """[word, share] of each guess shown."""
    rows = view(page, "masked").locator(".pg-masked-guesses li")
    return [[row.locator(".pg-token").inner_text(), row.locator("span").last.inner_text()] for row in rows.all()]


def check_guesses(page: Page, guess: dict) -> None:
    shown = guesses(page)
    assert [word for word, _ in shown] == [word["text"].strip() for word in guess["top"]]
    assert [percents(share)[0] for _, share in shown] == pytest.approx([w["p"] for w in guess["top"]], abs=6e-4)


def tokens(page: Page) -> Locator:
    return view(page, "masked").locator(".pg-bars").first.locator(".pg-bars-token")


def test_guesses_and_what_they_lean_on_are_the_apis(open_page, app):
    page = open_lab(open_page, "masked", "")
    reached(page, "attention-masked")  # it runs by itself when it is opened
    told = Client(app, verbose=False).predict(GAP, api_name="/fill_mask")
    [guess] = told["guesses"]
    check_guesses(page, guess)
    leaned, rollout = wire.decode(guess["leaned"]), wire.decode(guess["rollout"])
    most = int(leaned.argmax())
    assert told["tokens"][most]["text"].strip() == "wolf"

    def look() -> None:
        tokens(page).nth(most).focus()
        reading = view(page, "masked").locator(".pg-bars-reading").first.inner_text()
        assert f"{leaned[most]:.2f} bits" in reading
        assert percents(reading)[-1] == pytest.approx(rollout[most], abs=6e-4)

    assert requests_during(page, look) == []
    differ = view(page, "masked").locator(".pg-masked-differ").inner_text()
    assert f"{leaned[most]:.2f} bits" in differ and "wolf" in differ


def test_a_word_is_hidden_and_put_back_by_keys(open_page, app):
    page = open_lab(open_page, "masked", "")
    reached(page, "attention-masked")
    tokens(page).nth(2).focus()
    page.keyboard.press("Enter")
    expect(view(page, "masked").locator(".pg-card-readout")).to_contain_text("gap 1 of 2")
    told = Client(app, verbose=False).predict(GAP, hide=[2], api_name="/fill_mask")["guesses"][0]
    check_guesses(page, told)
    truth = told["truth"]
    expect(view(page, "masked").locator(".pg-masked-said")).to_contain_text(
        said(EN["attention.masked.wrong"], truth="wolf", rank=str(truth["rank"]))
    )

    def other_gap() -> None:
        tokens(page).nth(11).click()
        expect(view(page, "masked").locator(".pg-card-readout")).to_contain_text("gap 2 of 2")

    assert requests_during(page, other_gap) == []
    tokens(page).nth(2).click()
    view(page, "masked").get_by_role("button", name=said(EN["attention.masked.back"], token="wolf")).click()
    expect(view(page, "masked").locator(".pg-card-readout")).to_contain_text("gap 1 of 1")


def test_another_text_forgets_what_was_hidden_and_shows_markup_as_text(open_page):
    page = open_lab(open_page, "masked", "")
    reached(page, "attention-masked")
    tokens(page).nth(2).click()
    expect(view(page, "masked").locator(".pg-card-readout")).to_contain_text("gap 1 of 2")
    page.locator("#attention-masked-text textarea").fill("<img src=x onerror=alert(1)> the little [MASK] was afraid")
    finish(page, "attention-masked")
    expect(view(page, "masked").locator(".pg-card-readout")).to_contain_text("gap 1 of 1")
    assert view(page, "masked").locator("img").count() == 0
    assert {"i", "m", "g", "afraid"} <= set(tokens(page).locator(".pg-bars-word").all_text_contents())


@BOTH
def test_a_text_without_a_gap_is_told_so(open_page, language, dictionary):
    page = open_lab(open_page, "masked", f"lang={language}")
    page.locator("#attention-masked-text textarea").fill("A fox ran.")
    finish(page, "attention-masked")
    sentence = said(dictionary["errors.no_mask"], mask="[MASK]")
    expect(page.locator("#attention-masked-status")).to_have_text(sentence)


# ---------------------------------------------------------------- fix the textbook


def test_the_right_mask_gives_the_heads_own_weights(open_page, app):
    page = open_lab(open_page, "textbook")
    finish(page, "attention-textbook-mirror")
    matrix = wire.decode(
        Client(app, verbose=False).predict(TEXT, "tales", layer=5, head=1, api_name="/attention")["matrix"]
    )
    right, wrong = (view(page, "textbook-mirror").locator(f'[data-side="{side}"]') for side in ("right", "wrong"))

    def look() -> None:
        right.locator("canvas").focus()
        page.keyboard.press("ArrowRight")  # into the last row, at the first token
        page.keyboard.press("ArrowRight")
        told = right.locator(".pg-heatmap-readout").inner_text()
        assert percents(told)[-1] == pytest.approx(matrix[-1, 1], abs=6e-4)
        sentence = said(EN["attention.textbook.mirror.sees_past"], token="the", past=str(len(matrix)), first="The")
        expect(view(page, "textbook-mirror").locator(".pg-mirror-said")).to_contain_text(sentence)
        wrong.locator("canvas").focus()
        page.keyboard.press("ArrowRight")
        assert percents(wrong.locator(".pg-heatmap-readout").inner_text()) == [1.0]  # the last token sees itself alone

    assert requests_during(page, look) == []


def test_the_toys_weights_are_the_closed_form(open_page):
    page = open_lab(open_page, "textbook")
    finish(page, "attention-textbook-toy")
    rows = view(page, "textbook-toy").locator("tbody tr")
    for column, root in (("plain", 1), ("scaled", 2)):
        e = [math.exp(score / root) for score in (0, 1, 0, 0)]
        shown = rows.locator(f'[data-column="{column}"]').all_inner_texts()
        assert shown == [f"{one / sum(e):.3f}" for one in e]
    sums = view(page, "textbook-toy").locator("tfoot td").all_inner_texts()
    assert sums[-3:] == ["1.25", "1.00", "1.00"]


def test_the_first_token_has_all_its_weight_on_itself(open_page, app):
    page = open_lab(open_page, "textbook")
    finish(page, "attention-textbook-first")
    matrix = wire.decode(
        Client(app, verbose=False).predict(TEXT, "tales", layer=5, head=1, api_name="/attention")["matrix"]
    )
    rows = [row.locator("td").all_inner_texts() for row in view(page, "textbook-first").locator("tbody tr").all()]
    assert rows == [[f"{matrix[i, j]:.3f}" if j <= i else "" for j in range(4)] for i in range(4)]
    assert rows[0][0] == "1.000"
    expect(view(page, "textbook-first").locator(".pg-first-said")).to_contain_text("48 of the 48 heads")


def losses(page: Page) -> list[float]:
    """With the mask in training and when writing, then without."""
    return [float(cell) for cell in view(page, "textbook-unmasked").locator("tbody td").all_inner_texts()]


@BOTH
def test_training_without_a_mask_learns_to_copy(open_page, accessible, screenshot, language, dictionary):
    page = open_lab(open_page, "textbook", f"lang={language}&model=tales&text=A fox.")
    finish(page, "attention-textbook-unmasked")
    masked, masked_writing, unmasked, unmasked_writing = losses(page)
    assert unmasked < masked and unmasked < 0.1 and unmasked_writing > 4 * masked_writing and unmasked_writing > 1.5
    sentence = said(
        dictionary["attention.textbook.unmasked.said"],
        training=f"{unmasked:.2f}",
        writing=f"{unmasked_writing:.2f}",
        masked=f"{masked_writing:.2f}",
    )
    expect(view(page, "textbook-unmasked").locator(".pg-twice-said")).to_have_text(sentence)
    text = dictionary["attention.textbook.unmasked.text.value"]
    for side in ("masked", "unmasked"):
        written = view(page, "textbook-unmasked").locator(f'[data-side="{side}"] .pg-twice-text').inner_text()
        assert written.startswith(text[:8]) and len(written) > 60 and set(written) <= set(text)

    def look_back() -> None:
        scrub(page, "textbook-unmasked", 0)
        first = losses(page)
        assert first[0] > masked and first[2] > unmasked
        maps = view(page, "textbook-unmasked").locator(".pg-heatmap-picture")
        maps.last.focus()
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        expect(view(page, "textbook-unmasked").locator(".pg-heatmap-readout").last).to_contain_text("→")

    assert requests_during(page, look_back) == []
    for card in ("mirror", "toy", "first"):
        finish(page, f"attention-textbook-{card}")
    screenshot(page, language)
    accessible(page)


def test_training_is_stopped_and_still_writes(open_page):
    page = open_lab(open_page, "textbook", "model=tales&text=A fox.")
    page.locator("#attention-textbook-unmasked-text textarea").fill("A tale that nobody has trained on yet. " * 5)
    page.evaluate(  # both in the page, for it is over in seconds
        """() => { const button = (name) => document.getElementById(`attention-textbook-unmasked-${name}`);
                   playground.on("attention-textbook-unmasked.status", (told) => {
                     if (told?.state === "running") button("stop").click(); });
                   button("run").click(); }"""
    )
    reached(page, "attention-textbook-unmasked")
    expect(page.locator("#attention-textbook-unmasked-status")).to_have_text(EN["reason.stopped"])
    expect(view(page, "textbook-unmasked").locator(".pg-twice-text").first).not_to_be_empty()


@BOTH
def test_too_little_to_learn_from_is_told_so(open_page, language, dictionary):
    page = open_lab(open_page, "textbook", f"lang={language}")
    page.locator("#attention-textbook-unmasked-text textarea").fill("Too short.")
    finish(page, "attention-textbook-unmasked")
    sentence = said(dictionary["errors.too_short_to_train"], length="10", least="64")
    expect(page.locator("#attention-textbook-unmasked-status")).to_have_text(sentence)


# ---------------------------------------------------------------- everywhere


@BOTH
def test_each_is_accessible_in_both_languages(open_page, accessible, screenshot, language, dictionary):
    page = open_lab(open_page, "generation", f"lang={language}")
    for name in ("generation", "masked"):
        page.evaluate("(name) => playground.openExperiment('attention', name)", name)
        finish(page, f"attention-{name}")
        expect(view(page, name)).to_contain_text(dictionary[f"attention.{name}.view"])
        screenshot(page, f"{name}-{language}")
        accessible(page)


def test_nothing_sticks_out_of_a_phone(open_page, screenshot):
    page = open_lab(open_page, "generation", viewport={"width": 390, "height": 900}, has_touch=True)
    for name, runs in (
        ("generation", ("generation",)),
        ("masked", ("masked",)),
        ("textbook", ("textbook-mirror", "textbook-toy", "textbook-first")),
    ):
        page.evaluate("(name) => playground.openExperiment('attention', name)", name)
        for run in runs:
            finish(page, f"attention-{run}")
        screenshot(page, f"phone-{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@BOTH
def test_the_lesson_leads_to_experiments_that_are_there(open_page, language, dictionary):
    page = open_lab(open_page, "masked", f"lang={language}&lesson=open")
    links = page.locator("#attention-lesson a[href*='#experiment=']")
    expect(links).not_to_have_count(0)
    names = [link.get_attribute("href").partition("#experiment=")[2] for link in links.all()]
    assert {"generation", "masked", "textbook"} <= set(names)
    page.locator("#attention-lesson a[href*='#experiment=textbook']").click()
    expect(page.locator("#attention-textbook-mirror-run")).to_be_visible()
