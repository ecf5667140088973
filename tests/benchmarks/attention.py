"""Attention to the browser against BertViz's way: python -m tests.benchmarks.attention

BertViz runs the model with output_attentions=True on the eager implementation and writes every weight of every head
into the page as JSON (`.tolist()`). Ours sends the same heads as 256 levels, and only what lies below the diagonal.

bytes   of the whole answer, for a text of 128 tokens and all heads; BertViz's are of the weights alone
time    from the text to those bytes, by turns on one thread; the ratio is the median of each turn's
memory  the most that a process takes beyond the loaded model, while it reads 1,024 tokens: for one head of one layer,
        against all layers eager; each in a process of its own
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

import playground
from playground.inference.cards import CARDS
from playground.inference.control import replay
from playground.inference.device import prepare_torch
from playground.inference.reading import LoadedModel, read
from playground.text.attention_maps import attention, one_head
from playground.text.attention_settings import AttentionSettings, HeadSettings

WEIGHTS = Path(playground.__file__).parent / "weights"
TALE = Path(__file__).parents[1] / "playground" / "held_out_tale.txt"
LENGTH, LONG = 128, 1024  # tokens
TURNS = 15


@dataclass
class Peer:
    """A model as BertViz's notebook loads it."""

    model: GPT2LMHeadModel
    tokenizer: Any

    def __call__(self, text: str) -> bytes:
        """What BertViz puts into the page, without its own script."""
        ids = self.tokenizer(text, return_tensors="pt").input_ids
        with torch.inference_mode():
            attentions = self.model(ids, output_attentions=True).attentions
        tokens = self.tokenizer.convert_ids_to_tokens(ids[0])
        attn = [layer[0].tolist() for layer in attentions]
        return json.dumps({"attn": attn, "left_text": tokens, "right_text": tokens}).encode()


def ours(loaded: LoadedModel, text: str) -> bytes:
    """The answer as it goes to the page."""
    *_, frame = replay(attention, AttentionSettings(text=text), [], {"tales": loaded})
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()


def embedded() -> tuple[LoadedModel, Peer, str]:
    """`tales`, as we have it and as BertViz would, and a text of LENGTH tokens that it has never read."""
    folder = WEIGHTS / "tales"
    loaded = read(next(card for card in CARDS if card.id == "tales"), "embedded", folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = GPT2LMHeadModel.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    text = tokenizer.decode(tokenizer(TALE.read_text()).input_ids[:LENGTH])
    return loaded, Peer(model, tokenizer), text


def seconds(run: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def compare() -> None:
    """The first two rows."""
    loaded, peer, text = embedded()
    mine, theirs = len(ours(loaded, text)), len(peer(text))
    report("bytes, all heads", mine, theirs, theirs / mine, 18, "B")
    turns = [(seconds(lambda: ours(loaded, text)), seconds(lambda: peer(text))) for _ in range(TURNS)]
    ratio = statistics.median(b / a for a, b in turns)
    a, b = (statistics.median(column) * 1000 for column in zip(*turns, strict=True))
    report("text to data", a, b, ratio, 5, "ms")


def long_model() -> GPT2LMHeadModel:
    """GPT-2's shape, with random numbers for weights: the memory is the same."""
    return GPT2LMHeadModel(GPT2Config(dtype=torch.float32)).eval().requires_grad_(False)


def peak(kind: str) -> int:
    """Bytes that this process took at most beyond the model, reading LONG tokens; run once a process."""
    prepare_torch()
    model = long_model()
    ids = torch.randint(1000, (1, LONG), generator=torch.Generator().manual_seed(0))
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of loading
    before = most()
    if kind == "eager":
        model.set_attn_implementation("eager")
        with torch.inference_mode():
            assert len(model(ids, output_attentions=True).attentions) == model.config.n_layer
    else:
        loaded = read_as(model, ids[0].tolist())
        *_, frame = replay(one_head, HeadSettings(text="x", layer=5, head=3), [], {"tales": loaded})
        assert frame["matrix"]["shape"] == [LONG, LONG]
    return most() - before


def most() -> int:
    """The most bytes of memory that this process has had since the peak was last forgotten. Linux only."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def read_as(model: GPT2LMHeadModel, ids: list[int]) -> LoadedModel:
    """`model` with the tokenizer of `tales`, which is made to say these ids of any text."""
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS / "tales", model_max_length=LONG)

    class Fixed(type(tokenizer)):
        def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
            return {"input_ids": ids}

    tokenizer.__class__ = Fixed
    card = next(card for card in CARDS if card.id == "gpt2")
    device = torch.device("cpu")
    return LoadedModel(card, "hub", model, tokenizer, device, 0, LONG, tokenizer.bos_token_id, ())


def report(name: str, mine: float, theirs: float, ratio: float, target: float, unit: str) -> None:
    print(f"{name:<28}{mine:>14,.0f}{theirs:>14,.0f} {unit:<3}{ratio:>7.1f}×{target:>7.1f}×", flush=True)


def main() -> None:
    if sys.argv[1:2] == ["--peak"]:
        print(peak(sys.argv[2]))
        return
    prepare_torch()  # one thread, as the playground has it
    print(f"{'':<28}{'ours':>14}{'BertViz':>14}{'':<4}{'ratio':>8}{'target':>8}")
    compare()
    run = [sys.executable, "-m", "tests.benchmarks.attention", "--peak"]
    mine, theirs = (
        int(subprocess.run([*run, kind], check=True, capture_output=True, text=True).stdout)
        for kind in ("one", "eager")
    )
    report("memory, one layer of long", mine / 1e6, theirs / 1e6, theirs / mine, 4, "MB")


if __name__ == "__main__":
    main()
