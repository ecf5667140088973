"""Does a head matter? Switch it off, and see what the model says then.

A head that is off gives zeros to W^O in place of its weighted sum of values (Michel et al. 2019); everything else is as
before. What the model says is its next token, or for an encoder the word behind the first mask.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import torch
from torch import Tensor

from playground import wire
from playground.errors import SettingError
from playground.inference.control import Control
from playground.text.attention import Watch, Watched, watched_for
from playground.text.attention_maps import check_head, describe
from playground.text.attention_settings import AblationSettings, PassageSettings
from playground.text.distributions import entropy_bits, kl_bits, tell
from playground.text.passages import Passage, answered_at, read_passage
from playground.text.tokens import vocabulary_of

TOGETHER = 128  # tokens that go through the model in one unit of work, when heads are tried one by one


def switched_off(watched: Watched, settings: AblationSettings) -> dict[int, Tensor]:
    """Layer → (H,) bool of the heads that `layer`, `head` and `also` switch off. Raises SettingError."""
    layers, heads = check_head(watched, settings)
    flat = torch.zeros(len(watched.layers), watched.heads, dtype=torch.bool)
    flat[torch.tensor(layers)[:, None], torch.tensor(heads)] = True
    for number in settings.also:
        if number >= flat.numel():
            raise SettingError("out_of_range", field="also", low=0, high=flat.numel() - 1, value=number)
        flat[number // watched.heads, number % watched.heads] = True
    return {layer: row for layer, row in enumerate(flat) if row.any()}


def answers(
    watched: Watched, passage: Passage, at: int, off: dict[int, Tensor], rows: int = 1
) -> Generator[None, None, Tensor]:
    """Returns the distributions (B, V) float32 of the word at `at`, with heads off; yields while it reads."""
    logits = yield from watched.read([passage] * rows, Watch(off=off))
    return watched.answer(logits, at)


def ablate_head(settings: AblationSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: what the model says with all heads, and with some off.

    {…describe, "layer", "head", "off": [[layer, head]], "at": the position that answers, "before", "after": [{"id",
    "text", "p"}], "changes": [{"id", "text", "before", "after"}] of the tokens in either list, "kl": D(before ‖ after)
    in bits, "entropy_bits": [before, after]}
    """
    loaded = control.models[settings.model]
    watched, vocabulary = watched_for(loaded), vocabulary_of(loaded)
    off = switched_off(watched, settings)
    passage = read_passage(loaded, settings)
    at = answered_at(loaded, passage)
    [before] = yield from answers(watched, passage, at, {})
    yield
    [after] = yield from answers(watched, passage, at, off)
    told = [tell(p, vocabulary, settings.top) for p in (before, after)]
    either = dict.fromkeys(entry["id"] for entry in (*told[0], *told[1]))
    yield describe(loaded, watched, passage) | {
        "layer": settings.layer,
        "head": settings.head,
        "off": [[layer, head] for layer, row in off.items() for head in row.nonzero().flatten().tolist()],
        "at": at,
        "before": told[0],
        "after": told[1],
        "changes": [
            {**vocabulary.piece(token).as_dict(), "before": float(before[token]), "after": float(after[token])}
            for token in either
        ],
        "kl": float(kl_bits(before, after)),
        "entropy_bits": [float(entropy_bits(before)), float(entropy_bits(after))],
    }


def ablate_each(settings: PassageSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """Every head switched off in turn, all others on. A frame a layer, the last for all.

    {…describe, "at", "before": the likeliest tokens with all heads on, "kl": wire (L, H) float32 in bits, "likeliest":
    wire (L, H) int32, the likeliest token without that head, "texts": {id: text} of those, "done": layers so far}
    """
    loaded = control.models[settings.model]
    watched, vocabulary = watched_for(loaded), vocabulary_of(loaded)
    passage = read_passage(loaded, settings)
    at = answered_at(loaded, passage)
    layers, heads = len(watched.layers), watched.heads
    [before] = yield from answers(watched, passage, at, {})
    kl, says = torch.zeros(layers, heads), torch.full((layers, heads), int(before.argmax()), dtype=torch.int32)
    together = max(1, TOGETHER // len(passage))
    frame = describe(loaded, watched, passage) | {"at": at, "before": tell(before, vocabulary, 10)}
    for layer in control.steps(layers):
        for some in torch.eye(heads, dtype=torch.bool).split(together):
            yield
            after = yield from answers(watched, passage, at, {layer: some}, rows=len(some))
            which = some.nonzero()[:, 1]
            kl[layer, which] = kl_bits(before, after).float()
            says[layer, which] = after.argmax(-1).int()
        yield frame | {
            "kl": wire.encode(kl.numpy()),
            "likeliest": wire.encode(says.numpy()),
            "texts": {str(token): vocabulary.piece(token).text for token in sorted(set(says.flatten().tolist()))},
            "done": layer + 1,
        }
