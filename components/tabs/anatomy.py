"""What all tabs share (DESIGN: "The anatomy of a tab"). A tab reads top-down: its parts first, its listeners after.

    def build() -> Tab:
        with anatomy.tab("text", GenerationSettings) as tab:
            presets = tab.presets("love", "poem", "hot")
            tab.textbox("prompt", lines=3)
            tab.slider("temperature")
            tab.actions()
            strip = TokenStrip(…)
            with tab.look_inside():
                maths = tab.maths()
                tab.code("playground.text.sampling:temperature")
            with tab.lab():
                tab.seed()
                tab.exports(strip, script=copy_as_python)
        event = tab.run.click(…)
        tab.preset(presets["love"], prompt="I love").then(…)
        return tab

Controls are made from the fields of the Settings (controls.py), so bounds and defaults have one source, and links can
set, lock or hide them. Depths, lesson, copied links, presets, exports and formulas all work in the browser, with no
request. What a tab asks beside its hero is an experiment of its own (experiment.py).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from components import class_guesses
from components.tabs.controls import Controls, quiet
from components.widgets.base import Widget
from components.widgets.tab_head import TabHead
from components.words import LANGUAGES, words
from playground.settings import Settings, default

LATEX = [{"left": "$$", "right": "$$", "display": True}, {"left": "$", "right": "$", "display": False}]


def no_defaults(language: str) -> dict[str, Any]:
    """For tabs whose defaults are the same in every language."""
    return {}


@dataclass
class Tab(Controls):
    """One tab in the making, and what the page needs of it afterwards."""

    defaults: Callable[[str], dict[str, Any]] = no_defaults  # language → values of its own for some fields
    adds: str = "{}"  # a JavaScript object: what the browser adds to what the tab's experiments ask
    formulas: list[gr.Markdown] = field(default_factory=list)
    said: gr.Textbox | None = None  # carries what the browser adds
    game: Widget | None = None  # beside the lesson; there once the tab is built
    experiments: list[Controls] = field(default_factory=list)

    # ------------------------------------------------------------------ presets

    def presets(self, *names: str) -> dict[str, gr.Button]:
        """A row of buttons, `NAME.presets.PRESET` each; `preset` says what one sets."""
        with gr.Row(elem_classes="presets"):
            return {
                name: gr.Button(
                    words(f"{self.name}.presets.{name}"), elem_id=f"{self.name}-preset-{name}", min_width=120
                )
                for name in names
            }

    def preset(self, button: gr.Button, **values: Any) -> Dependency:
        """Clicking `button` sets every control: to `values`, the others to their defaults. Chain `.then(…)` to run."""
        self.settings(**values)  # a preset that the settings refuse is a mistake of ours: fail at start
        wanted = self._initial() | {name: value for name, value in values.items() if name in self.controls}
        asked = json.dumps([self.name, list(wanted), list(wanted.values())])
        js = f"(...now) => playground.preset(...{asked}, now)"  # a teacher's lock holds against presets too
        return button.click(None, self._all(), self._all(), js=js, **quiet())

    # ------------------------------------------------------------------ depths

    def look_inside(self) -> AbstractContextManager:
        """What is made in it shows from the second depth on."""
        return gr.Column(elem_classes="depth-look")

    def lab(self) -> AbstractContextManager:
        """What is made in it shows in the Lab only."""
        return gr.Column(elem_classes="depth-lab")

    # ------------------------------------------------------------------ the panels

    def maths(self, value: Component | None = None, js: str | None = None) -> gr.Markdown:
        """The formula `NAME.maths`, its [[names]] filled from a run: `js` makes {name: number} of `value`."""
        with gr.Accordion(words("panels.maths"), open=True, elem_classes="panel"):
            panel = gr.Markdown(words(f"{self.name}.maths"), latex_delimiters=LATEX, elem_id=f"{self.name}-maths")
        self.formulas.append(panel)
        if value is not None and js is not None:
            self.fill_maths(panel, value, js)
        return panel

    def fill_maths(self, panel: gr.Markdown, value: Component, js: str) -> Dependency:
        """Redraw `panel` whenever `value` changes, in the browser."""
        fill = f"(value) => playground.fill('{self.name}.maths', ({js})(value) || {{}})"
        return value.change(None, value, panel, js=fill, **quiet())

    def exports(self, run: Component | None = None, script: Callable[..., str | Awaitable[str]] | None = None) -> None:
        """Copy link, export the JSON of `run` if there is one, copy as Python: `script(**settings)` gives the text."""
        with gr.Row(elem_classes="exports"):
            link, file = (
                gr.Button(words(f"exports.{name}"), elem_id=f"{self.name}-{name}", size="sm", visible=shown)
                for name, shown in (("link", True), ("json", run is not None))
            )
            if script is not None:
                self.python(script, self.controls)
        link.click(None, self._all(), None, js=self._call("copyLink"), **quiet())
        file.click(None, run, None, js=f"(run) => playground.exportRun({self.name!r}, run)", **quiet())

    # ------------------------------------------------------------------ for the page

    def finish(self) -> None:
        """Let the browser know what the controls say, so that changing the language keeps it."""
        gr.on(
            [control.change for control in self.controls.values()],
            None, self._all(), None, js=self._call("remember"), **quiet(),
        )  # fmt: skip

    def linked(self) -> dict[str, tuple[Controls, str]]:
        """What a link can set: name in the link → whose control it is, and of which field."""
        own = {name: (self, name) for name in self.controls}
        return own | {f"{each.short}.{name}": (each, name) for each in self.experiments for name in each.controls}

    def tell(self, after: Callable[..., Dependency]) -> Dependency:
        """Tell the browser what the controls say `after` something that set them."""
        return after(None, self._all(), None, js=self._call("remember"), **quiet())

    def _all(self) -> list[Component]:
        return list(self.controls.values())

    def _initial(self) -> dict[str, Any]:
        return {name: default(self.settings, name) for name in self.controls}

    def _call(self, function: str) -> str:
        """JavaScript that hands a function of shell.js this tab's name, defaults, fields, and its controls' values."""
        defaults = {language: self._initial() | self.defaults(language) for language in LANGUAGES}
        own = [name for name in self.controls if len({str(values[name]) for values in defaults.values()}) > 1]
        known = json.dumps([self.name, {"of": defaults, "own": own}, list(self.controls)])
        return f"(...values) => {{ playground.{function}(...{known}, values); }}"


@contextmanager
def tab(
    name: str,
    settings: type[Settings],
    defaults: Callable[[str], dict[str, Any]] = no_defaults,
    adds: str = "{}",
    guessing: type[Widget] | None = None,
) -> Iterator[Tab]:
    """A tab: its head, its body, and beside it the lesson `lessons/LANGUAGE/NAME.md`, with a guessing game of the
    tab's own: widgets/predict, for which a script has questions, or another with the events `guessed` and `looked`.
    """
    made = Tab(name, settings, defaults, adds)
    with gr.Tab(words(f"tabs.{name}"), id=name, elem_id=f"tab-{name}"):
        TabHead(name)
        made.said = gr.Textbox(visible="hidden")
        with gr.Row(elem_classes="tab-body"):
            with gr.Column(elem_classes="tab-main"):
                yield made
            with gr.Column(elem_classes="lesson", elem_id=f"{name}-lesson"):
                gr.Markdown(words(f"lessons.{name}"), latex_delimiters=LATEX)
                if guessing is not None:
                    made.game = guessing(name)
                    class_guesses.gather(made.game)
