"""The text generation tab: steer a language model token by token.

What the reader sees follows the story in the browser (widgets/story.js): the strip shows one continuation, the bars
and the waterfall the distribution at its end. The server is asked for three things only: a run, the logits of a place,
and a model that is not on this machine yet.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, NamedTuple

import gradio as gr

from components import runs
from components.experiments.text import LAB, LOOK
from components.saved_runs import FIRST_PROMPT, by_language
from components.tabs import anatomy
from components.tabs.controls import quiet, streaming
from components.tabs.experiment import experiments
from components.tabs.models import fetching, model_choice
from components.text_values import for_reader, generation
from components.widgets.branches import Branches
from components.widgets.follower import Follower
from components.widgets.next_word import NextWord
from components.widgets.predict import Predict
from components.widgets.token_strip import TokenStrip
from components.widgets.waterfall import Waterfall
from playground.errors import PlaygroundError
from playground.inference.engine import get_engine
from playground.inference.tasks import Event
from playground.text.as_python import as_python
from playground.text.settings import DEFAULT_MODEL, GenerationSettings, WordsSettings
from playground.text.tasks import POSITION

CHOSEN = "{ prefix_ids: playground.text.chosenPath() }"  # experiments too go on from words chosen by hand
PLACE = ("prompt", "model", "prefix_ids", "banned", "forced")  # what the follower tells of
CODE = (
    "playground.text.sampling:draw",
    "playground.text.sampling:gumbel",
    "playground.text.sampling:cut",
    "playground.text.sampling:last_kept",
    "playground.text.sampling:apply_temperature",
    "playground.text.sampling:keep_top_k",
    "playground.text.sampling:keep_top_p",
    "playground.text.sampling:keep_min_p",
    "playground.text.sampling:penalise_repetition",
    "playground.text.sampling:penalise_counts",
    "playground.text.masks:Masks",
)


def build() -> anatomy.Tab:
    with anatomy.tab("text", GenerationSettings, defaults, CHOSEN, guessing=Predict) as tab:
        presets = tab.presets("love", "poem", "hot")
        tab.textbox("prompt", lines=2, max_lines=8)
        with gr.Row():
            tab.slider("temperature")
            tab.slider("top_k")
            tab.slider("top_p")
        with tab.lab():
            fetch = model_choice(tab, "text-generation")
            with gr.Row():
                tab.slider("repetition_penalty")
                tab.slider("presence_penalty")
                tab.slider("frequency_penalty")
                tab.slider("min_p")
            with gr.Row():
                tab.slider("max_new_tokens")
                tab.slider("num_samples")
                tab.seed()
            with gr.Row():
                tab.textbox("stop", lines=2)
                tab.textbox("banned", lines=2, max_lines=6)
                tab.textbox("forced", lines=2, max_lines=6)
        more, again = tab.actions("more", "again")
        with gr.Row(elem_classes="text-hero"):
            with gr.Column(scale=3, min_width=340):
                strip = TokenStrip(by_language("text"), elem_id="text-strip")
            with gr.Column(scale=2, min_width=300):
                bars = NextWord(None, elem_id="text-bars")
        with tab.look_inside():
            Waterfall(elem_id="text-waterfall")
        branches = Branches(elem_id="text-branches")
        tab.exports(script=program)
        with tab.look_inside():
            maths = tab.maths()
            tab.code(*CODE)
            experiments(tab, "look", LOOK)
        with tab.lab():
            experiments(tab, "lab", LAB)
        follower = Follower(elem_id="text-follower", elem_classes="pg-unseen")
        # what the browser adds to a request
        language, prefix = gr.Textbox(visible="hidden"), gr.Textbox(visible="hidden")
    listen(tab, Parts(presets, more, again, fetch, strip, bars, branches, maths, follower, language, prefix))
    tab.finish()
    return tab


class Parts(NamedTuple):
    """What the listeners are tied to, beside the tab's own controls."""

    presets: dict[str, gr.Button]
    more: gr.Button
    again: gr.Button
    fetch: gr.Button
    strip: TokenStrip
    bars: NextWord
    branches: Branches
    maths: gr.Markdown
    follower: Follower
    language: gr.Textbox
    prefix: gr.Textbox


