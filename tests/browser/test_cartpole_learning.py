"""What the CartPole tab asks about learning, on the real page: the lottery, the comparison, breaking, the rule, files,
the textbook's claim, and the guessing game beside the lesson."""

from __future__ import annotations

import csv
import io
import re
import zipfile

import pytest
import torch
from playwright.sync_api import Locator, Page, expect
from safetensors.numpy import load

from components import words
from playground.control.compare import compare_algorithms
from playground.control.episodes import replay_cartpole
from playground.control.exports import to_sb3
from playground.control.lottery import seed_lottery
from playground.control.rule import q_learning_rule
from playground.control.settings import CompareSettings, LotterySettings, ReplaySettings, RuleSettings
from playground.control.stored import stored
from playground.frames import append
from playground.inference.control import Control
from tests.browser.doing import requests_during

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def open_experiment(open_page, name: str, query: str = "", depth: str = "lab", **options: object) -> Page:
    return open_page(f"?tab=cartpole&depth={depth}&experiment={name}{query}", **options)


def view_of(page: Page, name: str) -> Locator:
    return page.locator(f"#cartpole-{name.replace('.', '-')}-view")


def run(page: Page, name: str) -> None:
    page.locator(f"#cartpole-{name.replace('.', '-')}-run").click()


def over(page: Page, name: str, reason: str = EN["status.done"]) -> None:
    status = page.locator(f"#cartpole-{name.replace('.', '-')}-status")
    expect(status).to_contain_text(reason)


def told_by(task, settings) -> dict:
    """The whole of a run, by the technique itself."""
    return append([frame for frame in task(settings, Control(settings)) if frame])


def saved(page: Page, button: Locator) -> bytes:
    with page.expect_download() as download:
        button.click()
    return download.value.path().read_bytes()


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# ---------------------------------------------------------------- the lottery and the comparison


def test_every_seed_of_the_lottery_is_on_screen_and_in_the_table(open_page, accessible, screenshot):
    page = open_experiment(open_page, "lottery", "&lottery.seeds=4&lottery.max_steps=4000&lottery.seed=7")
    view = view_of(page, "lottery")
    expect(view).to_contain_text(EN["cartpole.lottery.nothing"])
    run(page, "lottery")
    over(page, "lottery")
    told = told_by(seed_lottery, LotterySettings(seed=7, seeds=4, max_steps=4000))
    tickets = view.locator(".pg-lottery-ticket")
    expect(tickets).to_have_count(4)
    solved = {end["seed"]: end["steps_to_solve"] for end in told["ends"]}
    for n, seed in enumerate((7, 8, 9, 10)):
        expect(tickets.nth(n)).to_contain_text(EN["cartpole.lottery.ticket"].format(seed=seed))
        shown = f"{solved[seed]:,}" if solved[seed] else EN["cartpole.lottery.unsolved"]
        expect(tickets.nth(n)).to_contain_text(shown)
    rows = list(csv.DictReader(io.StringIO(saved(page, view.get_by_role("button", name="CSV")).decode())))
    known = {(p["seed"], p["step"]): p["mean_return"] for p in told["points"]}
    assert {(int(row["seed"]), int(row["step"])): float(row["mean_return"]) for row in rows} == pytest.approx(known)

    def pick() -> None:
        tickets.nth(1).focus()
        page.keyboard.press("Enter")
        expect(view.locator(".pg-lottery-alone")).to_contain_text("8")
        expect(tickets.nth(1)).to_have_attribute("aria-pressed", "true")

    assert requests_during(page, pick) == []
    screenshot(page, "lottery")
    accessible(page)


