"""Time of our beam search with its whole tree against transformers' `generate`: python -m tests.benchmarks.beams

Ours tells every candidate as plain data, as the page and the API get it; `generate(num_beams=4)` gives the texts alone.
Both run on one thread, by turns, and must find the same texts; each figure is the median over the turns, and the ratio
the median of each turn's ratio. Target: at most 1.2 times its time.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from transformers import PreTrainedModel

from playground.inference.control import Control
from playground.inference.device import prepare_torch
from playground.inference.models import ModelStore
from playground.inference.reading import LoadedModel
from playground.text.beam import BeamSearch, beam_search
from playground.text.beam_frames import conclude
from playground.text.settings import BeamSettings
from tests.benchmarks.decoding import smollm2

BEAMS, NEW, PENALTY = 4, 30, 1.0
TURNS, TARGET = 9, 1.2
TALES_PROMPTS = ("Once upon a time", "The king", "A fox and a hen", "In the wood", "It was winter", "The old woman")


def with_its_tree(loaded: LoadedModel, prompt: str) -> list[list[int]]:
    """Ours, as the engine runs it: frames of the tree, and the last frame made of them."""
    settings = BeamSettings(prompt, loaded.card.id, num_beams=BEAMS, max_new_tokens=NEW, length_penalty=PENALTY)
    frames = list(beam_search(settings, Control(settings, {loaded.card.id: loaded})))
    sequences = conclude(settings, [frame for frame in frames if frame], "length")["sequences"]
    return [[token["id"] for token in sequence["tokens"]] for sequence in sequences]


def without_texts(model: PreTrainedModel, ids: list[int], ends: tuple[int, ...]) -> list[list[int]]:
    """Ours, for a model that has no tokenizer."""
    search = BeamSearch(model, ids, ends, BEAMS, NEW, PENALTY)
    while not search.done:
        search.advance()
    return [path(node) for node in search.finished]


def path(node) -> list[int]:
    return [] if node is None else [*path(node.parent), node.token]


def theirs(model: PreTrainedModel, ids: list[int], ends: tuple[int, ...]) -> list[list[int]]:
    prompt = torch.tensor([ids])
    out = model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        num_beams=BEAMS,
        num_return_sequences=BEAMS,
        do_sample=False,
        max_new_tokens=NEW,
        length_penalty=PENALTY,
        eos_token_id=list(ends),
        pad_token_id=0,
    )
    return out[:, len(ids) :].tolist()


def compare(turns: list[tuple[Callable, Callable]]) -> tuple[float, float, float]:
    """Seconds of ours and of theirs, and the ratio, over (ours, theirs) of each turn; the first turn is to warm up."""
    times = []
    for ours, peer in turns:
        mine, other = seconds(ours), seconds(peer)
        same = all(b[: len(a)] == a for a, b in zip(mine[1], other[1], strict=True))  # theirs are filled up behind
        assert same, "both must find the same texts"
        times.append((mine[0], other[0]))
    mine, other = zip(*times[1:], strict=True)
    return statistics.median(mine), statistics.median(other), statistics.median(a / b for a, b in times[1:])


def seconds(run: Callable) -> tuple[float, list[list[int]]]:
    start = time.perf_counter()
    found = run()
    return time.perf_counter() - start, found


def tales_turns() -> list[tuple[Callable, Callable]]:
    loaded, turns = ModelStore().load("tales").result(), []
    for turn in range(TURNS + 1):
        prompt = TALES_PROMPTS[turn % len(TALES_PROMPTS)]
        ids = loaded.tokenizer(prompt)["input_ids"]
        turns.append((lambda p=prompt: with_its_tree(loaded, p), lambda i=ids: theirs(loaded.model, i, loaded.eos_ids)))
    return turns


def smollm2_turns() -> list[tuple[Callable, Callable]]:
    model, turns = smollm2(), []
    for turn in range(4):
        ids = torch.randint(model.config.vocab_size, (16,), generator=torch.Generator().manual_seed(turn)).tolist()
        turns.append((lambda i=ids: without_texts(model, i, (0,)), lambda i=ids: theirs(model, i, (0,))))
    return turns


ROWS = [("tales, its tree told", tales_turns), ("SmolLM2-135M's shape", smollm2_turns)]


def main() -> None:
    prepare_torch()  # one thread, as the playground has it
    torch.manual_seed(0)
    print(f"{f'{BEAMS} beams × {NEW} tokens':<28}{'ours, s':>10}{'generate':>10}{'ratio':>8}{'target':>8}")
    for name, turns in ROWS:
        mine, peer, ratio = compare(turns())
        print(f"{name:<28}{mine:>10.3f}{peer:>10.3f}{ratio:>7.2f}×{TARGET:>7.2f}×", flush=True)


if __name__ == "__main__":
    main()
