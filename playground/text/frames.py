"""What a text run tells, and how its pieces make a whole. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playground.errors import notice
from playground.text.settings import GenerationSettings


@dataclass(frozen=True)
class TextFrame:
    """What is new since the last frame.

    opening  told once, first: the model, the prompt as tokens, notices
    samples  for each sample that grew: {"sample", "start", "tokens", "text", "finish_reason"}; `tokens` are the new
             ones, the first of them number `start`; finish_reason is None while it goes on
    seconds  since the run joined the batch
    """

    opening: dict[str, Any] | None
    samples: tuple[dict[str, Any], ...]
    seconds: float


def merge(frames: Sequence[TextFrame]) -> TextFrame:
    """Several frames as one: each sample's tokens in a row from where the first of them starts."""
    opening = next((frame.opening for frame in frames if frame.opening is not None), None)
    samples: dict[int, dict[str, Any]] = {}
    for frame in frames:
        for news in frame.samples:
            so_far = samples.get(news["sample"])
            if so_far is None:
                samples[news["sample"]] = news | {"tokens": list(news["tokens"])}
            else:
                so_far["tokens"] += news["tokens"]
                so_far["text"] += news["text"]
                so_far["finish_reason"] = news["finish_reason"]
    return TextFrame(opening, tuple(samples[j] for j in sorted(samples)), frames[-1].seconds)


def conclude(settings: GenerationSettings, frames: Sequence[TextFrame], reason: str) -> TextFrame:
    """The last frame: every sample whole, those cut short marked "stopped", the text ending before a stop string."""
    whole = merge(frames) if frames else TextFrame(None, (), 0.0)
    made = {sample["sample"]: sample for sample in whole.samples}
    samples = []
    for j in range(settings.num_samples):
        sample = made.get(j) or {"sample": j, "start": 0, "tokens": [], "text": "", "finish_reason": None}
        ended = sample["finish_reason"] or "stopped"
        samples.append(sample | {"text": until_stop(sample["text"], settings.stop_strings), "finish_reason": ended})
    opening = whole.opening or {"notices": []}
    if reason == "time":
        opening = opening | {"notices": [*opening["notices"], notice("time_limit", seconds=round(whole.seconds))]}
    return TextFrame(opening, tuple(samples), whole.seconds)


def until_stop(text: str, stops: Sequence[str]) -> str:
    """`text` up to the first of the stop strings in it."""
    return text[: min([len(text), *(at for stop in stops if (at := text.find(stop)) >= 0)])]
