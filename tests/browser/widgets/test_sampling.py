"""The stages that the browser computes are those of transformers' own warpers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.browser.widgets.warped import warped

KNOBS = [
    {"temperature": t, "top_k": k, "top_p": p, "min_p": m, "repetition_penalty": r}
    for t, k, p, m, r in [
        (1.0, 0, 1.0, 0.0, 1.0), (0.3, 0, 1.0, 0.0, 1.0), (2.0, 7, 1.0, 0.0, 1.0), (0.8, 40, 0.9, 0.0, 1.1),
        (1.3, 0, 0.5, 0.0, 0.5), (1.0, 0, 0.99, 0.2, 2.0), (0.05, 1000, 0.3, 0.9, 1.5), (1.7, 1, 0.01, 1.0, 1.2),
    ]
]  # fmt: skip


SIX = ["model", "repetition_penalty", "temperature", "top_k", "top_p", "min_p"]
COUNTS = {str(token): 1 + token % 4 for token in range(0, 600, 7)}
BENT = [
    {"presence_penalty": 0.7, "frequency_penalty": 0.0},
    {"presence_penalty": -2.0, "frequency_penalty": 1.3},
    {"banned": list(range(0, 600, 5))},
    {"allowed": list(range(0, 600, 50))},
    {"presence_penalty": 0.5, "frequency_penalty": -0.4, "banned": [100, 101, 102], "allowed": list(range(90, 140))},
]


@pytest.mark.parametrize("settings", KNOBS, ids=str)
def test_the_browsers_stages_are_transformers_warpers(scripts, settings):
    assert [stage["name"] for stage in held_to_transformers(scripts, settings)] == SIX


@pytest.mark.parametrize("knobs", KNOBS[::3], ids=str)
@pytest.mark.parametrize("bent", BENT, ids=lambda bent: "+".join(bent))
def test_penalties_and_masks_are_stages_of_their_own(scripts, bent, knobs):
    got = held_to_transformers(scripts, {**knobs, **bent, "counts": COUNTS})
    counted, masked = "presence_penalty" in bent, "banned" in bent or "allowed" in bent
    expected = [*SIX[:2], *["penalties"] * counted, *["words"] * masked, *SIX[2:]]
    assert [stage["name"] for stage in got] == expected


def test_a_place_with_words_that_mask_nothing_has_their_stage_all_the_same(scripts):
    got = scripts.evaluate(
        """() => new playground.sampling.Position(Float32Array.of(1, 3, 2), [], { banned: [] })
            .stages({ presence_penalty: 1 }).map(({ name, kept, changes }) => [name, kept, changes])"""
    )
    assert [name for name, _, _ in got] == [*SIX[:2], "penalties", "words", *SIX[2:]]
    assert got[2:4] == [["penalties", 3, False], ["words", 3, False]]


def held_to_transformers(scripts, settings: dict) -> list[dict]:
    """The browser's stages of some logits; each must be what transformers' processors make of them."""
    generator = torch.Generator().manual_seed(0)
    logits = (4 * torch.randn(600, generator=generator)).round(decimals=1)  # rounded: ties
    seen = torch.randint(0, 600, (30,), generator=generator).tolist()
    got = scripts.evaluate(
        """([logits, seen, settings]) => new playground.sampling.Position(Float32Array.from(logits), seen, settings)
            .stages(settings).map((stage) => ({ name: stage.name, kept: stage.kept, bits: stage.entropyBits,
              p: logits.map((_, id) => stage.p(id)), keeps: logits.map((_, id) => stage.keeps(id)) }))""",
        [logits.tolist(), seen, settings],
    )
    for stage, (p, keeps) in zip(got, warped(logits, seen, settings), strict=True):
        if stage["kept"] != keeps.sum():  # top-p may end among equals: then which of them stay is the sort's choice
            pytest.fail(f"{stage['name']}: {stage['kept']} kept, transformers keeps {keeps.sum()}")
        np.testing.assert_allclose(sorted(stage["p"]), sorted(p), atol=1e-6)
        assert stage["bits"] == pytest.approx(-(p[p > 0] * np.log2(p[p > 0])).sum(), abs=1e-5)
        if stage["name"] not in ("top_p", "min_p"):
            assert stage["keeps"] == keeps.tolist()
    return got


def test_moving_a_slider_back_and_forth_comes_back_to_the_same(scripts):
    """Rankings are made from one another, and the order in which the knobs were turned must not matter."""
    first, again = scripts.evaluate(
        """() => { const logits = Float32Array.from({ length: 500 }, (_, i) => Math.round(40 * Math.sin(7 * i)) / 10);
             const past = { counts: { 3: 2, 9: 1, 450: 5 }, banned: [1, 2, 9], allowed: null };
             const final = (position, knobs) => Array.from(position.stages(knobs).at(-1).ranking.order);
             const knobs = { repetition_penalty: 1.3, presence_penalty: 0.5, frequency_penalty: 0.2, temperature: 1 };
             const fresh = new playground.sampling.Position(logits, [3, 4, 9], past);
             const turned = new playground.sampling.Position(logits, [3, 4, 9], past);
             for (const change of [{ presence_penalty: 2 }, { repetition_penalty: 0.5 }, { frequency_penalty: -2 }, {}])
               turned.stages({ ...knobs, ...change });
             return [final(fresh, knobs), final(turned, knobs)]; }"""
    )
    assert first == again


def test_temperature_zero_is_the_arg_max(scripts):
    kept, p = scripts.evaluate(
        """() => { const position = new playground.sampling.Position(Float32Array.of(1, 3, 2, 3));
             const last = position.stages({ temperature: 0 }).at(-1);
             return [last.kept, [0, 1, 2, 3].map((id) => last.p(id))]; }"""
    )
    assert (kept, p) == (1, [0, 1, 0, 0])
