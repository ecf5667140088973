"""The key-value cache, timed and weighed: the same greedy tokens with it and without.

To attend, a token needs the keys and values of every token before it. They never change, so they can be kept: a step
then computes one token's and looks at the rest. Without the cache each step computes them all anew, and the work of a
token grows with the text before it. The price is memory, which is counted here too.

Both sides read with the same decoder; the slow one merely forgets everything after every token.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from typing import Any

from torch import Tensor

from playground.errors import notice
from playground.inference.control import Control
from playground.inference.decoders import decoder_for
from playground.inference.kv_cache import Shape
from playground.inference.prefill import Prompt, read_on
from playground.text.prompts import introduce, read_prompt
from playground.text.settings import CacheMeterSettings
from playground.text.tokens import vocabulary_of

SLOW_MS = 15_000.0  # of the device's time that the side without a cache gets; then it stops, and says so


def cache_bytes(shape: Shape, tokens: int) -> int:
    """What `tokens` leave to be kept: 2 (keys, values) × layers × H_kv × D × tokens × bytes of a number."""
    return 2 * shape.layers * shape.kv_heads * shape.head_dim * tokens * shape.dtype.itemsize


def timed(reading: Generator[None, None, Tensor], limit_ms: float = math.inf) -> Generator[None, None, tuple]:
    """Advance `reading` and return (its likeliest next token, milliseconds); what happens between units is not counted.

    The token is None when the limit was passed before the end.
    """
    ms = 0.0
    while ms <= limit_ms:
        start = time.perf_counter()
        try:
            next(reading)
        except StopIteration as end:
            token = int(end.value.argmax())  # waits for a device that computes on its own
            return token, ms + 1000 * (time.perf_counter() - start)
        ms += 1000 * (time.perf_counter() - start)
        yield
    return None, ms


def meter_cache(settings: CacheMeterSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """First what `introduction` says of the model, prompt and cache; then a frame a token, {"start", "steps": […]}.

    A step is {"id", "text", "length", "cached_ms", "uncached_ms", "same", "bytes", "allocated"}:
    length       tokens before this one: what the side without a cache reads to find it
    cached_ms, uncached_ms  milliseconds of each side; the second is None once that side was stopped early.
                 Step 0 reads the prompt on both sides, so the cache pays from step 1 on
    same         whether both sides chose the same token (None without the second); both go on with the first's
    bytes        of the keys and values kept so far; allocated: of the memory that holds them, which grows by shelves
    """
    loaded = control.models[settings.model]
    vocabulary, decode = vocabulary_of(loaded), decoder_for(loaded.model)
    prompt = read_prompt(loaded, vocabulary, settings, room=settings.max_new_tokens)
    yield introduction(loaded, prompt, decode.shape)

    kept, slow_ms = Prompt(decode, list(prompt.ids)), 0.0
    for n in control.steps(min(settings.max_new_tokens, decode.context - len(prompt.ids))):
        token, cached_ms = yield from timed(read_on(kept))
        step = {**vocabulary.piece(token).as_dict(), "length": len(kept.ids), "cached_ms": cached_ms}
        step |= {"uncached_ms": None, "same": None}
        step |= {"bytes": cache_bytes(decode.shape, kept.row.length), "allocated": kept.cache.bytes}
        frame = {"start": n, "steps": [step]}
        if slow_ms < SLOW_MS:
            yield None
            anew = Prompt(decode, list(kept.ids))
            other, uncached_ms = yield from timed(read_on(anew), SLOW_MS - slow_ms)
            slow_ms += uncached_ms
            if other is not None:
                step |= {"uncached_ms": uncached_ms, "same": other == token}
            if slow_ms >= SLOW_MS:
                frame["notices"] = [
                    notice("uncached_stopped", count=n + (other is not None), seconds=round(slow_ms / 1000))
                ]
        yield frame
        kept.ids.append(token)


def introduction(loaded: Any, prompt: Any, shape: Shape) -> dict[str, Any]:
    """What is known before the first token."""
    vocabulary = vocabulary_of(loaded)
    return {
        "model": introduce(loaded),
        "prompt_tokens": [vocabulary.piece(token).as_dict() for token in prompt.ids],
        "notices": prompt.notices,
        "shape": {
            "layers": shape.layers,
            "kv_heads": shape.kv_heads,
            "head_dim": shape.head_dim,
            "itemsize": shape.dtype.itemsize,
            "bytes_per_token": cache_bytes(shape, 1),
        },
        "start": 0,
        "steps": [],
    }
