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


def give_place(page, **more) -> None:
    """The same place with counts of what was made, or with words that may not or alone may stand there."""
    page.evaluate("(value) => set('next_word', value)", SAMPLE["next"] | more)
    page.wait_for_function(
        "(more) => Object.keys(more).every((k) => k in playground.last('text.next').value)", arg=more
    )
    settle(page)


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


def best_of(stage: tuple[np.ndarray, np.ndarray]) -> list[int]:
    return np.argsort(-stage[0], kind="stable").tolist()


def heads(page) -> list[str]:
    return page.locator(".pg-stages thead .pg-stage-name").all_inner_texts()


def test_a_banned_word_is_grey_in_bars_and_waterfall(bars):
    before, height = heads(bars), bars.locator(".pg-stages").bounding_box()["height"]
    favourite, second = best_of(sample_stages()[0])[:2]
    give_place(bars, banned=[favourite], allowed=None, counts={})
    assert heads(bars) == [*before[:2], "Banned, forced", *before[2:]]
    row = bars.locator(".pg-waterfall tbody tr").first
    assert row.locator("td").all_inner_texts()[1:4] == [row.locator("td").nth(1).inner_text(), "cut", "–"]
    assert row.locator("td").nth(0).inner_text().endswith("%")
    stages = sample_stages(banned=[favourite])
    left = [int(t.replace(",", "").split()[0]) for t in bars.locator(".pg-stage-left").all_inner_texts()]
    assert left == [int(keeps.sum()) for _, keeps in stages]
    assert "1 banned here" in bars.locator(".pg-stages thead th").nth(2).inner_text()
    cut = bars.locator("button.pg-next-row[data-cut]", has_text=NAMES[favourite].strip())
    p = sample_stages()[1][0][favourite]  # what it would have had
    assert f"{100 * p:.2f}%" in cut.get_attribute("aria-label")
    assert bars.locator("button .pg-next-name").first.inner_text() == visible(NAMES[second])
    assert bars.locator(".pg-stages").bounding_box()["height"] == pytest.approx(height, abs=2)
    give_place(bars, banned=None, allowed=None, counts={})
    assert heads(bars) == before


def test_forced_words_have_rows_however_rare_they_are(bars):
    rare = [i for i in reversed(best_of(sample_stages()[0])) if i in NAMES][:3]
    give_place(bars, allowed=rare, banned=None, counts={})
    stages = sample_stages(allowed=rare)
    names = bars.locator("button .pg-next-name").all_inner_texts()
    assert names[: stages[-1][1].sum()] == [visible(NAMES[i]) for i in best_of(stages[-1])[: stages[-1][1].sum()]]
    rows = bars.locator(".pg-waterfall-word").all_inner_texts()
    assert {visible(NAMES[i]) for i in rare} <= set(rows) and len(rows) == 13
    assert "only 3 allowed" in bars.locator(".pg-stages thead th").nth(2).inner_text()
    assert bars.locator("button.pg-next-row[data-cut]").count() == 12 - stages[-1][1].sum()


def test_penalties_redraw_from_the_counts_without_a_request(bars):
    requests = []
    bars.on("request", lambda request: requests.append(request.url))
    favourite = best_of(sample_stages()[0])[0]
    give_place(bars, counts={str(favourite): 3}, banned=None, allowed=None)
    give_settings(bars, presence_penalty=0.5, frequency_penalty=0.6)
    bent = {"presence_penalty": 0.5, "frequency_penalty": 0.6, "counts": {favourite: 3}}
    stages = sample_stages(**bent)
    assert heads(bars)[2] == "Penalties"
    assert bars.locator(".pg-stages thead th").nth(2).inner_text().endswith("−0.5 if made\n−0.6 each time")
    shown = [float(t.replace(",", "")) for t in bars.locator(".pg-stage-choices").all_inner_texts()]
    np.testing.assert_allclose(shown, [2 ** -(p[p > 0] * np.log2(p[p > 0])).sum() for p, _ in stages], rtol=0.03)
    best = bars.locator("button .pg-next-name").all_inner_texts()
    assert best == [visible(NAMES[i]) for i in best_of(stages[-1])[:12]]
    give_settings(bars, presence_penalty=0, frequency_penalty=0)
    assert "Penalties" not in heads(bars)
    assert not requests


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
