"""Training without the mask: one small transformer trained twice on a text, once with the causal mask and once without.

Both begin with the same weights and see the same batches; the mask is the only difference. Without it every character
sees the next one, which is the answer asked of it, so it learns to copy that. When it writes there is no next one yet.

B windows, T ≤ CONTEXT characters each, D numbers a character, V different characters.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from playground import wire
from playground.errors import SettingError
from playground.inference.control import Control
from playground.text.attention import attention_weights
from playground.text.attention_settings import UnmaskedTrainingSettings

CONTEXT, WIDTH = 32, 48  # T at most, and D
BATCH, STEPS, RATE = 16, 400, 4e-3  # windows a step, steps, AdamW's learning rate
TOLD, PROBES = 10, 4  # steps between two points of the curves, windows that the loss when writing is measured on
GIVEN, WRITTEN = 8, 80  # characters of the text that a continuation begins with, and characters it adds

CAUSAL = torch.ones(CONTEXT, CONTEXT, dtype=torch.bool).tril()  # query i sees key j where j ≤ i
SIDES = {"masked": CAUSAL, "unmasked": torch.ones_like(CAUSAL)}


class OneBlock(nn.Module):
    """A transformer of one block with one head, built like GPT-2's (Radford et al. 2019)."""

    def __init__(self, characters: int) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(characters, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        nn.init.normal_(self.wte.weight, std=0.5)  # at first where a character stands says more than what it is
        self.ln_1, self.ln_2, self.ln_f = (nn.LayerNorm(WIDTH) for _ in range(3))
        self.qkv, self.proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.feed_forward = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))
        self.head = nn.Linear(WIDTH, characters)

    def forward(self, ids: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
        """ids (B, T), visible (T, T) or (B, T, T) bool → logits (B, T, V), attention (B, T, T)."""
        x = self.wte(ids) + self.wpe.weight[: ids.shape[1]]  # (B, T, D)
        q, k, v = self.qkv(self.ln_1(x)).chunk(3, -1)  # each (B, T, D)
        attention = attention_weights(q, k, WIDTH**-0.5, visible)
        x = x + self.proj(attention @ v)
        x = x + self.feed_forward(self.ln_2(x))
        return self.head(self.ln_f(x)), attention


class Learner:
    """One of the two: a model, its optimizer, and what its queries may see."""

    def __init__(self, text: Tensor, characters: int, visible: Tensor, seed: int) -> None:
        self.text, self.visible, self.rng = text, visible, torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):  # layers draw their first weights from the global generator
            torch.manual_seed(seed)
            self.model = OneBlock(characters)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=RATE, weight_decay=0.0)

    def windows(self) -> Tensor:
        """(B, T + 1) ids from random places of the text: the same ones for both learners."""
        starts = torch.randint(len(self.text) - CONTEXT, (BATCH, 1), generator=self.rng)
        return self.text[starts + torch.arange(CONTEXT + 1)]

    def step(self) -> float:
        """One step of training. Returns the batch's loss: bits a character."""
        windows = self.windows()
        logits, _ = self.model(windows[:, :-1], self.visible)
        loss = F.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten())
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item() / math.log(2)

    @torch.no_grad()
    def loss_when_writing(self, windows: Tensor) -> float:
        """Bits a character where what comes after it is not there yet, as when it writes: windows (B, T + 1), each of
        whose beginnings is read as a text of its own."""
        there = CAUSAL[:, None]  # (T, 1, T): of beginning n, the characters up to n
        texts = windows[:, None, :-1].expand(-1, CONTEXT, -1).flatten(0, 1)  # (B T, T)
        logits, _ = self.model(texts, (self.visible & there).repeat(len(windows), 1, 1))
        ends = torch.arange(CONTEXT).repeat(len(windows))  # the last character of each
        return F.cross_entropy(logits[torch.arange(len(texts)), ends], windows[:, 1:].flatten()).item() / math.log(2)

    @torch.no_grad()
    def next_character(self, ids: list[int], rng: torch.Generator) -> int:
        """Drawn from what the model says after ids."""
        last = torch.tensor([ids[-CONTEXT:]])
        T = last.shape[1]
        logits, _ = self.model(last, self.visible[:T, :T])
        return int(torch.multinomial(logits[0, -1].softmax(-1), 1, generator=rng))

    @torch.no_grad()
    def attention(self) -> Tensor:
        """Where each character of the text's first window looks: (T, T)."""
        return self.model(self.text[None, :CONTEXT], self.visible)[1][0]


class Reading(NamedTuple):
    """A text as numbers: its different characters in order, and the place of each of its characters among them."""

    characters: list[str]
    ids: Tensor  # (N,)


def read(text: str) -> Reading:
    """Raises SettingError("too_short_to_train")."""
    if len(text) < 2 * CONTEXT:
        raise SettingError("too_short_to_train", field="text", length=len(text), least=2 * CONTEXT)
    characters = sorted(set(text))
    place = {character: n for n, character in enumerate(characters)}
    return Reading(characters, torch.tensor([place[character] for character in text]))


def train_twice(settings: UnmaskedTrainingSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """Frames: {"start", "curve": [{"step", "masked", "unmasked", "masked_writing", "unmasked_writing"}]}, bits a
    character: the mean loss of the last TOLD steps, and the loss when what comes after is not there.

    The first has "characters" V and "blind" log₂ V, the bits of a fair guess; the last adds "given", the text that
    both went on from, and "written": {side: text}, "window": the text's first T characters, "attention": {side: wire
    (T, T) float32}, and "copied": {side: mean weight of a character on the next one}. Raises SettingError.
    """
    reading = read(settings.text)
    learners = {
        side: Learner(reading.ids, len(reading.characters), visible, settings.seed) for side, visible in SIDES.items()
    }
    probes = reading.ids.unfold(0, CONTEXT + 1, max(1, (len(reading.ids) - CONTEXT - 1) // (PROBES - 1)))[:PROBES]
    yield {"start": 0, "curve": [], "characters": len(reading.characters), "blind": math.log2(len(reading.characters))}
    losses: dict[str, list[float]] = {side: [] for side in SIDES}
    for n in control.steps(STEPS):
        for side, learner in learners.items():
            losses[side].append(learner.step())
            yield None
        if (n + 1) % TOLD:
            continue
        point: dict[str, Any] = {"step": n + 1}
        for side, learner in learners.items():
            point[side] = sum(losses[side][-TOLD:]) / TOLD
            point[f"{side}_writing"] = learner.loss_when_writing(probes)
            yield None
        yield {"start": n // TOLD, "curve": [point]}
    given = reading.ids[:GIVEN].tolist()
    told: dict[str, Any] = {"start": len(losses["masked"]) // TOLD, "curve": [], "window": settings.text[:CONTEXT]}
    told |= {"given": settings.text[:GIVEN], "written": {}, "attention": {}, "copied": {}}
    for side, learner in learners.items():
        ids = yield from write(learner, given, settings.seed)
        told["written"][side] = "".join(reading.characters[n] for n in ids)
        attention = learner.attention()
        told["attention"][side] = wire.encode(attention.numpy())
        told["copied"][side] = float(attention.diagonal(1).mean())
    yield told


def write(learner: Learner, given: list[int], seed: int) -> Generator[None, None, list[int]]:
    """Returns WRITTEN ids that go on from `given`."""
    ids, rng = list(given), torch.Generator().manual_seed(seed)
    for _ in range(WRITTEN):
        ids.append(learner.next_character(ids, rng))
        yield
    return ids[len(given) :]
