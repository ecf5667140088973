"""The pad: what is drawn anywhere, at any size, comes out as MNIST has its digits."""

from __future__ import annotations

import numpy as np
import pytest

from tests.browser.widgets.page import open_widgets

L = [[[0.1, 0.1], [0.1, 0.5], [0.3, 0.5]]]  # an L, small, in a corner
PAD = """(strokes) => {
    window.told = [];
    const examples = playground.strokes.digits, onchange = (pixels) => told.push(pixels);
    window.pad = playground.drawingPad({ label: "pad", examples, onchange });
    document.querySelector("main").replaceChildren(pad.element);
    if (strokes) pad.set(strokes);
}"""


def image(page) -> np.ndarray:
    return np.array(page.evaluate("Array.from(pad.pixels())"), float).reshape(28, 28)


@pytest.fixture
def pad(page):
    open_widgets(page, ())
    page.evaluate(PAD, None)
    return page


@pytest.mark.parametrize("scale", [1.0, 0.5])
@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_a_digit_fits_the_box_and_its_mass_is_in_the_middle(pad, scale, shift):
    strokes = (np.array(L[0]) * scale + shift).tolist()
    pad.evaluate("(strokes) => pad.set(strokes)", [strokes])
    drawn = image(pad)
    rows = np.nonzero(drawn > 127)[0]
    assert 19 <= rows.max() - rows.min() + 1 <= 21  # the longer side fills the box of 20
    centre = [(drawn.sum(axis) * (np.arange(28) + 0.5)).sum() / drawn.sum() for axis in (0, 1)]
    assert centre == pytest.approx([14, 14], abs=0.35)


def test_keys_undo_and_clear_and_a_link_keeps_the_drawing(pad):
    pad.evaluate("(strokes) => pad.set([...strokes, [[0.5, 0.5], [0.9, 0.5]]])", L)
    canvas = pad.locator(".pg-pad-picture")
    canvas.press("Backspace")
    assert pad.evaluate("pad.strokes()") == L
    drawn = image(pad)
    again = pad.evaluate("Array.from(playground.digits.fromText(playground.digits.asText(pad.pixels())))")
    assert np.abs(np.reshape(again, (28, 28)) - drawn).max() <= 8.5
    assert pad.evaluate("playground.digits.fromText('0123')") is None
    canvas.press("Delete")
    assert pad.evaluate("[pad.pixels(), told.at(-1)]") == [None, None]


def test_a_mouse_draws_and_the_example_button_needs_none(pad):
    box = pad.locator(".pg-pad-picture").bounding_box()
    pad.mouse.move(box["x"] + 40, box["y"] + 40)
    pad.mouse.down()
    pad.mouse.move(box["x"] + 200, box["y"] + 200, steps=5)
    pad.mouse.up()
    assert image(pad).max() > 200 and pad.evaluate("told.length") >= 1
    pad.locator(".pg-pad-buttons button").first.click()
    assert pad.evaluate("pad.strokes().length") == 2  # a four
