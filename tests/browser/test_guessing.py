"""The guessing game in the real page: the same ten rounds for everybody, scores in bits, the class's guesses."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from components import words
from playground import wire

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
ROUNDS = 10
LINK = "?lesson=open&depth=look&prompt=Once upon a time there was a little&model=tales&seed={seed}"


def game_of(page: Page):
    return page.locator("#text-predict")


def begin(page: Page, dictionary: dict[str, str] = EN) -> None:
    page.wait_for_function("playground.last('text.next')")
    game_of(page).get_by_role("button", name=dictionary["predict.start"]).click()


def question(page: Page) -> str:
    game_of(page).locator("form:visible").wait_for()
    return game_of(page).locator(".pg-predict-after").inner_text()


def name(page: Page, guess: str, dictionary: dict[str, str] = EN) -> None:
    game_of(page).get_by_label(dictionary["predict.label"]).fill(guess)
    game_of(page).get_by_role("button", name=dictionary["predict.reveal"]).click()
    expect(game_of(page).locator("form")).to_be_hidden()


def rank(page: Page, order: list[int]) -> None:
    for place in order:
        game_of(page).locator(".pg-rank-row").nth(place).click()
    game_of(page).get_by_role("button", name=EN["predict.reveal"]).click()


def onward(page: Page, dictionary: dict[str, str] = EN) -> None:
    game_of(page).get_by_role("button", name=dictionary["predict.again"]).click()


def odds(page: Page) -> tuple[dict[str, float], float]:
    """{word: p} of the page's own logits at this place, and the largest p: a plain softmax of what the server sent."""
    next_ = page.evaluate(
        "(({ value }) => ({ logits: value.logits, texts: value.texts }))(playground.last('text.next'))"
    )
    logits = wire.decode(next_["logits"]).astype(np.float64)
    p = np.exp(logits - logits.max())
    p /= p.sum()
    named: dict[str, float] = {}
    for token, text in next_["texts"].items():
        named[text.strip()] = max(named.get(text.strip(), 0.0), float(p[int(token)]))
    return named, float(p.max())


def test_two_people_with_one_link_play_the_same_ten_rounds_and_meet(open_page):
    """One types, one puts words in order, and both are asked the same; each sees the other's guess beside their own."""
    pages = [open_page(LINK.format(seed=41)) for _ in range(2)]
    game_of(pages[1]).get_by_role("button", name=EN["predict.mode.rank"]).click()
    for page in pages:
        begin(page)
    asked: list[set[str]] = []
    for number in range(1, ROUNDS + 1):
        asked.append({question(page) for page in pages})
        assert len(asked[-1]) == 1
        expect(game_of(pages[0]).locator(".pg-predict-head")).to_contain_text(
            EN["predict.round"].format(n=number, total=ROUNDS)
        )
        name(pages[0], f"<b>guess {number}</b>")
        expect(game_of(pages[0]).locator(".pg-crowd-head")).to_have_text(EN["predict.alone"])
        rank(pages[1], [number % 5, (number + 1) % 5, (number + 2) % 5, (number + 3) % 5])
        people = EN["predict.people"].format(n=2)
        expect(game_of(pages[1]).locator(".pg-crowd-head")).to_have_text(people)
        expect(game_of(pages[1]).locator(".pg-crowd-row .pg-token").first).to_have_text(
            f"<b>guess {number}</b>".replace(" ", "␣")
        )
        if number == 3:  # who was first hears of who came later, without asking
            expect(game_of(pages[0]).locator(".pg-crowd-head")).to_have_text(people)
        if number < ROUNDS:
            for page in pages:
                onward(page)
    assert len(set.union(*asked)) == ROUNDS
    for page in pages:
        expect(game_of(page).locator(".pg-predict-head")).to_contain_text(EN["predict.over"])
        assert game_of(page).locator(".pg-round-bar").count() == 2 * ROUNDS
        expect(game_of(page)).to_contain_text("like a fair choice among")
        game_of(page).get_by_role("button", name=EN["predict.play_again"].format(seed=42)).click()
    assert {question(page) for page in pages} == asked[0]  # the same beginning …
    for page in pages:
        expect(game_of(page).locator(".pg-predict-head")).to_contain_text(EN["predict.round"].format(n=1, total=ROUNDS))


def test_the_seed_of_the_link_draws_what_comes_next(open_page):
    texts = {}
    for seed in (3, 4, 3):
        page = open_page(LINK.format(seed=seed))
        begin(page)
        for _ in range(3):
            question(page)
            name(page, "girl")
            onward(page)
        texts.setdefault(seed, set()).add(question(page))
    assert len(texts[3]) == 1 and texts[3] != texts[4]