def listen(tab: anatomy.Tab, parts: Parts) -> None:
    """Tie the parts together: every request that the tab makes starts here."""
    presets, more, again, fetch, strip, bars, branches, maths, follower, language, prefix = parts
    controls = list(tab.controls.values())

    # ---- a run: from the prompt and the words chosen by hand, from the end of the story, or from a word in it
    inputs = [language, prefix, *controls]

    def from_path(path: str) -> str:
        return f"(l, p, ...values) => [playground.language, JSON.stringify(playground.text.{path}()), ...values]"

    async def run(request: gr.Request, language: str, prefix: str, *values: Any) -> AsyncIterator[str]:
        asked = dict(zip(tab.controls, values, strict=True)) | {"prefix_ids": numbers(prefix)}
        async with aclosing(generate(asked, language, request)) as values_of_run:
            async for value in values_of_run:
                yield value

    async def branch(
        request: gr.Request, event: gr.EventData, language: str, prefix: str, *values: Any
    ) -> AsyncIterator[str]:
        told = details(event)
        asked = dict(zip(tab.controls, values, strict=True)) | {"prefix_ids": told.get("prefix_ids")}
        async with aclosing(generate(asked | origin(told.get("settings")), language, request)) as values_of_run:
            async for value in values_of_run:
                yield value

    tab.run.click(run, inputs, strip, js=from_path("chosenPath"), **streaming())
    tab.controls["prompt"].submit(run, inputs, strip, js=from_path("chosenPath"), **streaming())
    more.click(run, inputs, strip, js=from_path("path"), **streaming())
    rolled = "(now) => playground.preset('text', ['seed'], [Math.floor(Math.random() * 1e6)], [now])[0]"
    another = again.click(None, tab.controls["seed"], tab.controls["seed"], js=rolled, **quiet())
    another.then(run, inputs, strip, js=from_path("chosenPath"), **streaming())
    strip.branch(branch, inputs, strip, js=from_path("path"), **streaming())
    going = "() => [JSON.stringify([playground.text.running()])]"
    tab.stop.click(runs.stop_all, tab.said, None, js=going, **quiet())

    # ---- the distribution at the place that the reader looks at
    follower.moved(position, language, bars, js="() => [playground.language]", **streaming(trigger_mode="always_last"))
    filled = "() => playground.fill('text.maths', playground.text.maths())"
    follower.redrawn(None, None, maths, js=filled, **quiet())

    # ---- models that must be fetched first
    fetching(tab, fetch).then(None, js="() => playground.emit('text.again', 1)", **quiet())

    # ---- presets set the controls, then run; an opened file sets them to its last run's
    for name, values in PRESETS.items():
        chosen = tab.preset(presets[name], **values)
        chosen.then(run, inputs, strip, js="(l, p, ...values) => [playground.language, '[]', ...values]", **streaming())

    def opened(event: gr.EventData) -> list[Any]:
        told = details(event).get("settings")
        try:
            settings = GenerationSettings.of(told if isinstance(told, dict) else {})
        except PlaygroundError as error:  # the story is there; what it was made with cannot be used again
            return [{"state": "done", "error": error.as_json()}, *(gr.skip() for _ in controls)]
        return [{}, *(gr.update(**tab.saying(name, getattr(settings, name))) for name in tab.controls)]

    branches.open(opened, None, [tab.status, *controls], **quiet())


PRESETS = {
    "love": {"prompt": "I love", "model": "tales"},
    "poem": {"prompt": "明月", "model": "poems", "max_new_tokens": 80},
    "hot": {"prompt": "Once upon a time", "model": "tales", "temperature": 1.8},
}


def defaults(language: str) -> dict[str, Any]:
    """What the controls say at first, by the reader's language."""
    language = language if language in DEFAULT_MODEL else "en"
    return {"model": DEFAULT_MODEL[language], "prompt": FIRST_PROMPT[language]}


def numbers(text: str) -> Any:
    """The ids that the browser sent; the settings say what is wrong with anything else."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return text


def details(event: gr.EventData) -> dict[str, Any]:
    """What a widget's event carries. Whoever posts one by hand may have put anything there, or nothing."""
    return event._data if isinstance(event._data, dict) else {}


def origin(settings: Any) -> dict[str, Any]:
    """The prompt and the model of the run that a branch leaves: the knobs may have moved since, the story has not."""
    return {name: settings.get(name) for name in ("prompt", "model")} if isinstance(settings, dict) else {}


def generate(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """A text run as values of the strip."""
    return runs.values(*generation(asked, language), request)


async def position(request: gr.Request, event: gr.EventData, language: str) -> AsyncIterator[str]:
    """The logits of the place that the follower tells of."""

    def ask() -> WordsSettings:
        place = details(event)
        return WordsSettings(**{name: place.get(name) for name in PLACE})

    def tell(event: Event, settings: WordsSettings) -> dict[str, Any]:
        return runs.told(event) | {"asked": asked} | for_reader(dict(event.frame or {}), language)

    asked = details(event).get("asked")  # the number of the question: the browser knows by it which place this is
    asked = asked if isinstance(asked, int) else None
    async with aclosing(runs.values(POSITION, ask, tell, request)) as values:
        async for value in values:
            yield value


def program(**settings: Any) -> str:
    """Copy as Python. Raises PlaygroundError where there is no program."""
    checked = GenerationSettings(**settings)
    card = get_engine().models.card(checked.model)
    return as_python(checked, card, f"playground/weights/{card.id}", card.context)
