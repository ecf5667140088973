"""A thousand draws of one token against a loop of torch.multinomial: python -m tests.benchmarks.draws

Ours starts from the logits and ends with what the page gets: every stage of the distribution, the draws, their counts
and the test of the fit. The loop is given the finished distribution and only draws from it, one token a call. Both run
on one thread, by turns; each figure is the median over the turns, the ratio the median of each turn's ratio. A turn of
ours is many experiments, to last about as long as the loop: else a busy machine, which takes its time in slices, would
hit the shorter of the two harder.
"""

from __future__ import annotations

import statistics

import torch
from torch import Tensor

from playground.inference.device import prepare_torch
from playground.text.draws import experiment, told
from playground.text.sampling import stages
from playground.text.settings import DrawSettings
from tests.benchmarks.decoding import seconds

SEEN = torch.arange(20)  # token ids in the context
TURNS, EXPERIMENTS = 9, 80


def ours(logits: Tensor, p: Tensor, settings: DrawSettings) -> None:
    for _ in range(EXPERIMENTS):
        final = stages(logits, SEEN, settings)[-1].p.double()
        final = final / final.sum()
        outcome = told(final, *experiment(final, settings), settings)
        assert sum(cell["count"] for cell in (*outcome["tokens"], outcome["other"])) == settings.draws


def theirs(logits: Tensor, p: Tensor, settings: DrawSettings) -> None:
    generator = torch.Generator().manual_seed(settings.seed)
    drawn = [torch.multinomial(p, 1, generator=generator) for _ in range(settings.draws)]
    assert len(drawn) == settings.draws


def compare(vocabulary: int, settings: DrawSettings) -> tuple[float, float, float]:
    """Milliseconds of one experiment of ours and of the loop, and the ratio."""
    logits = 3 * torch.randn(vocabulary, generator=torch.Generator().manual_seed(0))
    p = stages(logits, SEEN, settings)[-1].p
    arguments = logits, p, settings
    pairs = [(seconds(ours, *arguments) / EXPERIMENTS, seconds(theirs, *arguments)) for _ in range(TURNS + 1)][1:]
    mine, peer = (1000 * statistics.median(column) for column in zip(*pairs, strict=True))
    return mine, peer, statistics.median(theirs / ours for ours, theirs in pairs)


ROWS = [  # name, tokens of the vocabulary, settings, at least
    ("vocabulary of tales", 4096, DrawSettings(), 50.0),
    ("the same, filtered", 4096, DrawSettings(top_k=50, top_p=0.9, repetition_penalty=1.1), 50.0),
    ("vocabulary of GPT-2", 50257, DrawSettings(), 50.0),
]


def main() -> None:
    prepare_torch()  # one thread, as the playground has it
    print(f"{'1,000 draws, ms':<28}{'ours':>10}{'loop':>10}{'ratio':>8}{'target':>8}")
    for name, vocabulary, settings, target in ROWS:
        mine, peer, ratio = compare(vocabulary, settings)
        print(f"{name:<28}{mine:>10.2f}{peer:>10.1f}{ratio:>7.0f}×{target:>7.0f}×", flush=True)


if __name__ == "__main__":
    main()
