"""What a scored text tells: the pieces of a run as a whole, and its sums. Imports no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from playground.errors import notice
from playground.text.settings import ScoreSettings

LONGEST = 4096  # tokens of a text that are scored, its first ones
SECONDS = 120.0  # of the device's time that scoring one text may take


def merge(frames: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several frames as one, their tokens in a row."""
    whole = {name: value for frame in frames for name, value in frame.items()}  # the first alone has the opening
    return whole | {"start": frames[0]["start"], "tokens": [token for frame in frames for token in frame["tokens"]]}


def conclude(settings: ScoreSettings, frames: Sequence[dict[str, Any]], reason: str) -> dict[str, Any]:
    """The last frame: every token, and the sums. Of a run that was cut short, of the part that was scored."""
    nothing = {"start": 0, "tokens": [], "notices": [], "first": None, "characters": 0, "bytes": 0}
    whole = merge(frames) if frames else nothing
    notices = list(whole["notices"])
    if len(whole["tokens"]) == 1:
        notices.append(notice("one_token"))
    if reason == "time":
        notices.append(notice("time_limit", seconds=round(SECONDS)))
    return whole | {"notices": notices} | sums(whole)


def sums(whole: dict[str, Any]) -> dict[str, Any]:
    """The figures of a text that has been scored.

    perplexity, bits_per_token  of the `count` tokens after the first; None when there are none
    log_likelihood              ln P(x₂ … x_T | x₁), whose mean they are: {"nats", "bits"}
    total                       ln P(x₁ … x_T), the whole chain: the same where the tokenizer itself begins the text
    bits_per_character, _byte   −log₂ P of the whole text, shared out: what texts and tokenizers are compared by
    """
    logprobs = [token["logprob"] for token in whole["tokens"][1:]]
    after = math.fsum(logprobs)
    total = after + (whole["first"]["logprob"] if whole["first"] else 0.0)
    mean = -after / len(logprobs) if logprobs else None

    def a(unit: str) -> float | None:
        return -total / math.log(2) / whole[unit] if whole[unit] else None

    return {
        "count": len(logprobs),
        "perplexity": None if mean is None else math.exp(min(mean, 700.0)),  # e^700: the largest floats
        "bits_per_token": None if mean is None else mean / math.log(2),
        "log_likelihood": {"nats": after, "bits": after / math.log(2)},
        "total": {"nats": total, "bits": total / math.log(2)},
        "bits_per_character": a("characters"),
        "bits_per_byte": a("bytes"),
    }
