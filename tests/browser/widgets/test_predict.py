"""The guessing game's widget alone: how often it asks what the class guessed, hostile words, luck that is the same."""

import pytest

from tests.browser.widgets.page import open_widgets

ODDS = {"girl": 0.5, "boy": 0.25, "cat": 0.125, "dog": 0.0625, "owl": 0.03125}
QUESTIONS = """(odds) => {
  const scored = (p) => ({ p, bits: -Math.log2(p), best: "girl", bestBits: 1 });
  let round = 0;
  const question = () => ({
    key: `q${round}`,
    after: "a little",
    score: (word) => scored(odds[word] ?? 0.01),
    scoreOf: (id) => scored(odds[id]),
    candidates: () => Object.keys(odds).map((text) => ({ id: text, text, p: odds[text] })),
    draw: () => ({ id: 7, text: " owl", p: 0.1 }),
  });
  const yes = () => true;
  playground.questions = {
    text: { covers: [], seed: () => 1, begin: yes, alive: yes, question, next: () => { round += 1; } },
  };
}"""


@pytest.fixture
def game(page):
    page.clock.install()
    open_widgets(page, ("predict",), {"predict": {"tab": "text"}})
    page.evaluate(QUESTIONS, ODDS)
    page.get_by_role("button", name="Hide the odds").click()
    page.get_by_label("Your guess").fill("cat")
    page.get_by_role("button", name="Reveal").click()
    return page


def answer(page, **value) -> None:
    page.evaluate("(value) => set('predict', JSON.stringify(value))", value)


def events(page, type_: str) -> list:
    return page.evaluate("(type) => events.filter((event) => event.type === type).map((event) => event.data)", type_)


def test_a_guess_is_told_once_and_looked_at_again_for_two_minutes(game):
    assert events(game, "guessed") == [{"question": "q0", "guess": "cat", "asked": 1}]
    answer(game, asked=1, key="k", guesses={"people": 1, "counts": [["cat", 1]], "others": 0})
    assert "Nobody else" in game.locator(".pg-predict-crowd").inner_text()
    assert events(game, "looked") == []
    game.clock.run_for(9_000)
    assert events(game, "looked") == [{"key": "k"}] * 2
    game.clock.run_for(600_000)
    assert events(game, "looked") == [{"key": "k"}] * 30
    assert len(events(game, "guessed")) == 1


@pytest.mark.parametrize("button", ["Next word", "Leave the game"])
def test_who_goes_on_asks_no_more(game, button):
    answer(game, asked=1, key="k", guesses={"people": 1, "counts": [["cat", 1]], "others": 0})
    game.clock.run_for(5_000)
    game.get_by_role("button", name=button).click()
    game.clock.run_for(600_000)
    assert events(game, "looked") == [{"key": "k"}]


def test_words_of_others_are_text_and_old_answers_are_not_shown(game):
    hostile = "<img src=x onerror=alert(1)>\u202e"
    answer(game, asked=1, key="k", guesses={"people": 5, "counts": [[hostile, 3], ["cat", 1]], "others": 1})
    crowd = game.locator(".pg-predict-crowd")
    assert crowd.locator("img").count() == 0
    assert crowd.locator(".pg-token").first.inner_text() == "<img␣src=x␣onerror=alert(1)>⟨202E⟩"
    assert "5 people guessed here" in crowd.inner_text() and "Other words: 1" in crowd.inner_text()
    assert crowd.locator("[data-mine] .pg-token").inner_text() == "cat"
    answer(game, key="another", guesses={"people": 9, "counts": [["dog", 9]], "others": 0})
    assert "5 people guessed here" in crowd.inner_text()


def test_an_error_of_the_server_is_a_sentence(game):
    answer(game, asked=1, error={"key": "guess_empty", "values": {}, "sentence": "…"})
    assert "at least one character" in game.locator(".pg-predict-crowd").inner_text()


def test_luck_is_the_same_for_the_same_names_and_even(scripts):
    drawn = scripts.evaluate(
        "() => [1, 1, 2].map((seed) => Array.from({ length: 8 }, playground.luck(seed, 3, 'draw')))"
    )
    assert drawn[0] == drawn[1] != drawn[2]
    counts = scripts.evaluate(
        """() => { const counts = Array(10).fill(0);
          for (let seed = 0; seed < 1000; seed += 1) for (let round = 1; round <= 10; round += 1) {
            counts[Math.floor(10 * playground.luck(seed, round, "draw")())] += 1; }
          return counts; }"""
    )
    assert sum((count - 1000) ** 2 / 1000 for count in counts) < 33.7  # χ², 9 degrees of freedom, p = 0.0001


@pytest.mark.parametrize(("order", "right"), [("abcde", 10), ("edcba", 0), ("bacde", 9), ("abced", 9), ("cabed", 7)])
def test_agreement_counts_pairs(scripts, order, right):
    told = scripts.evaluate("(order) => playground.guesses.agreement([...order], (c) => -c.charCodeAt(0))", order)
    assert (told["right"], told["pairs"]) == (right, 10) and told["tau"] == pytest.approx(right / 5 - 1)
