"""The attention tab: what every head of a model looks at, and whether it matters.

What is on screen follows one run that the browser holds (widgets/attention.js): the grid shows all its heads, the view
one of them. The server is asked for a run, for a head of a long text in full, and for what the model says with heads
switched off.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import gradio as gr

from components import runs
from components.endpoints.answering import last_frame
from components.experiments.attention import LAB, LOOK
from components.saved_runs import FIRST_ATTENTION, by_language
from components.tabs import anatomy
from components.tabs.controls import quiet, streaming
from components.tabs.experiment import experiments
from components.tabs.listening import listen
from components.tabs.models import fetching, model_choice
from components.text_values import whole
from components.widgets.head_grid import HeadGrid
from components.widgets.head_view import HeadView
from components.widgets.unplug import Unplug
from playground.inference.engine import get_engine
from playground.inference.tasks import Task
from playground.settings import Settings
from playground.text.attention_as_python import attention_as_python
from playground.text.attention_settings import (
    AblationSettings,
    AttentionPageSettings,
    AttentionSettings,
    PassageSettings,
)
from playground.text.attention_tasks import ABLATE_EACH, ABLATE_HEAD, ATTENTION

QUERY = "{ query: playground.lookedAt() }"  # experiments ask about the token that is looked at
LONGEST_QUESTION = 250_000  # characters of what comes back with an answer: it holds the text
FOLLOWING = ("layer", "head", "view", "sink", "off")  # controls that say what was picked on the pictures
PRESETS = {
    "twice": {"text": "Mr. Crow flew over the farm.", "copies": 2, "layer": 5, "head": 0},
    "textbook": {},
    "unplug": {"text": FIRST_ATTENTION["en"]["text"], "layer": 0, "head": 0, "off": (0,)},
}
CODE = (
    "playground.text.attention:attention_weights",
    "playground.text.attention:attention_scores",
    "playground.text.attention:attend",
    "playground.text.ablation:ablate_head",
    "playground.text.distributions:kl_bits",
    "playground.text.head_kinds:HeadKinds",
)


def build() -> anatomy.Tab:
    with anatomy.tab("attention", AttentionPageSettings, defaults, QUERY) as tab:
        presets = tab.presets(*PRESETS)
        tab.textbox("text", lines=2, max_lines=8)
        with gr.Row():
            fetch = model_choice(tab)
            tab.number("layer", min_width=80)
            tab.number("head", min_width=80)
        with tab.lab(), gr.Row():
            tab.slider("copies")
            tab.textbox("second", lines=2, max_lines=8)
        tab.unseen("view", "sink", "off")
        tab.actions()
        with gr.Row(elem_classes="attention-hero"):
            with gr.Column(scale=5, min_width=340):
                grid = HeadGrid(by_language("attention"), elem_id="attention-grid")
            with gr.Column(scale=5, min_width=340):
                view = HeadView(None, elem_id="attention-view")
            with gr.Column(scale=4, min_width=340):
                unplug = Unplug(None, elem_id="attention-unplug")
        tab.exports(script=program)
        with tab.look_inside():
            maths = tab.maths()
            tab.code(*CODE)
            experiments(tab, "look", LOOK)
        with tab.lab():
            experiments(tab, "lab", LAB)
    _listen(tab, presets, fetch, grid, view, unplug, maths)
    tab.finish()
    return tab


def _listen(
    tab: anatomy.Tab,
    presets: dict[str, gr.Button],
    fetch: gr.Button,
    grid: HeadGrid,
    view: HeadView,
    unplug: Unplug,
    maths: gr.Markdown,
) -> None:
    """Tie the parts together: every request that the hero makes starts here."""
    running = listen(tab, tab, grid, see)
    running.to(tab.controls["text"].submit)
    fetching(tab, fetch)
    for name, values in PRESETS.items():
        chosen = tab.preset(presets[name], **values)
        if name == "textbook":
            chosen.then(None, js="() => playground.openExperiment('attention', 'textbook')", **quiet())
        else:
            running.to(chosen.then)

    following = [tab.controls[name] for name in FOLLOWING]
    picked = f"(...now) => playground.preset('attention', {list(FOLLOWING)}, playground.attention.chosen(), now)"
    grid.picked(None, following, following, js=picked, **quiet())
    view.redrawn(
        None, None, maths, js="() => playground.fill('attention.maths', playground.attention.maths())", **quiet()
    )

    latest = streaming(trigger_mode="always_last")
    language = "() => [playground.language]"
    grid.wanted(answering(ATTENTION, AttentionSettings, maps=0), tab.said, grid, js=language, **latest)
    unplug.cut(answering(ABLATE_HEAD, AblationSettings), tab.said, unplug, js=language, **latest)
    unplug.each(answering(ABLATE_EACH, PassageSettings), tab.said, unplug, js=language, **streaming())


def defaults(language: str) -> dict[str, Any]:
    """What the controls say at first, by the reader's language."""
    return FIRST_ATTENTION.get(language, FIRST_ATTENTION["en"])


def see(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """All heads on the text, as values of the grid."""
    return runs.values(*whole(ATTENTION, lambda: AttentionSettings.of(asked), language), request)


def answering(task: Task, settings: type[Settings], **fixed: Any) -> Callable[..., AsyncIterator[str]]:
    """A listener that runs `task` with what a widget's event carries: `settings`' fields, and `asked`, which comes back
    with every value. Whoever posts one by hand may have put anything there, or nothing.
    """

    async def answer(request: gr.Request, event: gr.EventData, language: str) -> AsyncIterator[str]:
        told = event._data if isinstance(event._data, dict) else {}
        asked = str(told.get("asked", ""))[:LONGEST_QUESTION].encode("utf-8", "replace").decode()
        about = {"asked": asked, "what": task.name}
        _, ask, tell = whole(task, lambda: settings.of(told | fixed), language)
        answers = runs.values(task, ask, lambda event, settings: tell(event, settings) | about, request, about)
        async with aclosing(answers) as values:
            async for value in values:
                yield value

    return answer


async def program(**settings: Any) -> str:
    """Copy as Python. Raises PlaygroundError where there is no program."""
    asked = AttentionSettings.of(settings)
    card = get_engine().models.card(asked.model)
    frame = await last_frame(ATTENTION, asked, None)
    return attention_as_python(asked, card, f"playground/weights/{card.id}", frame)
