"""The functions of Gradio that are mended, beside those that they replace: the same answers on made-up pages."""

from __future__ import annotations

import random

from components.gradio_script import FIXES

(EVENTS, EVENTS_MENDED), (FIND, FIND_MENDED) = FIXES.items()
ATTACHED = """([texts, listeners, ids]) => texts.map((text) => {
  const tree = eval(`({ ${text} })`);
  const asked = (id) => tree.find_attached_events({ id, props: { shared_props: {} } }, listeners);
  return ids.map((id) => asked(id).props.shared_props.attached_events); })"""
FOUND = """([texts, tree, ids]) => texts.map((text) => {
  const find = eval(`(() => { ${text}; return Z; })()`);
  return ids.map((id) => find(tree, id)?.name ?? null); })"""


def tree(rng: random.Random, ids: list[int], depth: int = 0) -> dict:
    """A tree of components; an id may stand there twice, and some have no children at all."""
    node = {"id": rng.choice(ids), "name": rng.random()}
    if depth < 4:
        node["children"] = [tree(rng, ids, depth + 1) for _ in range(rng.randrange(4))]
    return node


def test_the_events_of_a_component_are_those_that_gradio_finds(browser):
    rng, page = random.Random(0), browser.new_page()
    events = ["click", "change", None, "input"]
    listeners = [
        {"targets": [[rng.randrange(12), rng.choice(events)] for _ in range(rng.randrange(5))]} for _ in range(60)
    ]
    theirs, ours = page.evaluate(ATTACHED, [[EVENTS, EVENTS_MENDED], listeners, list(range(14))])
    assert ours == theirs and any(theirs)
    page.close()


def test_the_node_of_an_id_is_the_one_that_gradio_finds(browser):
    rng, page = random.Random(1), browser.new_page()
    root = {"id": -1, "children": [tree(rng, list(range(40))) for _ in range(5)]}
    theirs, ours = page.evaluate(FOUND, [[FIND, FIND_MENDED], root, [-1, *range(45)]])
    assert ours == theirs and any(theirs)
    page.close()
