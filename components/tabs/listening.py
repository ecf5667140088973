"""Run and Stop: from a click to a handler's values, the same for a tab's hero and for its experiments."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from components import runs
from components.tabs.anatomy import Tab
from components.tabs.controls import Controls, quiet, streaming

Asked = dict[str, Any]
Handler = Callable[[Asked, str, gr.Request], AsyncIterator[str]]


class Listening:
    """Ties listeners to a handler(asked, language, request), whose values become those of `view`.

    What is asked are the tab's controls, then those of `here` (it may be the tab itself), then what the browser adds:
    `adds`, a JavaScript object, in the place of Tab.adds.
    """

    def __init__(self, tab: Tab, here: Controls, view: Component, handler: Handler, adds: str | None = None) -> None:
        controls = [*tab.controls.items(), *(here.controls.items() if here is not tab else ())]
        self._fields = [name for name, _ in controls]
        self._inputs = [tab.said, *(control for _, control in controls)]
        self._view, self._handler = view, handler
        says = f"JSON.stringify({{ language: playground.language, adds: {adds or tab.adds} }})"
        self._js = f"(_, ...values) => [{says}, ...values]"
        self._newest: dict[str, object] = {}  # whose view it is → a mark of the run that was started there last

    def to(self, *triggers: Callable[..., Dependency]) -> Dependency:
        """Whichever of `triggers` fires (button.click, a dependency's then), the handler runs."""
        for trigger in triggers:
            started = trigger(self._run, self._inputs, self._view, js=self._js, **streaming())
        return started

    async def _run(self, request: gr.Request, said: str, *values: Any) -> AsyncIterator[str]:
        told = heard(said)
        asked = dict(zip(self._fields, values, strict=True)) | told.get("adds", {})
        who, mine = runs.owner(request), object()
        self._newest[who] = mine
        try:
            async with aclosing(self._handler(asked, told.get("language", "en"), request)) as stream:
                async for value in stream:
                    if self._newest.get(who) is not mine:
                        return  # another was started in the same view, by another button: nobody watches this one
                    yield value
        except Exception as error:  # before there was a run
            yield runs.packed({"state": "done", "error": runs.as_sentence(error).as_json()})
        finally:
            if self._newest.get(who) is mine:
                del self._newest[who]


def listen(tab: Tab, here: Controls, view: Component, handler: Handler, adds: str | None = None) -> Listening:
    """Run of `here` runs the handler, Enter in a line does too, and Stop ends what runs (see widgets/experiment.js)."""
    listening = Listening(tab, here, view, handler, adds)
    lines = [c for c in here.controls.values() if isinstance(c, gr.Textbox) and c.lines == 1]
    listening.to(here.run.click, *(line.submit for line in lines))
    if here.stop is not None:
        tickets = f"() => [playground.tickets('{here.id}')]"
        here.stop.click(runs.stop_all, tab.said, None, js=tickets, **quiet())
    return listening


def heard(said: Any) -> dict[str, Any]:
    """What the browser said beside the controls. Whoever posts by hand may have put anything there, or nothing."""
    try:
        told = json.loads(said)
    except (TypeError, ValueError, RecursionError):
        return {}
    sound = isinstance(told, dict) and isinstance(told.get("adds", {}), dict)
    return told if sound and isinstance(told.get("language", ""), str) else {}
