"""The text widgets in a real browser, without Gradio: what they show, against numpy, transformers and the sample."""

from __future__ import annotations

import copy
import json
import math
import re

import numpy as np
import pytest
import torch
from transformers.generation import logits_process

from components import words
from playground import wire
from tests.browser.widgets_page import SAMPLE, WIDGETS, open_widgets

ALL = ("token_strip", "branches", "next_word", "waterfall")
SETTINGS = {"temperature": 0.8, "top_k": 40, "top_p": 0.9, "min_p": 0.0, "repetition_penalty": 1.1}
NAMES = {int(i): text for i, text in SAMPLE["next"]["texts"].items()}
HOSTILE = [
    "<script>window.pwned=1</script>", "<img src=x onerror=window.pwned=1>", "${window.pwned=1}", "{{value}}",
    "مرحبا", "\u202egnp.exe", "e\u0301\u0302\u0303", "\u0301", "\x00", "a" * 10_000, "", "\n\n\t ", "🧪",
]  # fmt: skip


@pytest.fixture
def browser_of(browser):
    """New pages of a context with given properties; the test fails on any error that one reports."""
    problems: list[str] = []
    contexts = []

    def make(**properties):
        contexts.append(browser.new_context(**properties))
        page = contexts[-1].new_page()
        page.set_default_timeout(5000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        return page

    yield make
    for context in contexts:
        context.close()
    assert not problems


@pytest.fixture
def page(browser_of):
    return browser_of(locale="en")


@pytest.fixture(scope="module")
def scripts(browser):
    """A page with the scripts and no widget, for what needs no screen; shared, since nothing there is kept."""
    context = browser.new_context(locale="en")
    yield open_widgets(context.new_page(), ())
    context.close()


def settle(page) -> None:
    """Wait until what was asked of the widgets has been drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def give_settings(page, **settings) -> None:
    page.evaluate("(settings) => playground.emit('text.settings', settings)", SETTINGS | settings)
    settle(page)


def visible(text: str) -> str:
    """A token as the bars spell it."""
    return text.replace(" ", "␣").replace("\n", "⏎")


# ---------------------------------------------------------------- sampling.js


def warped(logits: torch.Tensor, seen: list[int], s: dict) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each stage by transformers' own processors: its probabilities, and which tokens it keeps."""
    steps = [
        lambda ids, scores: scores,
        logits_process.RepetitionPenaltyLogitsProcessor(penalty) if (penalty := s["repetition_penalty"]) != 1 else None,
        logits_process.TemperatureLogitsWarper(s["temperature"]) if s["temperature"] != 1 else None,
        logits_process.TopKLogitsWarper(s["top_k"]) if s["top_k"] else None,
        logits_process.TopPLogitsWarper(s["top_p"]) if s["top_p"] < 1 else None,
        logits_process.MinPLogitsWarper(s["min_p"]) if s["min_p"] else None,
    ]
    scores, ids, stages = logits[None].clone(), torch.tensor([seen]), []
    for step in steps:
        scores = scores if step is None else step(ids, scores)
        stages.append((scores.double().softmax(-1)[0].numpy(), scores[0].isfinite().numpy()))
    return stages


KNOBS = [
    {"temperature": t, "top_k": k, "top_p": p, "min_p": m, "repetition_penalty": r}
    for t, k, p, m, r in [
        (1.0, 0, 1.0, 0.0, 1.0), (0.3, 0, 1.0, 0.0, 1.0), (2.0, 7, 1.0, 0.0, 1.0), (0.8, 40, 0.9, 0.0, 1.1),
        (1.3, 0, 0.5, 0.0, 0.5), (1.0, 0, 0.99, 0.2, 2.0), (0.05, 1000, 0.3, 0.9, 1.5), (1.7, 1, 0.01, 1.0, 1.2),
    ]
]  # fmt: skip


@pytest.mark.parametrize("settings", KNOBS, ids=str)
def test_the_browsers_stages_are_transformers_warpers(scripts, settings):
    generator = torch.Generator().manual_seed(0)
    logits = (4 * torch.randn(600, generator=generator)).round(decimals=1)  # rounded: ties
    seen = torch.randint(0, 600, (30,), generator=generator).tolist()
    got = scripts.evaluate(
        """([logits, seen, settings]) => new playground.sampling.Position(Float32Array.from(logits), seen)
            .stages(settings).map((stage) => ({ name: stage.name, kept: stage.kept, bits: stage.entropyBits,
              p: logits.map((_, id) => stage.p(id)), keeps: logits.map((_, id) => stage.keeps(id)) }))""",
        [logits.tolist(), seen, settings],
    )
    assert [stage["name"] for stage in got] == ["model", "repetition_penalty", "temperature", "top_k", "top_p", "min_p"]
    for stage, (p, keeps) in zip(got, warped(logits, seen, settings), strict=True):
        if stage["kept"] != keeps.sum():  # top-p may end among equals: then which of them stay is the sort's choice
            pytest.fail(f"{stage['name']}: {stage['kept']} kept, transformers keeps {keeps.sum()}")
        np.testing.assert_allclose(sorted(stage["p"]), sorted(p), atol=1e-6)
        assert stage["bits"] == pytest.approx(-(p[p > 0] * np.log2(p[p > 0])).sum(), abs=1e-5)
        if stage["name"] not in ("top_p", "min_p"):
            assert stage["keeps"] == keeps.tolist()


def test_temperature_zero_is_the_arg_max(scripts):
    kept, p = scripts.evaluate(
        """() => { const position = new playground.sampling.Position(Float32Array.of(1, 3, 2, 3));
             const last = position.stages({ temperature: 0 }).at(-1);
             return [last.kept, [0, 1, 2, 3].map((id) => last.p(id))]; }"""
    )
    assert (kept, p) == (1, [0, 1, 0, 0])


# ---------------------------------------------------------------- next-word bars and the waterfall


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


# ---------------------------------------------------------------- the token strip


def frames(run: dict, size: int = 7) -> list[dict]:
    """`run` as the server streams it: new tokens only, then everything."""
    going = {"run": run["run"], "state": "running"}
    out = [going | {"state": "queued", "position": 3, "settings": run["settings"]}]
    out.append(going | {"model": run["model"], "prompt_tokens": run["prompt_tokens"], "samples": []})
    for start in range(0, len(run["samples"][0]["tokens"]), size):
        new = [sample["tokens"][start : start + size] for sample in run["samples"]]
        samples = [{"sample": j, "start": start, "tokens": tokens, "text": ""} for j, tokens in enumerate(new)]
        out.append(going | {"samples": samples})
    return [*out, run]


def stream(page, run: dict, size: int = 7) -> None:
    page.evaluate("(frames) => frames.forEach((frame) => set('token_strip', frame))", frames(run, size))


@pytest.fixture
def strip(page):
    return open_widgets(page, ("token_strip", "branches"))


def strip_text(page) -> str:
    return page.evaluate(
        """() => [...document.querySelectorAll(".pg-tok")].flatMap((token) => [...token.childNodes])
            .filter((part) => !part.ariaHidden).map((part) => part.textContent).join("")"""
    )


def test_streamed_tokens_make_the_text_and_are_drawn_once(strip):
    run = SAMPLE["run"]
    strip.evaluate("(frames) => frames.forEach((frame) => set('token_strip', frame))", frames(run)[:4])
    strip.evaluate("() => { window.firstToken = document.querySelector('.pg-tok'); }")
    stream(strip, run)
    assert strip_text(strip) == run["samples"][0]["text"]
    assert strip.evaluate("firstToken === document.querySelector('.pg-tok')")
    strip.get_by_role("tab", name="Sample 2").click()
    assert strip_text(strip) == run["samples"][1]["text"]


def test_a_lost_frame_leaves_no_hole(strip):
    run = SAMPLE["run"]
    some = frames(run)
    strip.evaluate("(frames) => frames.forEach((frame) => set('token_strip', frame))", [*some[:3], some[5]])
    assert strip_text(strip) == "".join(t["text"] for t in run["samples"][0]["tokens"][:7])
    stream(strip, run)
    assert strip_text(strip) == run["samples"][0]["text"]


def test_waiting_explains_itself(strip):
    assert "Press Run" in strip.locator(".pg-strip").inner_text()
    first, second, *_ = frames(SAMPLE["run"])
    strip.evaluate("(frame) => set('token_strip', frame)", first)
    assert "number 3" in strip.locator(".pg-strip").inner_text()
    strip.evaluate("(frame) => set('token_strip', frame)", second | {"state": "loading", "progress": 0.25})
    assert "25.0%" in strip.locator(".pg-strip").inner_text()
    error = {"key": "model_file_broken", "values": {"file": "tales.safetensors"}, "sentence": "?"}
    strip.evaluate("(frame) => set('token_strip', frame)", {"run": first["run"], "state": "done", "error": error})
    assert "tales.safetensors" in strip.locator(".pg-strip").inner_text()


def test_a_token_tells_its_numbers_and_branches(strip):
    run = SAMPLE["run"]
    stream(strip, run)
    tokens = run["samples"][0]["tokens"]
    strip.locator(".pg-tok").nth(8).hover()
    facts = strip.locator(".pg-fact dd:not(.pg-fact-hint)").all_inner_texts()
    p, bits = math.exp(tokens[8]["logprob"]), -tokens[8]["logprob"] / math.log(2)
    assert float(facts[0].rstrip("%")) == pytest.approx(100 * p, rel=5e-3)
    assert facts[1:3] == [str(tokens[8]["rank"]), f"{bits:.2f} bits"]
    assert float(facts[3].rstrip("%")) == pytest.approx(100 * tokens[8]["q"], rel=5e-3)
    strip.locator(".pg-tok").nth(8).click()
    strip.locator(".pg-tok").nth(2).hover()  # pinned: it stays
    assert strip.locator(".pg-fact dd:not(.pg-fact-hint)").all_inner_texts() == facts
    strip.locator(".pg-alternative").nth(1).click()
    (event,) = strip.evaluate("events")
    other = tokens[8]["top"][1][0]
    assert (event["type"], event["data"]["position"], event["data"]["id"]) == ("branch", 8, other)
    assert event["data"]["prefix_ids"] == [t["id"] for t in tokens[:8]] + [other]


def test_arrow_keys_walk_the_tokens(strip):
    stream(strip, SAMPLE["run"])
    strip.locator(".pg-tok").first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End"):
        strip.keyboard.press(key)
    assert strip.evaluate("document.activeElement.dataset.index") == str(len(SAMPLE["run"]["samples"][0]["tokens"]) - 1)
    assert strip.locator(".pg-tok[tabindex='0']").count() == 1
    strip.keyboard.press("Enter")
    assert strip.evaluate("document.activeElement.dataset.pinned") == ""


def test_pieces_of_a_character_show_and_so_does_the_whole(strip):
    run = copy.deepcopy(SAMPLE["run"])
    pieces = [["F0 9F", "⟨F0 9F⟩"], ["98 80", "⟨98 80⟩"], ["E4 BD", "⟨E4 BD⟩"]]
    token = run["samples"][0]["tokens"][0]
    tokens = [token | {"bytes": hexes, "text": text} for hexes, text in pieces]
    run["samples"] = [{"start": 0, "text": "😀", "finish_reason": "length", "tokens": tokens}]
    stream(strip, run, size=1)
    assert strip.locator(".pg-tok").all_inner_texts() == ["⟨F0 9F⟩", "⟨98 80⟩", "⟨E4 BD⟩"]
    assert strip.locator(".pg-whole").all_inner_texts() == ["😀"]
    assert strip.evaluate("(t) => playground.tokens.join(t)", run["samples"][0]["tokens"]) == "😀"


def test_hostile_text_shows_as_text(page):
    run = copy.deepcopy(SAMPLE["run"])
    token = run["samples"][0]["tokens"][0]
    top = [[100 + i, text, -1.0 - i] for i, text in enumerate(HOSTILE[:10])]
    tokens = [token | {"id": 100 + i, "text": text, "top": top} for i, text in enumerate(HOSTILE)]
    run |= {"prompt_tokens": tokens, "samples": [{"start": 0, "tokens": tokens, "text": "x", "finish_reason": "stop"}]}
    texts = {i: HOSTILE[n % len(HOSTILE)] for n, i in enumerate(SAMPLE["next"]["texts"])}
    open_widgets(page, ALL, {"next_word": SAMPLE["next"] | {"texts": texts}})
    stream(page, run)
    page.wait_for_selector(".pg-tree-row")
    for i in range(len(HOSTILE)):
        page.locator(".pg-tok").nth(i).dispatch_event("click")
    assert page.evaluate("window.pwned") is None
    assert page.locator(".pg-widget :is(script, img)").count() == 0
    shown = page.locator(".pg-strip-text").inner_text()
    assert "<script>window.pwned=1</script>" in shown and "${window.pwned=1}" in shown and "{{value}}" in shown
    assert "\u202e" not in page.locator("main").inner_text()
    for width in (390, 1200):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("dark", [False, True])
def test_every_step_of_the_scale_can_be_read(strip, dark):
    strip.evaluate("(dark) => document.body.classList.toggle('dark', dark)", dark)
    stream(strip, SAMPLE["run"])
    colours = strip.evaluate(
        """() => { const token = document.querySelector('.pg-tok');
             return Array.from({ length: 11 }, (_, bits) => { token.dataset.bits = bits;
               const style = getComputedStyle(token); return [style.color, style.backgroundColor]; }); }"""
    )
    assert len({background for _, background in colours}) == 11
    for ink, background in colours:
        light, low = sorted((luminance(ink), luminance(background)), reverse=True)
        assert (light + 0.05) / (low + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """WCAG relative luminance of "rgb(r, g, b)"."""
    channels = [int(c) / 255 for c in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


# ---------------------------------------------------------------- branches and the file


def test_a_branch_hangs_from_where_it_left(strip):
    stream(strip, SAMPLE["run"])
    stream(strip, SAMPLE["branch"])
    parent = strip.evaluate("(run) => playground.story.records.get(run).parent", SAMPLE["branch"]["run"])
    prefix = SAMPLE["branch"]["settings"]["prefix_ids"]
    assert parent == {"run": SAMPLE["run"]["run"], "sample": 0, "position": len(prefix) - 1, "id": prefix[-1]}
    assert strip_text(strip).endswith(SAMPLE["branch"]["samples"][0]["text"])
    strip.wait_for_selector(".pg-tree-row:nth-of-type(3)", state="attached")
    rows = strip.get_by_role("treeitem")
    assert [rows.nth(i).get_attribute("aria-level") for i in range(rows.count())] == ["1", "2", "1"]
    rows.nth(0).click()
    assert strip_text(strip) == SAMPLE["run"]["samples"][0]["text"]
    rows.nth(0).focus()
    strip.keyboard.press("ArrowRight")
    strip.keyboard.press("Enter")
    assert strip_text(strip).endswith(SAMPLE["branch"]["samples"][0]["text"])
    assert strip.locator(".pg-tree-row[aria-selected=true]").count() == 1


def test_looking_at_a_branch_while_another_run_streams(strip):
    stream(strip, SAMPLE["run"])
    strip.evaluate("(frames) => frames.forEach((frame) => set('token_strip', frame))", frames(SAMPLE["branch"])[:3])
    strip.evaluate("(run) => playground.story.show(run, 1)", SAMPLE["run"]["run"])
    stream(strip, SAMPLE["branch"])
    assert strip_text(strip) == SAMPLE["run"]["samples"][1]["text"]


def drop_file(page, name: str, content: str) -> None:
    file = {"name": name, "mimeType": "application/json", "buffer": content.encode()}
    page.locator("input[type=file]").set_input_files(file)


def test_a_saved_story_opens_again(strip):
    stream(strip, SAMPLE["run"])
    stream(strip, SAMPLE["branch"])
    controls = SAMPLE["run"]["settings"] | {"seed": 99}
    strip.evaluate("(settings) => playground.emit('text.settings', settings)", controls)
    strip.wait_for_selector(".pg-tree-row:nth-of-type(3)", state="attached")
    with strip.expect_download() as saved:
        strip.get_by_role("button", name="Save everything").click()
    content = saved.value.path().read_text("utf-8")
    trace = json.loads(content)
    assert (trace["format"], trace["version"]) == ("aigc-playground/text", 1)
    assert [run["run"] for run in trace["runs"]] == [SAMPLE["run"]["run"], SAMPLE["branch"]["run"]]
    assert trace["runs"][0]["samples"][1]["tokens"] == SAMPLE["run"]["samples"][1]["tokens"]

    strip.get_by_role("button", name="Forget all").click()
    drop_file(strip, "story.json", content)
    strip.wait_for_selector("text=Runs opened: 2.")
    again = strip.evaluate(
        "playground.traceFile.write(playground.story.records.values(), playground.last('text.settings'))"
    )
    assert again == {k: v for k, v in trace.items() if k != "saved"}
    assert strip_text(strip).endswith(SAMPLE["branch"]["samples"][0]["text"])
    assert strip.evaluate("events.at(-1)")["data"]["settings"] == controls


def test_forgetting_everything_empties_the_page(strip):
    stream(strip, SAMPLE["run"])
    strip.wait_for_selector(".pg-tree-row")
    strip.get_by_role("button", name="Forget all").click()
    strip.wait_for_selector(".pg-tree-row", state="detached")
    assert strip.locator(".pg-tok").count() == 0
    assert "Press Run" in strip.locator(".pg-strip").inner_text()


def damaged(change) -> str:
    """A saved file with one thing wrong."""
    run = copy.deepcopy(SAMPLE["run"])
    trace = {"format": "aigc-playground/text", "version": 1, "runs": [run]}
    change(trace, run)
    return json.dumps(trace)


@pytest.mark.parametrize(
    "content, sentence",
    [
        ("not json at all", "not JSON"),
        ("[1, 2]", "does not say that it is aigc-playground/text"),
        ('{"format": "aigc-playground/images", "version": 1}', "does not say that it is"),
        (damaged(lambda trace, run: trace.update(version=2)), "version 2"),
        (damaged(lambda trace, run: trace.update(runs=[])), "no run"),
        (damaged(lambda trace, run: trace.update(runs={"0": run})), "runs"),
        (damaged(lambda trace, run: run["samples"][0]["tokens"][3].update(id="x")), "runs[0].samples[0].tokens[3].id"),
        (damaged(lambda trace, run: run["settings"].update(temperature="hot")), "runs[0].settings.temperature"),
        (damaged(lambda trace, run: run.pop("settings")), "runs[0].settings"),
        (damaged(lambda trace, run: run.update(parent={"run": "x", "sample": 0, "position": 0, "id": 1})), "parent"),
        (damaged(lambda trace, run: trace.update(runs=[run, run])), "runs"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_one_gets_a_sentence(scripts, content, sentence):
    said = scripts.evaluate(
        """(content) => { try { playground.traceFile.read(content); }
             catch (error) { return playground.words(error.key, error.values); } return "it was read"; }""",
        content,
    )
    assert sentence in said and "text.widgets" not in said


def test_a_bad_file_leaves_what_was_there(strip):
    stream(strip, SAMPLE["run"])
    drop_file(strip, "story.json", "not json at all")
    assert "not JSON" in strip.locator(".pg-toast").inner_text()
    assert strip_text(strip) == SAMPLE["run"]["samples"][0]["text"]


def test_a_file_is_dropped_anywhere_on_the_page(strip):
    trace = {"format": "aigc-playground/text", "version": 1, "runs": [SAMPLE["run"]]}
    strip.evaluate(
        """(content) => { const dataTransfer = new DataTransfer();
             dataTransfer.items.add(new File([content], "story.json"));
             document.querySelector("main").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true })); }""",
        json.dumps(trace),
    )
    strip.wait_for_selector("text=Runs opened: 1.")
    assert strip_text(strip) == SAMPLE["run"]["samples"][0]["text"]


def test_a_huge_file_is_not_even_read(strip):
    strip.evaluate("() => playground.openTrace(new File([new Uint8Array(100e6)], 'story.json'))")
    assert "100.0 MB" in strip.locator(".pg-toast").inner_text()


# ---------------------------------------------------------------- words


def test_every_word_of_the_widgets_is_in_both_locales():
    ours = [WIDGETS / name for name in ("reading.js", "tokens.js", "trace_file.js")]
    ours += [WIDGETS / name / "widget.js" for name in ("token_strip", "next_word", "waterfall", "branches")]
    for path in ours:
        keys = re.findall(r'words\((?:[^"()]*\? )?"([\w.]+)"', path.read_text("utf-8"))
        for language in words.LANGUAGES:
            missing = [key for key in keys if key not in words.dictionary(language)]
            assert not missing, (path.name, language)


def test_chinese_words_on_a_chinese_page(browser_of):
    page = browser_of(locale="zh-CN")
    open_widgets(page, ("next_word",), {"next_word": SAMPLE["next"]})
    assert "下一个词" in page.locator(".pg-next h3").inner_text()


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_serious(page, accessible, dark):
    open_widgets(page, ALL, {"next_word": SAMPLE["next"]}, dark)
    stream(page, SAMPLE["run"])
    stream(page, SAMPLE["branch"])
    page.locator(".pg-tok").nth(8).click()
    give_settings(page, top_k=5)
    accessible(page)
