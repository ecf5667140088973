"""Controls made of a Settings' fields, and what stands around them: seed, Run and Stop, the Code panel.

What tabs (anatomy.py) and experiments (experiment.py) have in common. Each control takes bounds and default from its
field, its words from `NAME.FIELD.label` and `NAME.FIELD.hint`, and its element id is `NAME-FIELD`.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.i18n import I18nData

from components.sources import source
from components.widgets.status import Status
from components.words import words
from playground.errors import PlaygroundError
from playground.settings import Settings, default, spec


def quiet(**more: Any) -> dict[str, Any]:
    """What every listener of the page itself is given: no entry in the API, no spinner, no place in the queue."""
    return {"api_visibility": "private", "show_progress": "hidden", "queue": False} | more


def streaming(**more: Any) -> dict[str, Any]:
    """What every listener that streams a run is given; the engine's own queue and limits tell runs apart."""
    return {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None} | more


class Slider(gr.Slider):
    """A slider that hands on what it is given: the settings check it, and say what is wrong in the reader's words."""

    def preprocess(self, payload: Any) -> Any:
        return payload


class Chips(gr.CheckboxGroup):
    """The same of a choice of several."""

    def preprocess(self, payload: Any) -> Any:
        return payload


class Number(gr.Number):
    """The same of a number."""

    def preprocess(self, payload: Any) -> Any:
        return payload


