"""The token strip: streaming, numbers, keys, branching, pieces of characters, hostile text, contrast."""

from __future__ import annotations

import copy
import math
import re

import pytest

from tests.browser.widgets.page import ALL, SAMPLE, frames, open_widgets, stream, strip_text

HOSTILE = [
    "<script>window.pwned=1</script>", "<img src=x onerror=window.pwned=1>", "${window.pwned=1}", "{{value}}",
    "مرحبا", "\u202egnp.exe", "e\u0301\u0302\u0303", "\u0301", "\x00", "a" * 10_000, "", "\n\n\t ", "🧪",
]  # fmt: skip


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


def test_a_prompt_is_shown_as_it_was_written_and_signs_to_the_model_quietly(strip):
    pieces = [{"id": 9, "text": f"⟨{byte:02X}⟩", "bytes": f"{byte:02X}"} for byte in "م月".encode()]
    broken = {"id": 8, "text": "⟨F0⟩", "bytes": "F0"}
    prompt = [{"id": 1, "text": "[BOS]"}, {"id": 2, "text": "a"}, *pieces, broken]
    run = {"run": "pieces", "state": "done", "prompt_tokens": prompt, "settings": SAMPLE["run"]["settings"]}
    end = [{"id": 3, "text": "b", "logprob": -1.0, "rank": 1}, {"id": 4, "text": "[EOS]", "logprob": -1.0, "rank": 1}]
    run["samples"] = [{"sample": 0, "start": 0, "tokens": end, "text": "b", "finish_reason": "eos"}]
    strip.evaluate("(run) => set('token_strip', run)", run)
    assert strip.locator(".pg-strip-prompt").inner_text() == "[BOS]aم月⟨F0⟩"
    assert strip.locator(".pg-special").all_inner_texts() == ["[BOS]", "[EOS]"]
    assert strip.evaluate("playground.tokens.join(playground.story.records.get('pieces').samples[0].tokens)") == "b"
    strip.evaluate("(settings) => playground.emit('text.settings', settings)", run["settings"])
    assert strip.evaluate("playground.text.path()") == [3]  # the odds of the place where the text ended


def test_simplified_readers_are_told_of_the_conversion(strip):
    note = strip.get_by_text("Traditional characters")
    stream(strip, SAMPLE["run"])
    assert not note.is_visible()
    run = copy.deepcopy(SAMPLE["run"]) | {"run": "converted"}
    run["samples"][0]["tokens"][0]["shown"] = "云"
    strip.evaluate("(run) => set('token_strip', run)", run)
    assert note.is_visible()
