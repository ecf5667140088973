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
