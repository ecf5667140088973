"""The branch tree, and the one file in which a story is saved and opened again."""

from __future__ import annotations

import copy
import json

import pytest

from tests.browser.widgets.page import SAMPLE, frames, stream, strip_text


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
    new = {"presence_penalty": 0.3, "frequency_penalty": -0.2, "banned": "the\n<b>", "forced": "月"}
    controls = SAMPLE["run"]["settings"] | new | {"seed": 99}
    strip.evaluate("(settings) => playground.emit('text.settings', settings)", controls)
    strip.wait_for_selector(".pg-tree-row:nth-of-type(3)", state="attached")
    with strip.expect_download() as saved:
        strip.get_by_role("button", name="Save everything").click()
    content = saved.value.path().read_text("utf-8")
    trace = json.loads(content)
    assert (trace["format"], trace["version"]) == ("aigc-playground/text", 1)
    assert [run["run"] for run in trace["runs"]] == [SAMPLE["run"]["run"], SAMPLE["branch"]["run"]]
    neutral = {"presence_penalty": 0, "frequency_penalty": 0, "banned": "", "forced": ""}
    assert trace["settings"] == controls
    assert trace["runs"][0]["settings"] == SAMPLE["run"]["settings"] | neutral  # it was made by an older page
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


def test_a_file_from_before_there_were_masks_opens_with_defaults(scripts):
    older = {"format": "aigc-playground/text", "version": 1, "runs": [SAMPLE["run"]]}
    settings = scripts.evaluate("(content) => playground.traceFile.read(content).settings", json.dumps(older))
    neutral = {"presence_penalty": 0, "frequency_penalty": 0, "banned": "", "forced": ""}
    assert settings == SAMPLE["run"]["settings"] | neutral


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
        (damaged(lambda trace, run: run["settings"].update(banned=["the"])), "runs[0].settings.banned"),
        (damaged(lambda trace, run: run["settings"].update(presence_penalty="1")), "runs[0].settings.presence_penalty"),
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
