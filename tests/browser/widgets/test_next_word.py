"""The next-word bars and the waterfall: what they show is what numpy and transformers make of the same logits."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from playground import wire
from tests.browser.widgets.page import SAMPLE, SETTINGS, give_settings, open_widgets, settle, visible
from tests.browser.widgets.warped import warped

NAMES = {int(i): text for i, text in SAMPLE["next"]["texts"].items()}


@pytest.fixture
def bars(page):
    open_widgets(page, ("next_word", "waterfall"), {"next_word": SAMPLE["next"]})
    page.evaluate("() => { window.chosen = []; playground.on('text.choose', (id) => chosen.push(id)); }")
    page.wait_for_function("() => playground.last('text.next')")
    give_settings(page)
    return page


def sample_stages(**settings) -> list[tuple[np.ndarray, np.ndarray]]:
    logits = torch.from_numpy(wire.decode(SAMPLE["next"]["logits"]))
    return warped(logits, SAMPLE["next"]["seen"], SETTINGS | settings)


def test_the_bars_are_the_twelve_most_probable_words(bars):
    p, _ = sample_stages()[-1]
    best = np.argsort(-p, kind="stable")[:12]
    assert bars.locator("button .pg-next-name").all_inner_texts() == [visible(NAMES[i]) for i in best]
    shown = [float(t.rstrip("%")) / 100 for t in bars.locator("button .pg-next-figure").all_inner_texts()]
    np.testing.assert_allclose(shown, p[best], rtol=5e-3)
    assert f"{-(p[p > 0] * np.log2(p[p > 0])).sum():.2f} bits" in bars.locator(".pg-next .pg-card-readout").inner_text()


def test_a_slider_redraws_without_a_request(bars):
    requests = []
    bars.on("request", lambda request: requests.append(request.url))
    before = bars.locator("button .pg-next-figure").all_inner_texts()
    give_settings(bars, temperature=0.2, top_k=3, top_p=1.0)
    assert bars.locator("button .pg-next-figure").all_inner_texts() != before
    assert bars.locator("button.pg-next-row[data-cut]").count() == 9
    assert bars.locator("button .pg-bar[data-kind=model]").count() == 3
    assert not requests
    give_settings(bars, temperature=0)
    assert bars.locator("button .pg-next-figure").all_inner_texts()[0] == "100.0%"


def test_click_enter_and_number_keys_choose(bars):
    best = np.argsort(-sample_stages()[-1][0], kind="stable").tolist()
    rows = bars.locator("button.pg-next-row")
    rows.nth(2).click()
    rows.nth(3).click()  # the first choice has not been answered: this one is not taken
    bars.evaluate("(value) => set('next_word', value)", SAMPLE["next"])
    settle(bars)
    rows.nth(0).focus()
    bars.keyboard.press("ArrowDown")
    bars.keyboard.press("Enter")
    bars.evaluate("(value) => set('next_word', value)", SAMPLE["next"])
    settle(bars)
    bars.keyboard.press("5")
    assert bars.evaluate("chosen") == [best[2], best[1], best[4]]


def test_the_waterfall_counts_what_each_stage_leaves(bars):
    stages = sample_stages()
    left = [int(t.replace(",", "").split()[0]) for t in bars.locator(".pg-stage-left").all_inner_texts()]
    assert left == [int(keeps.sum()) for _, keeps in stages]
    choices = [2 ** -(p[p > 0] * np.log2(p[p > 0])).sum() for p, _ in stages]
    shown = [float(t.replace(",", "")) for t in bars.locator(".pg-stage-choices").all_inner_texts()]
    np.testing.assert_allclose(shown, choices, rtol=0.03)
    quiet = bars.locator("thead th[data-quiet] .pg-stage-name").all_inner_texts()
    assert quiet == ["Min-p"]


def test_a_word_is_followed_through_the_stages(bars):
    stages = sample_stages(top_k=2)
    give_settings(bars, top_k=2)
    row = bars.locator(".pg-waterfall tbody tr").nth(3)
    row.locator("button").focus()
    word = int(np.argsort(-stages[0][0], kind="stable")[3])
    told = bars.locator(".pg-waterfall-readout").inner_text()
    assert NAMES[word].strip() in told and f"The model {100 * stages[0][0][word]:.2f}%" in told and "Top-k cut" in told
    assert row.get_attribute("data-followed") is not None
    assert row.locator("td").nth(3).inner_text() == "cut"


def test_what_was_taken_off_the_logits_comes_back(bars):
    """The repetition penalty looks at the sign of a logit, so it must see the logits as the model gave them."""
    logits = wire.decode(SAMPLE["next"]["logits"])
    shifted = {"logits": wire.encode(logits - logits.max()), "shift": float(logits.max())}
    before = bars.locator(".pg-next-figure").all_inner_texts()
    bars.evaluate("(value) => set('next_word', value)", SAMPLE["next"] | shifted)
    bars.wait_for_function("() => playground.last('text.next').value.shift")
    settle(bars)
    assert bars.locator(".pg-next-figure").all_inner_texts() == before


def test_bars_stay_while_the_next_ones_are_computed(bars):
    before = bars.locator(".pg-next-name").all_inner_texts()
    bars.evaluate("(value) => set('next_word', value)", {"run": "x", "state": "queued", "position": 4})
    assert bars.locator(".pg-next-name").all_inner_texts() == before
    assert "number 4" in bars.locator(".pg-next-message").inner_text()
    assert bars.locator(".pg-next").get_attribute("aria-busy") == "true"


def test_nothing_computed_is_said_quietly_and_an_error_in_words(page):
    open_widgets(page, ("next_word", "waterfall"))
    assert page.locator("button.pg-next-row:enabled").count() == 0
    height = page.locator(".pg-next").bounding_box()["height"]
    error = {"key": "busy", "values": {"limit": 3}, "sentence": "?"}
    page.evaluate("(value) => set('next_word', value)", {"state": "done", "error": error})
    assert "(3 runs in the queue)" in page.locator(".pg-next-message").inner_text()
    page.evaluate("(value) => set('next_word', value)", SAMPLE["next"])
    page.wait_for_selector("button.pg-next-row:enabled")
    assert page.locator(".pg-next").bounding_box()["height"] == pytest.approx(height, abs=30)
