"""What the GAN tab asks beside its hero, on the real page: be the detective, slow motion, three textbook cards."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from components import words
from tests.browser.doing import drawn, requests_during

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def open_experiment(open_page, name: str, query: str = "", **options: object) -> Page:
    depth = "lab" if name == "textbook" else "look"
    return open_page(f"?tab=gan&depth={depth}&experiment={name}{query}", **options)


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# ---------------------------------------------------------------- be the detective


def play(page: Page) -> dict[str, int]:
    """Ten rounds with the keys; how often the person and D saw the real one."""
    view = page.locator("#gan-detective-view")
    expect(view.locator("[data-kind=real]")).to_have_count(0)  # nothing gives the answer away

    def rounds() -> None:
        for n in range(10):
            page.keyboard.press("12"[n % 2])
            expect(view.locator(".pg-detective-side[data-kind=real]")).to_have_count(1)
            expect(view.locator(".pg-detective-d").first).to_contain_text("%")
            if n < 9:
                page.keyboard.press("Enter")  # the button to go on has the focus

    assert requests_during(page, rounds) == []
    return {who: view.locator(f"[data-who={who}] [data-right=true]").count() for who in ("you", "d")}


def test_ten_rounds_against_d(open_page, accessible, screenshot):
    page = open_experiment(open_page, "detective", "&detective.seed=5")
    view = page.locator("#gan-detective-view")
    side = view.locator(".pg-detective-side").first
    expect(side).to_be_enabled()  # dealt when seen
    saw = play(page)
    assert saw["you"] + view.locator("[data-who=you] [data-right=false]").count() == 10
    expect(view.locator("[data-who=you]")).to_contain_text(EN["gan.detective.score"].format(n=saw["you"], total=10))
    assert len(page.evaluate("JSON.parse(localStorage.getItem('playground.detective'))")) == 10
    screenshot(page, "detective")
    accessible(page)
    view.locator(".pg-detective-after .pg-button").click()  # ten other pairs, of the next seed
    expect(page.locator("#gan-detective-seed input")).to_have_value("6")
    expect(view.locator("[data-right]")).to_have_count(0)
    expect(side).to_be_enabled()

    page.evaluate("playground.gan.setRun(null)")
    page.locator("#gan-detective-forger input").click()
    page.get_by_role("option", name=EN["gan.detective.forger.choices.run"]).click()
    page.locator("#gan-detective-run").click()
    expect(page.locator("#gan-detective-status")).to_contain_text(EN["errors.gan_no_run"])


def test_on_a_phone_in_chinese(open_page, screenshot):
    link = "&lang=zh-CN&slow.networks=new&slow.examples=4"
    page = open_experiment(open_page, "detective", link, color_scheme="dark", **PHONE)
    page.locator(".pg-detective-side").first.scroll_into_view_if_needed()  # it deals once it is seen
    expect(page.locator(".pg-detective-side").first).to_be_enabled()
    saw = play(page)
    expect(page.locator("[data-who=you]")).to_contain_text(ZH["gan.detective.score"].format(n=saw["you"], total=10))
    assert fits(page)
    screenshot(page, "detective")

    page.evaluate("playground.openExperiment('gan', 'slow')")
    view = page.locator("#gan-slow-view")
    expect(view.locator(".pg-slow-facts dd").first).to_have_text("4")
    expect(view.locator(".pg-card-readout")).to_contain_text(ZH["gan.slow.of"].split("{step}")[0] + "0")
    view.get_by_role("button", name=ZH["gan.slow.phase.update"]).last.click()
    expect(view.locator(".pg-tiles[data-kind=generated] .pg-tiles-line").last).to_contain_text("→")
    assert fits(page)
    screenshot(page, "slow")


# ---------------------------------------------------------------- slow motion


def test_a_step_is_walked_through_with_keys_and_no_request(open_page, accessible, screenshot):
    page = open_experiment(open_page, "slow")
    view = page.locator("#gan-slow-view")
    facts = view.locator(".pg-slow-facts dd")
    expect(facts.first).to_have_text("8")
    scrubber = view.locator(".pg-scrubber input")

    def walk() -> None:
        scrubber.focus()
        for _ in range(5):
            page.keyboard.press("ArrowRight")

    assert requests_during(page, walk) == []
    expect(view.locator(".pg-button[aria-pressed=true]")).to_have_text(EN["gan.slow.phase.backpropagate"])
    expect(view.locator(".pg-slow-legend")).to_be_visible()
    slopes = view.locator(".pg-tiles[data-kind=generated] canvas").first
    colours = (
        "(canvas) => new Set(new Uint32Array(canvas.getContext('2d').getImageData(0, 0, 80, 80).data.buffer)).size"
    )
    drawn(page)
    assert slopes.evaluate(colours) > 100  # a heatmap
    screenshot(page, "slopes")
    accessible(page)
    page.keyboard.press("ArrowRight")
    before, after = (float(fact.replace("−", "-")) for fact in facts.all_inner_texts()[:2])
    assert after > before  # D's step widened the gap
    expect(view.locator(".pg-tiles-line").first).to_contain_text("→")
    scrubber.press("End")
    before, after = (float(fact.rstrip("%")) for fact in facts.all_inner_texts()[:2])
    assert after > before  # G's step made its images more real to D
    scrubber.press("Home")
    page.keyboard.press("Space")  # it plays by itself
    expect(view.locator(".pg-button[aria-pressed=true]")).to_have_text(EN["gan.slow.phase.generate"])


# ---------------------------------------------------------------- fix the textbook


def test_three_cards(open_page, accessible, screenshot):
    page = open_experiment(open_page, "textbook")
    shapes, sign = page.locator("#gan-textbook-shapes"), page.locator("#gan-textbook-sign")
    page.locator("#gan-textbook-shapes-run").click()
    pushes = shapes.locator(".pg-shapes-push .pg-number")
    expect(pushes).to_have_text(["0.010", "0.99", "5.60", "1.00"])
    shapes.locator("input[type=range]").fill("0")
    expect(pushes).to_have_text(["0.50", "0.50", "1.00", "1.00"])
    page.locator("#gan-textbook-sign-run").click()
    expect(sign.locator(".pg-scrubber .pg-readout")).to_have_text(EN["gan.textbook.sign.step"].format(n=1))
    sign.locator("input[type=range]").press("End")
    right, wrong = (cell.split(" → ") for cell in sign.locator("tbody tr").nth(1).locator("td").all_inner_texts())
    value = {
        name: [float(text.replace("−", "-")) for text in cell] for name, cell in [("right", right), ("wrong", wrong)]
    }
    assert value["right"][0] == value["wrong"][0]
    assert value["right"][1] > value["right"][0] > value["wrong"][1]
    screenshot(page, "cards")
    accessible(page)

    noise = page.locator("#gan-textbook-noise")
    page.locator("#gan-textbook-noise-run").click()
    for side in ("noise", "mnist"):
        expect(noise.locator(f"[data-side={side}] .pg-hint")).to_contain_text("%")
    page.locator("#gan-textbook-noise-stop").click()
    expect(page.locator("#gan-textbook-noise-status")).to_contain_text(EN["reason.stopped"])
    expect(noise.locator(".pg-textbook-said")).not_to_have_text(EN["gan.textbook.noise.learning"])