def test_scores_are_the_surprise_of_the_pages_own_logits(open_page):
    page = open_page(LINK.format(seed=7))
    begin(page)
    mine = best = 0.0
    for _ in range(3):
        question(page)
        named, largest = odds(page)
        word = sorted((w for w in named if w.isalpha() and len(w) > 2), key=named.get)[-3]
        name(page, word)
        bits = -math.log2(named[word])
        mine, best = mine + bits, best - math.log2(largest)
        expect(game_of(page).locator(".pg-predict-result")).to_contain_text(f"{bits:.1f} bits of surprise")
        score = EN["predict.score"].format(mine=f"{mine:.1f}", best=f"{best:.1f}")
        expect(game_of(page).locator(".pg-predict-head")).to_contain_text(score)
        onward(page)
    kept = json.loads(page.evaluate("localStorage.getItem('playground.guesses.text')"))
    assert sum(one["bits"] for one in kept) == pytest.approx(mine, abs=1e-3)
    assert sum(one["best"] for one in kept) == pytest.approx(best, abs=1e-3)


@pytest.mark.parametrize("reverse", [False, True])
def test_an_order_is_scored_by_its_first_word_and_its_pairs(open_page, reverse):
    page = open_page(LINK.format(seed=9))
    game_of(page).get_by_role("button", name=EN["predict.mode.rank"]).click()
    begin(page)
    question(page)
    named, largest = odds(page)
    rows = [text.replace("␣", "").strip() for text in game_of(page).locator(".pg-rank-row .pg-token").all_inner_texts()]
    assert len(set(rows)) == 5 and largest == pytest.approx(max(named[word] for word in rows))
    order = sorted(range(5), key=lambda i: named[rows[i]], reverse=not reverse)
    rank(page, order[:4])  # the fifth place fills itself
    result = game_of(page).locator(".pg-predict-result")
    expect(result).to_contain_text(f"{-math.log2(named[rows[order[0]]]):.1f} bits")
    expect(result).to_contain_text(EN[f"predict.order.{'reverse' if reverse else 'same'}"])
    right, tau = (0, "-1.0") if reverse else (10, "1.0")
    expect(result).to_contain_text(EN["predict.pairs"].format(right=right, pairs=10, tau=tau))


def test_places_are_given_and_taken_back_with_the_keys(open_page):
    page = open_page(LINK.format(seed=9))
    game_of(page).get_by_role("button", name=EN["predict.mode.rank"]).click()
    begin(page)
    question(page)
    rows, reveal = game_of(page).locator(".pg-rank-row"), game_of(page).get_by_role("button", name=EN["predict.reveal"])
    rows.first.focus()
    for _ in range(3):
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowDown")
    assert game_of(page).locator(".pg-rank-place").all_inner_texts() == ["1", "2", "3", "", ""]
    expect(reveal).to_be_disabled()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")  # takes the second place back, and the third after it
    assert game_of(page).locator(".pg-rank-place").all_inner_texts() == ["1", "", "", "", ""]


def test_the_answers_are_covered_from_the_start_to_the_guess_and_when_the_game_is_left_they_show(open_page):
    page = open_page(LINK.format(seed=5))
    covers = [page.locator(f"#text-{part}") for part in ("bars", "waterfall", "maths")]
    begin(page)
    for seen in range(2):
        question(page)
        for picture in covers:
            expect(picture).to_have_attribute("inert", "")
        name(page, "girl")
        for picture in covers:
            expect(picture).not_to_have_attribute("inert", "")
        if not seen:
            onward(page)
    onward(page)
    question(page)
    game_of(page).get_by_role("button", name=EN["predict.leave"]).click()
    for picture in covers:
        expect(picture).not_to_have_attribute("inert", "")
    expect(game_of(page).get_by_role("button", name=EN["predict.start"])).to_be_visible()


def test_another_prompt_ends_the_game_with_a_word(open_page):
    page = open_page(LINK.format(seed=5))
    begin(page)
    question(page)
    page.locator("#text-prompt textarea").fill("Another beginning")
    expect(game_of(page).locator(".pg-predict-result")).to_have_text(EN["predict.left"])
    expect(page.locator("#text-bars")).not_to_have_attribute("inert", "")


def test_the_game_begins_with_the_prompt_alone_whatever_is_on_screen(open_page):
    page = open_page("?lesson=open")  # a saved run of sixty tokens stands there
    begin(page)
    assert question(page) == EN["predict.after"].format(text="Once upon a time")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_game_in_chinese_on_a_phone(open_page, accessible, screenshot, scheme):
    page = open_page(
        "?lang=zh-CN&lesson=open&prompt=床前明月&model=poems&seed=8",
        viewport={"width": 390, "height": 844},
        color_scheme=scheme,
    )
    begin(page, ZH)
    assert question(page) == ZH["predict.after"].format(text="床前明月")
    game_of(page).get_by_role("button", name=ZH["predict.mode.rank"]).click()
    screenshot(page, f"{scheme}-rank")
    accessible(page)
    game_of(page).get_by_role("button", name=ZH["predict.mode.type"]).click()
    name(page, "光", ZH)
    expect(game_of(page).locator(".pg-predict-result")).to_contain_text("比特")
    expect(game_of(page).locator(".pg-crowd-head")).to_be_visible()
    screenshot(page, f"{scheme}-revealed")
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
