"""The distribution of one next token: whole, for the page to play with, and stage by stage, for the API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from playground import wire
from playground.errors import RunError
from playground.inference.control import Control
from playground.inference.prefill import next_logits
from playground.text.prompts import Prompt, introduce, read_prompt
from playground.text.sampling import Stage, stages
from playground.text.settings import NextTokenSettings, PositionSettings, ShapeSettings, WordsSettings
from playground.text.tokens import vocabulary_of

NAMED = 400  # tokens whose text goes to the page with the logits: more than it ever shows
SMALL_VOCABULARY = 16_384  # beyond it logits travel as half floats


def logits_after(settings: PositionSettings, control: Control) -> Generator[None, None, tuple[Any, Prompt, Tensor]]:
    """Returns the LoadedModel, the prompt it read and its logits (V,) float32 for the token after it.

    Yields between the chunks of a long prompt. Raises ModelError (no_such_token, forced_unknown) and
    RunError (not_finite).
    """
    loaded = control.models[settings.model]
    prompt = read_prompt(loaded, vocabulary_of(loaded), settings)
    logits = yield from next_logits(loaded.model, prompt.ids)
    if not logits.isfinite().all():
        raise RunError("not_finite")
    return loaded, prompt, logits


def stages_after(prompt: Prompt, logits: Tensor, settings: ShapeSettings) -> list[Stage]:
    """The stages of logits (V,) at the place after `prompt`. Raises RunError("nothing_left")."""
    seen, made = torch.tensor(sorted(set(prompt.ids))), torch.tensor(prompt.made, dtype=torch.int64)
    return stages(logits.cpu(), seen, settings, made, prompt.masks.keep(prompt.ids, len(logits)))


def position(settings: WordsSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: the logits of every token, so that the page can turn the knobs without asking again.

    {"logits": wire (V,), the largest 0, "shift": what makes them the model's own again, "seen": ids in the context,
    "counts": {id: how often it was made since the prompt}, "banned": ids that may not stand here, "allowed": ids that
    alone may (each None when no word is banned, or forced), "texts": {id: text} of the likeliest and of all these,
    "prompt_tokens", "model", "notices"}. Raises RunError("nothing_left") where no token may stand.
    """
    loaded, prompt, logits = yield from logits_after(settings, control)
    vocabulary = vocabulary_of(loaded)
    prompt.masks.keep(prompt.ids, len(logits))  # raises
    banned, allowed = prompt.masks.blocked(prompt.ids), prompt.masks.allowed(prompt.ids)
    # half floats are finest near 0; softmax does not see the shift, the repetition penalty does, so it travels along
    shift = float(logits.max())
    shifted = (logits - shift).cpu().numpy()
    named = set(logits.topk(min(NAMED, len(logits))).indices.tolist()).union(prompt.ids, banned or (), allowed or ())
    yield {
        "model": introduce(loaded),
        "prompt_tokens": [vocabulary.piece(token).as_dict() for token in prompt.ids],
        "notices": prompt.notices,
        "seen": sorted(set(prompt.ids)),
        "counts": {str(token): count for token, count in sorted(Counter(prompt.made).items())},
        "banned": banned,
        "allowed": allowed,
        "shift": shift,
        "logits": wire.encode(shifted if len(shifted) <= SMALL_VOCABULARY else shifted.astype(np.float16)),
        "texts": {str(token): vocabulary.piece(token).text for token in sorted(named)},
    }


def waterfall(settings: NextTokenSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: the stages of the distribution, each {"name", "entropy_bits", "kept", "top", "other"}.

    `top` is [{"id", "text", "p"}] of the stage's own likeliest tokens; with `other`, the rest, it sums to 1.
    """
    loaded, prompt, logits = yield from logits_after(settings, control)
    vocabulary = vocabulary_of(loaded)
    told = []
    for stage in stages_after(prompt, logits, settings):
        p, ids = stage.p.double().topk(min(settings.top, len(stage.p)))
        listed = [
            {**vocabulary.piece(token).as_dict(), "p": probability}
            for token, probability in zip(ids.tolist(), p.tolist(), strict=True)
        ]
        other = max(0.0, float(stage.p.double().sum() - p.sum()))
        told.append(
            {"name": stage.name, "entropy_bits": stage.entropy_bits, "kept": stage.kept, "top": listed, "other": other}
        )
    yield {"model": introduce(loaded)["id"], "notices": prompt.notices, "stages": told}