def test_the_table_of_the_comparison_is_the_techniques_and_stop_keeps_it(open_page, screenshot):
    page = open_experiment(open_page, "compare", "&compare.seeds=1&compare.max_steps=2000", locale="zh-CN", **PHONE)
    view, rows = (
        view_of(page, "compare"),
        told_by(compare_algorithms, CompareSettings(seeds=1, max_steps=2000))["table"],
    )
    run(page, "compare")
    for algorithm, row in rows.items():
        cells = view.locator(f"tr[data-algorithm={algorithm}] td")
        expect(cells.first).to_have_text(f"1 中 {row['solved']}")
        if row["solved"] == 0:
            expect(cells.nth(1)).to_have_text("–")
    over(page, "compare", ZH["status.done"])
    expect(view.locator(".pg-card-readout")).to_have_text(ZH["cartpole.compare.readout"].format(n=5, of=5))
    table = list(csv.DictReader(io.StringIO(saved(page, view.get_by_role("button", name="CSV")).decode())))
    assert [(run["algorithm"], run["seed"]) for run in table] == [(algorithm, "0") for algorithm in rows]
    assert [float(run["greedy_return"]) for run in table] == [row["greedy_return"] for row in rows.values()]
    view.get_by_role("button", name=ZH["cartpole.compare.axis.seconds"]).click()
    assert fits(page)
    box = view.locator(".pg-runs-table-box")  # wider than a phone: it fades where it goes on
    fades = "(box) => ['left', 'right'].map((side) => getComputedStyle(box).getPropertyValue(`--fade-${side}`))"
    assert box.evaluate(fades) == ["0px", "32px"]
    screenshot(page, "compare")
    box.evaluate("(box) => { box.scrollLeft = box.scrollWidth; }")
    page.wait_for_function(f"(box) => String(({fades})(box)) === '32px,0px'", arg=box.element_handle())

    page.goto(page.url.partition("?")[0] + "?tab=cartpole&depth=lab&experiment=compare&compare.seeds=20")
    page.wait_for_function("window.playground?.last('opened')")
    run(page, "compare")
    expect(view.locator("tr[data-algorithm=ppo] td").first).to_have_text("1 中 1")
    page.locator("#cartpole-compare-stop").click()
    over(page, "compare", ZH["reason.stopped"])
    expect(view.locator("tr[data-algorithm=ppo] td").first).to_contain_text("中")  # what was done stays


# ---------------------------------------------------------------- breaking it, and the claim


def test_a_broken_run_is_found_out_beside_its_healthy_one(open_page, accessible, screenshot):
    page = open_experiment(open_page, "breaking", "&breaking.seed=1")
    view = view_of(page, "breaking")
    page.locator("#cartpole-breaking-lr_x10").click()
    over(page, "breaking")
    said = {side: view.locator(f"[data-side={side}]") for side in ("broken", "healthy")}
    expect(said["broken"]).to_contain_text(EN["errors.cartpole_hasty"].partition("{")[0])
    expect(said["healthy"]).to_contain_text(EN["cartpole.breaking.nothing_said"].partition("{")[0])
    expect(view.locator(".pg-card-readout")).to_have_text("REINFORCE · seed 1")
    expect(page.locator("#cartpole-breaking-fault input")).to_have_value(EN["cartpole.breaking.fault.choices.lr_x10"])
    screenshot(page, "breaking")
    accessible(page)


def test_the_claim_stopped_early_says_nothing_yet_and_keeps_what_was_measured(open_page):
    page = open_experiment(open_page, "textbook")
    name = "textbook.defaults"
    run(page, name)
    rows = view_of(page, name).locator("tbody tr")
    expect(rows).to_have_count(6)  # each untrained agent has been asked
    page.locator("#cartpole-textbook-defaults-stop").click()
    over(page, name, EN["reason.stopped"])
    expect(view_of(page, name)).to_contain_text(EN["cartpole.textbook.defaults.too_early"])
    expect(rows).to_have_count(6)


# ---------------------------------------------------------------- the rule


def test_the_rule_with_this_steps_numbers(open_page, accessible, screenshot):
    page = open_experiment(open_page, "rule", "&rule.before=40&rule.seed=3", depth="look", **PHONE)
    view = view_of(page, "rule")
    expect(view).to_contain_text(EN["cartpole.rule.nothing"])
    run(page, "rule")
    over(page, "rule")
    steps = told_by(q_learning_rule, RuleSettings(before=40, seed=3))["transitions"]

    def told(n: int) -> None:
        step = steps[n]
        old, action = step["q"][step["action"]], EN[f"cartpole.rule.{('left', 'right')[step['action']]}"]
        made = old + step["alpha"] * (step["target"] - old)
        expect(view.locator(".pg-rule-numbers")).to_contain_text(f"Q(s, {action}) ← {old:.3f} + {step['alpha']:.3f}")
        expect(view.locator(".pg-rule-sum")).to_have_text(
            re.compile(rf"^= {re.escape(f'{old:.3f}')} .* = {re.escape(f'{made:.3f}')}$")
        )

    def scrub() -> None:
        told(0)
        slider = view.locator(".pg-scrubber input")
        slider.press("ArrowRight")
        told(1)
        falls = [n for n, step in enumerate(steps) if step["fell"]]
        view.get_by_role("button", name=EN["cartpole.rule.next_fall"]).click()
        told(next(n for n in falls if n > 1))
        expect(view.locator(".pg-rule-facts")).to_contain_text("It fell")

    assert requests_during(page, scrub) == []
    assert fits(page)
    screenshot(page, "rule")
    accessible(page)


# ---------------------------------------------------------------- files


