"""What the CartPole tab asks of trained agents beside its hero: a game, shoves, other worlds, ghosts, slices."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Page, expect

from components import words
from playground import wire
from playground.control.cartpole import Physics, first_states, is_terminated, step
from playground.control.episodes import replay_cartpole
from playground.control.moments import play_moments
from playground.control.settings import GridSettings, PolicySettings, ReplaySettings, ScoreSettings
from playground.control.trial_settings import MomentsSettings
from playground.control.trials import physics_grid, push_score
from playground.frames import append
from playground.inference.control import Control
from tests.browser.doing import finish, requests_during

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def open_experiment(open_page, name: str, query: str = "", **options: object) -> Page:
    depth = "lab" if name == "physics" else "look"
    page = open_page(f"?tab=cartpole&depth={depth}&experiment={name}{query}", **options)
    page.locator(f"#cartpole-{name}-view").scroll_into_view_if_needed()
    return page


def asked(run, settings: PolicySettings) -> dict:
    """What the server tells, all of it."""
    return append([frame for frame in run(settings, Control(settings)) if frame])


def begins(text: str) -> str:
    return text.partition("{")[0]


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# ---------------------------------------------------------------- you against the agent


def play(page: Page, dictionary: dict[str, str]) -> dict:
    """Start a round and wait for its end: {"states", "actions", "won"}."""
    view = page.locator("#cartpole-versus-view")
    page.evaluate("playground.emit('cartpole.versus', null)")
    view.get_by_role("button", name=dictionary["cartpole.versus.start"], exact=True).click()
    page.wait_for_function("playground.last('cartpole.versus')?.over")
    return page.evaluate("playground.last('cartpole.versus')")


# Pixels in the agent's colour right of the picture's first quarter, in which its curve begins.
BLUE = """(canvas) => {
  const from = Math.floor(canvas.width / 4), width = canvas.width - from;
  const { data } = canvas.getContext("2d").getImageData(from, 0, width, canvas.height);
  return data.filter((_, i) => i % 4 === 0 && data[i + 2] > data[i] + 90).length; }"""


def check(game: dict, seed: int) -> None:
    """The game is the server's physics, from the server's start, to the step in which it is over."""
    state = first_states(np.random.default_rng(seed), 1).astype(np.float32).astype(float)
    for action, there in zip(game["actions"], game["states"][1:], strict=True):
        assert not is_terminated(state)[0]
        state = step(state, np.array([action]), Physics())
        np.testing.assert_allclose(there, state[:, 0], atol=1e-9)
    assert is_terminated(state)[0]


def test_a_round_with_the_keys(open_page, accessible, screenshot):
    page = open_experiment(open_page, "versus", "&versus.seed=4")
    view, status = page.locator("#cartpole-versus-view"), page.locator("#cartpole-versus-status")
    start = view.locator(".pg-versus-start")
    expect(start).to_be_enabled()
    expect(view.locator("[data-who=agent].pg-versus-lane")).to_contain_text("PPO")
    curve = view.locator(".pg-curves-picture")
    expect(view.locator(".pg-curves-where")).to_have_text(EN["cartpole.versus.seconds"].replace("{n}", "0.0"))
    assert curve.evaluate(BLUE) == 0  # what the agent does is seen as it does it
    view.get_by_role("button", name=EN["cartpole.versus.speed.1"]).click()
    games = []

    def hold_right() -> None:
        page.keyboard.down("ArrowRight")  # before there is a game it is nobody's
        page.keyboard.up("ArrowRight")
        start.click()
        page.keyboard.down("ArrowRight")
        page.wait_for_function("playground.last('cartpole.versus')?.over")
        page.keyboard.up("ArrowRight")
        games.append(page.evaluate("playground.last('cartpole.versus')"))

    assert requests_during(page, hold_right) == []
    (game,) = games
    check(game, 4)
    page.wait_for_function(f"(canvas) => ({BLUE})(canvas) > 0", arg=curve.element_handle())
    assert set(game["actions"]) == {1} and not game["won"]
    said = view.locator(".pg-versus-said")
    expect(said).to_contain_text(EN["cartpole.versus.out_fell_left"])  # the cart was driven out from under it
    expect(said).to_contain_text(f"{len(game['actions'])} steps")
    assert page.evaluate("JSON.parse(localStorage.getItem('playground.versus')).best['1'].steps") == len(
        game["actions"]
    )
    again = view.get_by_role("button", name=EN["cartpole.versus.again"])
    expect(again).to_be_focused()
    accessible(page)
    screenshot(page, "lost")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    view.get_by_role("button", name=EN["cartpole.versus.copy"]).click()
    expect(page.locator(".pg-toast")).to_have_text(EN["cartpole.versus.copied"])
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"for {len(game['actions'])} of 500" in copied and "versus.seed=4" in copied

    view.get_by_role("button", name=EN["cartpole.versus.other"]).click()  # the next seed
    expect(page.locator("#cartpole-versus-seed input")).to_have_value("5")
    expect(view.locator(".pg-card-readout")).to_contain_text("5")
    view.get_by_role("button", name=EN["cartpole.versus.coach.on"]).click()
    expect(view.locator(".pg-versus-advice")).to_be_visible()
    untouched = play(page, EN)
    check(untouched, 5)
    actions = np.array(untouched["actions"])
    assert (actions[1:] != actions[:-1]).all()  # no key was held: the pushes alternate
    best = page.evaluate("JSON.parse(localStorage.getItem('playground.versus')).best")
    assert best["1"]["steps"] == len(game["actions"]) and best["1 · coach"]["steps"] == len(actions)

    page.locator("#cartpole-versus-seed input").fill("-3")
    page.locator("#cartpole-versus-run").click()
    expect(status).to_contain_text(
        begins(EN["errors.out_of_range"].replace("{field}", EN["cartpole.versus.seed.label"]))
    )


def test_a_phone_in_chinese_a_round_by_touch_on_the_moon_and_two_minds(open_page, accessible, screenshot):
    link = "&lang=zh-CN&versus.opponent=random&gravity=1.62"
    page = open_experiment(open_page, "versus", link, color_scheme="dark", **PHONE)
    view = page.locator("#cartpole-versus-view")
    expect(view.locator(".pg-versus-start")).to_be_enabled()
    expect(view.locator(".pg-card-readout")).to_contain_text("1.62")
    hold = view.get_by_role("button", name=ZH["cartpole.versus.hold_left"])
    view.get_by_role("button", name=ZH["cartpole.versus.speed.1"]).click()
    hold.hover()
    view.locator(".pg-versus-start").dispatch_event("click")  # the pointer stays where it is held down at once
    page.mouse.down()
    expect(hold).to_have_attribute("data-held", "")
    page.wait_for_function("playground.last('cartpole.versus')?.over")
    page.mouse.up()
    expect(hold).not_to_have_attribute("data-held", "")
    assert set(page.evaluate("playground.last('cartpole.versus')")["actions"]) == {0}
    expect(view.locator(".pg-versus-said")).to_contain_text(ZH["cartpole.versus.out_fell_right"])
    assert fits(page)
    screenshot(page, "moon")

    page.evaluate("playground.openExperiment('cartpole', 'slice')")
    view = page.locator("#cartpole-slice-view")
    view.scroll_into_view_if_needed()
    readouts = view.locator(".pg-heatmap-readout")
    expect(view.locator(".pg-slice-said")).to_contain_text("%")
    view.locator(".pg-heatmap-picture").first.press("ArrowRight")
    expect(readouts.first).to_contain_text("π(")
    expect(readouts.last).to_contain_text("Q(")  # the same place in the other mind
    page.wait_for_function("playground.last('cartpole.state')?.length === 4")
    assert fits(page)
    accessible(page)
    screenshot(page, "slice")
    page.locator("#cartpole-slice-plane input").click()
    page.get_by_role("option", name=ZH["cartpole.slice.plane.choices.cart"]).click()
    expect(view.locator(".pg-slice-said")).to_contain_text(
        begins(ZH["cartpole.slice.blind"].replace("{name}", ZH["cartpole.algorithm.choices.q_learning"]))
    )


# ---------------------------------------------------------------- push


def test_who_stands_a_shove(open_page, accessible, screenshot):
    page = open_experiment(open_page, "push", reduced_motion="no-preference")  # time goes on by itself
    view = page.locator("#cartpole-push-view")
    lane = lambda agent: view.locator(f"[data-agent={agent}]")  # noqa: E731
    for agent in ("ppo", "q_learning"):
        impulse = asked(push_score, ScoreSettings(checkpoint=agent))["impulse"]
        expect(lane(agent).locator(".pg-push-numbers")).to_contain_text(f"{impulse:.3f}")
    expect(lane("random")).to_have_attribute("data-out", "true")  # nobody touched it
    strength = view.locator(".pg-push-strength input")

    def shove_hard() -> None:
        strength.fill("0.3")
        view.get_by_role("button", name=EN["cartpole.push.right"]).click()
        expect(view.locator("[data-out=false]")).to_have_count(0)

    assert requests_during(page, shove_hard) == []
    expect(view.locator(".pg-push-said")).to_have_text(EN["cartpole.push.all_down"])
    accessible(page)
    screenshot(page, "down")
    view.get_by_role("button", name=EN["cartpole.push.up"]).click()
    expect(view.locator("[data-out=false]")).not_to_have_count(0)
    strength.fill("0.01")
    view.get_by_role("button", name=EN["cartpole.push.left"]).click()
    best = EN["cartpole.push.best"].format(impulse="0.010 N·s")
    for agent in ("ppo", "dqn", "reinforce", "q_learning"):
        expect(lane(agent)).to_contain_text(best)  # 4 seconds later
    picture = view.locator(".pg-heatmap-picture")
    picture.focus()
    picture.press("ArrowRight")  # from the last row's beginning
    expect(view.locator(".pg-heatmap-readout")).to_contain_text(EN["cartpole.algorithm.choices.random"])

    view.get_by_role("button", name=EN["cartpole.push.contest"]).click()
    expect(view.locator(".pg-push-said")).to_contain_text("0.020 N·s")
    expect(lane("ppo").locator(".pg-push-state")).to_contain_text("0.020 N·s")
    page.locator("#cartpole-preset-moon").click()  # another physics at the top of the tab is another contest here
    expect(view.locator(".pg-card-readout")).to_contain_text("1.62")
    impulse = asked(push_score, ScoreSettings(gravity=1.62))["impulse"]
    expect(lane("ppo").locator(".pg-push-numbers")).to_contain_text(f"{impulse:.3f}")


# ---------------------------------------------------------------- other worlds, and ghosts


def test_the_map_of_worlds_and_ghosts_of_one_agent(open_page, accessible, screenshot):
    page = open_experiment(
        open_page,
        "physics",
        "&physics.seed=2&moments.whose=reinforce&moments.seed=3&algorithm=q_learning&max_steps=1500",
    )
    view = page.locator("#cartpole-physics-view")
    told = asked(physics_grid, GridSettings(seed=2))
    grid = np.stack([wire.decode(row) for row in told["rows"]])
    summary = view.locator(".pg-physics-summary")
    expect(summary).to_contain_text(f"{(grid >= 475).sum()} of {grid.size}")
    picture = view.locator(".pg-heatmap-picture")
    picture.focus()
    picture.press("ArrowRight")  # the shortest pole, the weakest gravity
    readout = view.locator(".pg-heatmap-readout")
    expect(readout).to_contain_text(f"{grid[0, 0]:.0f} steps")
    for _ in range(8):
        picture.press("ArrowRight")
    expect(readout).to_contain_text(EN["cartpole.physics.jupiter"].strip())
    expect(readout).to_contain_text(f"{grid[0, 8]:.0f} steps")
    picture.press("Enter")
    settings = ReplaySettings(seed=2, length=0.1, gravity=24.8)
    steps = asked(replay_cartpole, settings)["return"]
    expect(view.locator(".pg-physics-facts")).to_contain_text(f"{steps} steps")
    view.locator(".pg-scrubber input").press("Home")
    accessible(page)
    screenshot(page, "cell")
    page.locator("#cartpole-physics-agent input").click()
    page.get_by_role("option", name=EN["cartpole.algorithm.choices.random"], exact=True).click()
    expect(summary).to_contain_text(f"0 of {grid.size}")

    page.evaluate("playground.openExperiment('cartpole', 'moments')")
    view = page.locator("#cartpole-moments-view")
    view.scroll_into_view_if_needed()
    told = asked(play_moments, MomentsSettings(whose="reinforce", seed=3))
    lengths = [episode["return"] for episode in told["episodes"]]
    rows = view.locator(".pg-moments-row")
    expect(rows).to_have_count(len(lengths))
    for row, length in zip(rows.all(), lengths, strict=True):
        expect(row).to_contain_text(f"{length} steps")

    def scrub() -> None:
        scrubber = view.locator(".pg-scrubber input")
        scrubber.press("Home")
        for _ in range(3):
            scrubber.press("Shift+ArrowRight")

    assert requests_during(page, scrub) == []
    standing = sum(episode["truncated"] or episode["return"] > 30 for episode in told["episodes"])
    expect(view.locator(".pg-moments-facts")).to_have_text(
        f"{standing} of {len(lengths)} still stand after 30 steps (0.6 s)."
    )
    rows.first.click()
    expect(rows.first).to_have_attribute("aria-pressed", "true")
    accessible(page)
    screenshot(page, "ghosts")
    page.locator("#cartpole-moments-whose input").click()
    page.get_by_role("option", name=EN["cartpole.moments.whose.screen"]).click()  # nothing has been trained here
    expect(page.locator("#cartpole-moments-status")).to_contain_text(EN["errors.cartpole_no_run"])
    finish(page, "cartpole")
    page.wait_for_function("playground.last('cartpole.run')?.checkpoint")  # of a run that has ended, not of a saved one
    kept = page.evaluate("playground.cart.agents.own().length")
    page.locator("#cartpole-moments-run").click()
    expect(view.locator(".pg-card-readout")).to_contain_text(EN["cartpole.algorithm.choices.q_learning"])
    expect(rows).to_have_count(min(5, kept))
