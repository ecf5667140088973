"""Text runs as JSON, for the API and for the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from components.runs import Part, told, told_at_ends
from playground.inference.tasks import Event, Task
from playground.settings import Settings, integer
from playground.text.frames import TextFrame
from playground.text.settings import GenerationSettings
from playground.text.tasks import GENERATE


def run_value(event: Event, settings: Settings) -> dict[str, Any]:
    """One event of a text run: its state, and what is new in each sample."""
    value = told(event)
    frame: TextFrame | None = event.frame
    if frame is None:
        return value
    if frame.opening is not None:
        value |= frame.opening | {"settings": settings.as_dict()}
    value["samples"] = list(frame.samples)
    if event.state == "done":
        made = sum(len(sample["tokens"]) for sample in frame.samples)
        value["tokens_per_second"] = made / frame.seconds if frame.seconds > 0 else 0.0
    return value


@dataclass(frozen=True)
class TellingSettings(Settings):
    """How much the API tells: with each token, so many `alternatives` that could have been drawn (0 to 10)."""

    alternatives: int = integer(0, low=0, high=10)


def api_value(event: Event, settings: GenerationSettings, telling: TellingSettings) -> dict[str, Any]:
    """The same as the API documents it: the first sample's text and tokens on top, the others under `samples`."""
    value = run_value(event, settings)
    samples = [
        sample | {"tokens": [token | {"top": token["top"][: telling.alternatives]} for token in sample["tokens"]]}
        for sample in value.pop("samples", [])
    ]
    first = next((sample for sample in samples if sample["sample"] == 0), None)
    if first is not None:
        value |= {name: first[name] for name in ("start", "text", "tokens", "finish_reason")}
    if settings.num_samples > 1:
        value["samples"] = [sample for sample in samples if sample["sample"] > 0]
    return value


def generation(
    asked: Mapping[str, Any], language: str, task: Task = GENERATE, settings: type[Settings] = GenerationSettings
) -> Part:
    """A text run as a part of what a page shows: its first value has its settings, each is in the reader's script."""
    known = False

    def tell(event: Event, settings: Settings) -> dict[str, Any]:
        nonlocal known
        first, known = {} if known else {"settings": settings.as_dict()}, True
        return for_reader(run_value(event, settings) | first, language)

    return task, lambda: settings.of(asked), tell


def whole(task: Task, ask: Callable[[], Settings], language: str) -> Part:
    """A run about texts whose frames are dicts, as a part of what a page shows; its first and its last value have its
    settings.
    """
    tell = told_at_ends()
    return task, ask, lambda event, settings: for_reader(tell(event, settings), language)


def for_reader(value: dict[str, Any], language: str) -> dict[str, Any]:
    """`value` (of a run or a position) for a page in `language`: a Simplified reader sees the poems in Simplified.

    Nothing in `value` is altered: its tokens are those of the run itself, which others read in their own language.
    """
    if language != "zh-CN":
        return value
    value = dict(value)
    for name in ("prompt_tokens", "nodes", "tree", "tokens", "steps", "shuffled", "before", "after", "changes"):
        if value.get(name):
            value[name] = [_simplified_token(token) for token in value[name]]
    for name in ("samples", "sequences"):
        if name in value:
            value[name] = [
                text | {"tokens": [_simplified_token(token) for token in text["tokens"]]} for text in value[name]
            ]
    if value.get("says"):
        says = value["says"]
        value["says"] = says | {"top": [_simplified_token(token) for token in says["top"]]}
    if value.get("first"):
        value["first"] = _simplified_token(value["first"])
    if "texts" in value:
        value["shown"] = {i: s for i, text in value["texts"].items() if (s := simplified(text)) != text}
    return value


def _simplified_token(token: dict[str, Any]) -> dict[str, Any]:
    """A token with `shown` beside its text where the two differ, and a fourth item in each of `top`."""
    shown = simplified(token["text"])
    told = token if shown == token["text"] else token | {"shown": shown}
    return told | {"top": [[*entry, simplified(entry[1])] for entry in token["top"]]} if "top" in token else told


@cache
def _converter() -> Any:
    from opencc import OpenCC  # loads its dictionaries: only for readers who need them

    return OpenCC("t2s")


@lru_cache(maxsize=65_536)
def simplified(text: str) -> str:
    """Traditional characters as Simplified ones (OpenCC); anything else as it is. Remembered: these are tokens."""
    return convert(text)


def convert(text: str) -> str:
    """The same of a text that somebody wrote, which nobody asks for again."""
    return text if text.isascii() else _converter().convert(text)
