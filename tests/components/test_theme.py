"""Colours that can be read: WCAG 2 contrast, computed here from the formula of its definition."""

from __future__ import annotations

import pytest

from components.theme import MEANINGS, PAPER, Paper, variables

COLOURS = MEANINGS | PAPER


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_the_standards():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "card"])
def test_text_is_readable(ground: str, mode: int):
    for name in ("ink", "muted", "accent", "model", "real", "generated", "cut"):
        assert contrast(COLOURS[name][mode], COLOURS[ground][mode]) >= 4.5, name
    assert contrast(COLOURS["line-strong"][mode], COLOURS[ground][mode]) >= 3  # edges of controls
    for name in ("model-fill", "real-fill", "generated-fill"):
        assert contrast(COLOURS[name][mode], COLOURS[ground][mode]) >= 3, name


def test_the_fixed_colours_are_the_houses():
    assert [COLOURS[f"{name}-fill"][0] for name in ("model", "real", "generated")] == ["#0072B2", "#009E73", "#D55E00"]


def test_gradio_takes_them_all():
    css = Paper()._get_theme_css()
    assert variables() in css
    assert "http" not in css.replace("http://www.w3.org", "")  # nothing comes from another host
