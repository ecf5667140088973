"""Each stage against transformers' own logits processors; the draw against sorting everything."""

import itertools

import pytest
import torch
from transformers.generation.logits_process import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from playground.text.sampling import HEAD, Knobs, draw, gumbel, penalise_repetition, stages
from playground.text.settings import ShapeSettings

VOCABULARY = 1000
SHAPES = [
    ShapeSettings(temperature=t, top_k=k, top_p=p, min_p=m, repetition_penalty=r)
    for (t, r), k, p, m in itertools.product(
        [(0.3, 1.3), (1.0, 1.0), (1.7, 0.8)], [0, 1, 40, 300], [1.0, 0.9, 0.3], [0.0, 0.05, 1.0]
    )
]


def some_logits(seed: int, spread: float = 3.0) -> torch.Tensor:
    return torch.randn(VOCABULARY, generator=torch.Generator().manual_seed(seed)) * spread


def transformers_stages(logits, seen, shape):
    """name → probabilities (V,), by the library."""
    scores, walk = logits.unsqueeze(0), {}
    walk["model"] = scores
    if shape.repetition_penalty != 1:
        scores = RepetitionPenaltyLogitsProcessor(shape.repetition_penalty)(seen.unsqueeze(0), scores)
    walk["repetition_penalty"] = scores
    scores = TemperatureLogitsWarper(shape.temperature)(None, scores) if shape.temperature != 1 else scores
    walk["temperature"] = scores
    scores = TopKLogitsWarper(shape.top_k)(None, scores) if shape.top_k else scores
    walk["top_k"] = scores
    scores = TopPLogitsWarper(shape.top_p)(None, scores) if shape.top_p < 1 else scores
    walk["top_p"] = scores
    scores = MinPLogitsWarper(shape.min_p)(None, scores) if shape.min_p else scores
    walk["min_p"] = scores
    return {name: s.softmax(-1).squeeze(0) for name, s in walk.items()}


@pytest.mark.parametrize("number", range(len(SHAPES)))
def test_every_stage_is_transformers_own(number):
    shape, logits, seen = SHAPES[number], some_logits(number), torch.tensor([3, 1, 4, 1, 5])
    expected = transformers_stages(logits, seen, shape)
    walk = stages(logits, seen.unique(), shape)
    assert [stage.name for stage in walk] == list(expected)
    for stage in walk:
        torch.testing.assert_close(stage.p, expected[stage.name], atol=1e-5, rtol=1e-4)
        assert stage.kept == (expected[stage.name] > 0).sum()
        assert stage.p.double().sum().item() == pytest.approx(1, abs=1e-5)


def some_noise(seed: int, rows: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.stack([gumbel(VOCABULARY, generator) for _ in range(rows)])


@pytest.mark.parametrize("spread", [0.1, 3.0, 30.0])  # flat: the cut lies in the tail; steep: in the head
@pytest.mark.parametrize("number", range(0, len(SHAPES), 5))
def test_a_draw_is_the_largest_of_the_librarys_scores_with_noise(number, spread):
    shape, logits = SHAPES[number], some_logits(number, spread)
    neutral = ShapeSettings(**{**shape.as_dict(), "repetition_penalty": 1})
    p = transformers_stages(logits, torch.tensor([0]), neutral)["min_p"]
    for seed in range(20):
        noise = some_noise(seed)
        expected = (p.log() + noise[0]).argmax()
        token, q = draw(logits.unsqueeze(0), Knobs.of([neutral]), noise)
        assert token.item() == expected.item()
        assert q.item() == pytest.approx(p[expected].item(), rel=1e-3, abs=1e-6)


def test_draws_follow_the_distribution():
    shape = ShapeSettings(temperature=0.9, top_k=5)
    logits, n = some_logits(7), 20_000
    tokens, _ = draw(logits.expand(n, -1), Knobs.of([shape] * n), some_noise(1, n))
    p = stages(logits, torch.tensor([0]), shape)[-1].p
    expected = p * n
    counts = tokens.bincount(minlength=VOCABULARY).float()
    chi_squared = ((counts - expected)[p > 0] ** 2 / expected[p > 0]).sum()
    assert counts[p == 0].sum() == 0
    assert chi_squared < 18.5  # 4 degrees of freedom, p = 0.001


def test_rows_do_not_depend_on_their_company():
    logits = torch.stack([some_logits(seed) for seed in range(len(SHAPES))])
    noise = some_noise(2, len(SHAPES))
    together, q = draw(logits, Knobs.of(SHAPES), noise)
    for i, shape in enumerate(SHAPES):
        alone, q_alone = draw(logits[i : i + 1], Knobs.of([shape]), noise[i : i + 1])
        assert (alone.item(), q_alone.item()) == (together[i].item(), q[i].item())


def test_temperature_zero_is_the_arg_max_and_the_first_of_equals():
    logits = torch.zeros(1, VOCABULARY)
    logits[0, [17, 5, 900]] = 2.0
    for seed in range(10):
        token, q = draw(logits, Knobs.of([ShapeSettings(temperature=0)]), some_noise(seed))
        assert (token.item(), q.item()) == (5, 1.0)


def test_the_smallest_temperature_is_finite():
    walk = stages(some_logits(0), torch.tensor([1]), ShapeSettings(temperature=1e-300))
    assert all(stage.p.isfinite().all() for stage in walk)
    assert walk[-1].p.max() == 1


def test_entropy_of_equal_choices():
    walk = stages(torch.zeros(256), torch.tensor([0]), ShapeSettings(temperature=1, top_k=0))
    assert walk[0].entropy_bits == pytest.approx(8)


def test_ties_with_the_kth_stay():
    logits = torch.tensor([[3.0, 1.0, 1.0, 1.0, 0.0]])
    walk = stages(logits[0], torch.tensor([4]), ShapeSettings(temperature=1, top_k=2))
    assert (walk[3].p > 0).tolist() == (TopKLogitsWarper(2)(None, logits)[0].isfinite()).tolist()


def test_penalty_against_the_library():
    logits, seen = some_logits(3), torch.tensor([1, 2, 500])
    expected = RepetitionPenaltyLogitsProcessor(1.4)(seen.unsqueeze(0), logits.unsqueeze(0).clone())[0]
    torch.testing.assert_close(penalise_repetition(logits, seen, 1.4), expected)


def test_the_head_is_smaller_than_what_is_tested():
    assert HEAD < VOCABULARY  # else the tail's path would go untested