@dataclass
class Controls:
    """The controls of one place on the page. `name` is "text", or "text.draw" for an experiment of that tab."""

    name: str
    settings: type[Settings]
    controls: dict[str, Component] = field(default_factory=dict, kw_only=True)  # field → its control
    run: gr.Button | None = field(default=None, kw_only=True)
    stop: gr.Button | None = field(default=None, kw_only=True)
    status: Status | None = field(default=None, kw_only=True)

    @property
    def id(self) -> str:
        """What the element ids of this place begin with."""
        return self.name.replace(".", "-")

    @property
    def short(self) -> str:
        """The last part of the name: "draw"."""
        return self.name.rpartition(".")[2]

    def words(self, key: str) -> I18nData:
        """The words of `key` here, or else of the tab that this place belongs to. Raises KeyError."""
        with suppress(KeyError):
            return words(f"{self.name}.{key}")
        return words(f"{self.name.partition('.')[0]}.{key}")

    # ------------------------------------------------------------------ controls, made of fields

    def control(self, name: str, kind: type[Component], **options: Any) -> Any:
        """The control of a field. With no words of its own for a hint it has none."""
        if "label" not in options:
            options["label"] = self.words(f"{name}.label")
        options.setdefault("value", default(self.settings, name))
        with suppress(KeyError):
            options.setdefault("info", self.words(f"{name}.hint"))
        self.controls[name] = kind(elem_id=f"{self.id}-{name}", interactive=True, **options)
        return self.controls[name]

    def slider(self, name: str, **options: Any) -> gr.Slider:
        bounds = spec(self.settings, name)
        high = bounds.slider_high or bounds.high
        return self.control(name, Slider, minimum=bounds.low, maximum=high, step=bounds.step, **options)

    def textbox(self, name: str, **options: Any) -> gr.Textbox:
        return self.control(name, gr.Textbox, max_length=spec(self.settings, name).limit, **options)

    def dropdown(self, name: str, choices: list, **options: Any) -> gr.Dropdown:
        return self.control(name, gr.Dropdown, choices=choices, **options)

    def choice(self, name: str, **options: Any) -> gr.Dropdown:
        """The dropdown of a field that is one of a few words: `NAME.FIELD.choices.WORD` says each; "none" the empty."""
        choices = spec(self.settings, name).choices
        named = [(self.words(f"{name}.choices.{choice or 'none'}"), choice) for choice in choices]
        return self.dropdown(name, named, **options)

    def switch(self, name: str, **options: Any) -> gr.Checkbox:
        """The box of a field that is on or off."""
        return self.control(name, gr.Checkbox, **options)

    def chips(self, name: str, **options: Any) -> gr.CheckboxGroup:
        """A field of several small whole numbers, each a chip that is on or off."""
        bounds = spec(self.settings, name)
        choices, value = list(range(bounds.low, bounds.high + 1)), list(default(self.settings, name))
        return self.control(name, Chips, choices=choices, value=value, elem_classes="chips", **options)

    def number(self, name: str, **options: Any) -> gr.Number:
        bounds = spec(self.settings, name)
        whole = 0 if isinstance(default(self.settings, name), int) else None
        return self.control(name, Number, minimum=bounds.low, maximum=bounds.high, precision=whole, **options)

    def unseen(self, *names: str) -> None:
        """Controls for what is chosen on the pictures themselves: links carry them, nobody sees them."""
        for name in names:
            value = default(self.settings, name)
            if isinstance(value, tuple):
                self.controls[name] = gr.JSON(list(value), visible="hidden", elem_id=f"{self.id}-{name}")
            else:
                self.controls[name] = gr.Textbox(value, visible="hidden", elem_id=f"{self.id}-{name}")

    def seed(self, name: str = "seed") -> gr.Number:
        """The seed, and a dice that rolls another in the browser."""
        with gr.Row(elem_classes="seed"):
            seed = self.number(name, min_width=80)
            dice = gr.Button(words("controls.dice"), elem_id=f"{self.id}-dice", min_width=60, scale=0)
        dice.click(None, None, seed, js="() => Math.floor(Math.random() * 1e6)", **quiet())
        return seed

    def saying(self, name: str, value: Any) -> dict[str, Any]:
        """What makes a control say `value`; one beyond a slider's everyday range, from a link or a file, widens it."""
        changes: dict[str, Any] = {"value": list(value) if isinstance(value, tuple) else value}
        control = self.controls[name]
        if isinstance(control, gr.Slider) and value > control.maximum:
            changes["maximum"] = value
        return changes

    # ------------------------------------------------------------------ run, stop, status

    def actions(self, *others: str) -> list[gr.Button]:
        """Run, Stop and the status line; between them this place's `others`, `NAME.OTHER` each, which are returned.

        Run is called `NAME.run` where there are such words.
        """
        label = words("controls.run")
        with gr.Row(elem_classes="actions"):
            with suppress(KeyError):
                label = words(f"{self.name}.run")
            self.run = gr.Button(label, variant="primary", elem_id=f"{self.id}-run", min_width=110, scale=0)
            self.stop = gr.Button(
                words("controls.stop"), variant="stop", elem_id=f"{self.id}-stop", min_width=90, scale=0
            )
            made = [
                gr.Button(words(f"{self.name}.{other}"), elem_id=f"{self.id}-{other}", min_width=110, scale=0)
                for other in others
            ]
            self.status = Status(self.id)
        return made

    # ------------------------------------------------------------------ the program, and the Code panel

    def python(self, script: Callable[..., str | Awaitable[str]], asked: Mapping[str, Component]) -> gr.Button:
        """Copy as Python: `script(**values)`, with what the controls `asked` say, gives the program; where it raises a
        PlaygroundError, the sentence is copied in its place.
        """
        button = gr.Button(words("exports.python"), elem_id=f"{self.id}-python", size="sm")
        text = gr.Textbox(visible="hidden")
        fields = tuple(asked)

        async def make(*values: Any) -> str:
            try:
                program = script(**dict(zip(fields, values, strict=True)))
                return await program if inspect.isawaitable(program) else program
            except PlaygroundError as error:
                return f"# {error}\n"

        made = button.click(make, list(asked.values()), text, **quiet())
        made.then(None, text, None, js="(text) => playground.copy(text)", **quiet())
        return button

    def code(self, *functions: str) -> gr.Code:
        """The running program's own source of `functions`, "module:name" each, read when the panel is first opened."""
        with gr.Accordion(words("panels.code"), open=False, elem_classes="panel", elem_id=f"{self.id}-code") as panel:
            gr.Markdown(words("panels.code_hint"))
            view = gr.Code(language="python", interactive=False, show_label=False, max_lines=40)
        panel.expand(lambda: "\n\n".join(map(source, functions)), None, view, **quiet())
        return view
