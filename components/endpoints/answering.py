"""What endpoints share: following a run to its end, and errors as sentences.

An endpoint's arguments are the settings, by their own names, so that it can hand on its `locals()`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any

import gradio as gr

from components import runs
from playground.inference.tasks import Event, Task
from playground.settings import Settings


def refuse(error: Exception) -> gr.Error:
    """`error` as Gradio passes it on to a client: the sentence, no stack trace."""
    return gr.Error(str(runs.as_sentence(error)), print_exception=False)


async def events_of(task: Task, settings: Settings, request: gr.Request | None) -> AsyncIterator[Event]:
    """Fetch the models and images that the run needs, if need be, then follow it."""
    for model in task.models(settings):
        async with aclosing(runs.fetch(model)) as coming:
            async for event in coming:
                yield event
    async with aclosing(runs.fetch_data(settings, request)) as coming:
        async for event in coming:
            yield event
    async with aclosing(runs.follow(task, settings, request)) as events:
        async for event in events:
            yield event


async def last_frame(task: Task, settings: Settings, request: gr.Request | None) -> Any:
    """The last frame of a run. Raises the error that it ended with, or was refused by."""
    async with aclosing(events_of(task, settings, request)) as events:
        async for event in events:
            if event.error is not None:
                raise event.error
    return event.frame


async def answer(task: Task, kind: type[Settings], asked: Mapping[str, Any], request: gr.Request | None) -> Any:
    """The last frame of a run of `task` with those of `asked` that are settings of `kind`. Raises gr.Error."""
    try:
        return await last_frame(task, kind.of(asked), request)
    except Exception as error:
        raise refuse(error) from error


async def training(
    task: Task,
    kind: type[Settings],
    preset: Callable[[Any], Mapping[str, Any]],
    asked: Mapping[str, Any],
    request: gr.Request | None,
) -> AsyncIterator[dict[str, Any]]:
    """Values of a run of `task`: its settings are what is asked, and where that is None what `asked["preset"]` sets.

    One that breaks off gives its last value before it raises gr.Error.
    """
    asked = {name: value for name, value in asked.items() if value is not None}
    try:
        settings = kind.of(preset(asked["preset"]) | asked if "preset" in asked else asked)
        async with aclosing(events_of(task, settings, request)) as events:
            async for event in events:
                yield training_value(event)
                if event.error is not None:
                    raise event.error
    except Exception as error:
        raise refuse(error) from error


def training_value(event: Event) -> dict[str, Any]:
    """An event of a training run: its frame, the newest point of its curve and the newest judgement as numbers."""
    value = runs.told(event) | (event.frame or {})
    latest = {name: points[-1] for name, points in value.get("curve", {}).items() if points}
    latest |= {name: number for name, number in value.get("judged", {}).items() if name != "step"}
    latest.pop("step", None)
    if event.state == "done":
        value |= {"done": True, "stopped_because": event.reason}
    return value | latest
