"""An experiment: one question with its few controls, Run and Stop, and one widget that shows what comes.

A tab has a row of them in Look inside and another in the Lab; one is open at a time, and what is closed is not mounted.

    def build(tab: anatomy.Tab) -> None:            # components/experiments/text/draw.py
        with experiment(tab, "draw", DrawSettings) as here:
            here.slider("draws")                    # words text.draw.draws.label; else text.draws.label
            here.actions()
            view = Draws(None, elem_id="text-draw-view")
            here.code("playground.text.draws:draw_many")
        here.runs(view, DRAW)

A run's settings are the tab's controls, then the experiment's own, then what the browser adds (Tab.adds): a prompt is
asked for once on the page. In the browser the widget follows with `playground.experiment` (widgets/experiment.js).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import gradio as gr
from gradio.components import Component

from components import runs
from components.tabs.anatomy import LATEX, Tab
from components.tabs.controls import Controls, quiet
from components.tabs.listening import Asked, Handler, Listening, listen
from components.widgets.status import Status
from components.words import words
from playground.inference.tasks import Event, Task
from playground.settings import Settings


@dataclass
class Experiment(Controls):
    """One experiment in the making. `tab` is the tab it belongs to."""

    tab: Tab

    def remember(self) -> None:
        """Let the browser know what a person changed here, for links (shell.js)."""
        if self.controls:
            emit = f"(...values) => playground.rememberExperiment({self.name!r}, {list(self.controls)}, values)"
            changes = [control.change for control in self.controls.values()]
            gr.on(changes, None, list(self.controls.values()), None, js=emit, **quiet())

    def runs(
        self,
        view: Component,
        task: Task,
        tell: Callable[[Event, Settings], dict[str, Any]] = runs.told_whole,
        adds: str | None = None,
    ) -> Listening:
        """Run runs `task` with this experiment's settings; its frames are dicts, which become values of `view`."""

        def handler(asked: Asked, language: str, request: gr.Request) -> AsyncIterator[str]:
            return runs.values(task, lambda: self.settings.of(asked), tell, request)

        return self.listen(view, handler, adds)

    def listen(self, view: Component, handler: Handler, adds: str | None = None) -> Listening:
        """Run calls handler(asked, language, request), whose values are those of `view`; see listening.py."""
        return listen(self.tab, self, view, handler, adds)


def experiments(tab: Tab, depth: str, modules: Sequence[ModuleType]) -> None:
    """The row of experiments of one depth, "look" or "lab": each module's `build(tab)` makes one."""
    if not modules:
        return
    gr.Markdown(words(f"{tab.name}.experiments.{depth}"), elem_classes="experiments-head")
    with gr.Tabs(elem_classes="experiments", elem_id=f"{tab.name}-experiments-{depth}", overflow_behavior="wrap"):
        for module in modules:
            module.build(tab)


@contextmanager
def experiment(tab: Tab, name: str, settings: type[Settings]) -> Iterator[Experiment]:
    """One entry of the row: its title, what it asks, then what is made in it."""
    here = Experiment(f"{tab.name}.{name}", settings, tab)
    with gr.Tab(here.words("title"), id=name, elem_id=here.id):
        gr.Markdown(here.words("intro"), latex_delimiters=LATEX, elem_classes="experiment-intro")
        yield here
    tab.experiments.append(here)
    here.remember()


@contextmanager
def textbook_card(tab: Tab, name: str, settings: type[Settings], stop: bool = False) -> Iterator[Experiment]:
    """A card of "Fix the textbook": what is often written, what is true, and a button that shows it.

    Words: TAB.textbook.NAME.claim, .truth, .show. What is made in it is the demonstration; one that takes seconds can
    be stopped.
    """
    here = Experiment(f"{tab.name}.textbook.{name}", settings, tab)
    with gr.Column(elem_classes="textbook-card", elem_id=here.id):
        gr.Markdown(here.words("claim"), latex_delimiters=LATEX, elem_classes="textbook-claim")
        gr.Markdown(here.words("truth"), latex_delimiters=LATEX)
        with gr.Row(elem_classes="actions"):
            here.run = gr.Button(here.words("show"), elem_id=f"{here.id}-run", min_width=110, scale=0)
            if stop:
                here.stop = gr.Button(
                    words("controls.stop"), variant="stop", elem_id=f"{here.id}-stop", min_width=90, scale=0
                )
            here.status = Status(here.id)
        yield here
