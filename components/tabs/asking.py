"""A widget that asks for itself: its event carries what a task is asked, and the answer becomes its value."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import gradio as gr
from gradio.events import Dependency

from components import runs
from components.tabs.controls import streaming
from components.widgets.base import Widget
from playground.inference.tasks import Event, Task
from playground.settings import Settings

LONGEST_QUESTION = 200  # characters of what comes back with an answer
LONGEST_ARRAY = 20_000  # characters of an array that does: a drawing, but no file


def asking(view: Widget, event: Any, task: Task, settings: type[Settings]) -> Dependency:
    """`event` of `view` (view.drawn, say) with {"asked", fields of `settings`} runs `task`; each value of the run that
    `view` is then given has "asked" and "what", the task's name. widgets/asking.js asks one question at a time.

    Whoever posts an event by hand may have put anything in it, or nothing.
    """

    async def answer(request: gr.Request, event: gr.EventData) -> AsyncIterator[str]:
        told = event._data if isinstance(event._data, dict) else {}
        asked = str(told.get("asked", ""))[:LONGEST_QUESTION].encode("utf-8", "replace").decode()
        about = {"asked": asked, "what": task.name}
        answers = runs.values(
            task, lambda: settings.of(told), lambda event, settings: answered(event, settings) | about, request, about,
        )  # fmt: skip
        async with aclosing(answers) as values:
            async for value in values:
                yield value

    return event(answer, None, view, **streaming(trigger_mode="multiple"))


def answered(event: Event, settings: Settings) -> dict[str, Any]:
    """An event with its settings and its frame. A file that was asked about stays here: it may have millions of bytes,
    and every sign of life would bring them back."""
    short = {name: value for name, value in settings.as_dict().items() if not is_long(value)}
    return runs.told(event) | {"settings": short} | (event.frame or {})


def is_long(value: Any) -> bool:
    return isinstance(value, dict) and len(value.get("base64", "")) > LONGEST_ARRAY