@pytest.fixture
def policies(tmp_path):
    """A zip as Stable-Baselines3 saves them, of the embedded PPO, and three that are none."""
    weights = io.BytesIO()
    torch.save({name: torch.tensor(a) for name, a in load(to_sb3(stored("ppo").policy)[0]).items()}, weights)
    files = {"good": weights.getvalue(), "hostile": b"cos\nsystem\n(S'echo'\ntR.", "bomb": bytes(16 * 1024 * 1024)}
    for name, content in files.items():
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("data", "{}")
            archive.writestr("policy.pth", content)
    (tmp_path / "text.zip").write_text("no zip at all")
    (tmp_path / "empty.zip").write_bytes(b"")
    return tmp_path


def test_a_policy_comes_in_and_ours_goes_out(open_page, policies, accessible, screenshot):
    page = open_experiment(open_page, "files")
    view = view_of(page, "files")
    refused = EN["errors.not_sb3"].partition("{field} ")[2].partition(":")[0]
    for name, said in (
        ("text", refused),
        ("hostile", "not a file of torch's current format"),
        ("bomb", "unpacks to more"),
    ):
        view.locator("input[type=file]").set_input_files(policies / f"{name}.zip")
        expect(view.locator(".pg-runs-said").first).to_contain_text(said)
    view.locator("input[type=file]").set_input_files(policies / "empty.zip")
    expect(view).to_contain_text(EN["cartpole.files.empty"].format(file="empty.zip"))
    view.locator("input[type=file]").set_input_files(policies / "good.zip")
    settings = ReplaySettings(checkpoint="ppo", seed=0)
    steps = told_by(replay_cartpole, settings)["return"]
    layers = "–".join(map(str, stored("ppo").policy.actor.sizes))
    for part in (f"layers of {layers}, tanh", f"{steps} steps", "good.zip"):
        expect(view.locator(".pg-runs-said").first).to_contain_text(part)
    view.locator("select").first.select_option("relu")  # the same file, read otherwise
    expect(view.locator(".pg-runs-said").first).to_contain_text(", ReLU")
    screenshot(page, "files")
    accessible(page)

    view.locator("select").first.select_option("tanh")
    expect(view.locator(".pg-runs-said").first).to_contain_text(", tanh")
    view.get_by_role("button", name=EN["cartpole.files.on_stage"]).click()
    page.wait_for_function("playground.cart.checkpoint().startsWith('cartpole-')")
    stage = page.locator("#cartpole-stage").get_by_label(EN["cartpole.stage.right_agent"])
    expect(stage.locator("option:checked")).to_have_text("good.zip")

    weights, script = to_sb3(stored("ppo").policy)  # the one that came in, which is on stage
    assert saved(page, view.get_by_role("button", name=EN["cartpole.files.save"])) == weights
    assert saved(page, view.get_by_role("button", name=EN["cartpole.files.script"])).decode() == script


# ---------------------------------------------------------------- predict before you reveal


def test_two_people_with_one_link_are_asked_for_the_same_poles(open_page, accessible, screenshot):
    pages = [open_page("?tab=cartpole&lesson=open&seed=11") for _ in range(2)]
    for page in pages:
        page.wait_for_function("playground.cart.agents.of('ppo').length")
        game_of(page).get_by_role("button", name=EN["cartpole.guess.start"]).click()
    for number in range(1, 6):
        playing = pages if number < 3 else pages[:1]
        assert len({asks(page) for page in playing}) == 1
        for n, page in enumerate(playing):
            expect(game_of(page).locator(".pg-predict-head")).to_contain_text(f"Round {number} of 5")
            game_of(page).get_by_label(EN["cartpole.guess.label"]).fill(str(40 + n))
            game_of(page).get_by_role("button", name=EN["predict.reveal"]).click()
            expect(game_of(page).locator(".pg-predict-result")).to_contain_text(re.compile(r"stood for \d+ more steps"))
            crowd = game_of(page).locator(".pg-guess-crowd")
            expect(crowd).to_have_text(
                EN["cartpole.guess.alone"] if n == 0 else re.compile("^2 people.*4[01] \\(1×\\)")
            )
            if number < 5:
                game_of(page).get_by_role("button", name=EN["cartpole.guess.again"]).click()
    result = game_of(pages[0]).locator(".pg-predict-result").inner_text()
    stood, off = re.search(r"stood for (\d+) more", result), re.search(r"factor of ([\d.]+)\.", result)
    ratio = (int(stood[1]) + 1) / 41
    assert float(off[1]) == pytest.approx(max(ratio, 1 / ratio), abs=0.06)
    assert len(pages[0].evaluate("JSON.parse(localStorage.getItem('playground.guesses.cartpole'))")) == 5
    screenshot(pages[0], "guess")
    accessible(pages[0])


def game_of(page: Page) -> Locator:
    return page.locator("#cartpole-predict")


def asks(page: Page) -> str:
    game_of(page).locator("form:visible").wait_for()
    return game_of(page).locator(".pg-guess-asks").inner_text()
