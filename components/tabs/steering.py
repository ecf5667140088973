"""Steering what runs: Pause and Step once, settings changed on the way, which go to the run's inbox; and the runs of
others that are on air, which one joins by asking for the same.

    tab.actions()
    steer = steering(tab, TRAIN_GAN)      # Task.steerable says which settings may change while it runs
    …
    joining(tab, steer, running)          # once there is the listening that runs it

The browser knows the tickets of what it has going (widgets/experiment.js) and posts to those; the engine lets only a
run's owner steer it. What cannot change meanwhile is said to wait for the next run.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from components import runs
from components.tabs.controls import Controls, quiet
from components.tabs.listening import Listening
from components.widgets.steer import Steer
from playground.errors import PlaygroundError
from playground.inference.engine import get_engine
from playground.inference.tasks import Task

MOST_MESSAGES = 4  # of one event
MOST_ON_AIR = 12  # told at once, those with most viewers first


def steering(here: Controls, task: Task) -> Steer:
    """The buttons, tied to what `here` runs."""
    steer = Steer(here.id, here.name, task.steerable)
    steer.steered(post, None, here.status, **quiet(trigger_mode="multiple"))  # none is lost while another is on its way
    steer.looked(lambda: {"on_air": on_air(task)}, None, steer, **quiet())
    return steer


def joining(here: Controls, steer: Steer, running: Listening) -> None:
    """Choosing a run that is on air sets the controls to its settings and runs: equal settings are the same run."""
    controls = list(here.controls.values())
    js = f"(...now) => playground.steering.chosen({here.name!r}, {list(here.controls)}, now)"
    running.to(steer.joined(None, controls, controls, js=js, **quiet()).then)


def on_air(task: Task) -> list[dict[str, Any]]:
    """[{"settings": all of them, "changed": those that are not at their default, "viewers"}]."""
    runs_now = sorted(get_engine().on_air(task), key=lambda run: -run[2])[:MOST_ON_AIR]
    return [
        {
            "settings": settings.as_dict(),
            "changed": changed(settings.as_dict(), type(settings)().as_dict()),
            "viewers": viewers,
        }
        for _, settings, viewers in runs_now
    ]


def changed(settings: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value != defaults[name]}


def post(event: gr.EventData) -> Any:
    """Hand the message on, or several in their order; what the engine refuses is said on the status line."""
    told = event._data if isinstance(event._data, dict) else {}
    several = told.get("messages")
    try:
        for message in several[:MOST_MESSAGES] if isinstance(several, list) else [told.get("message")]:
            runs.post_all(told.get("tickets"), message)
    except PlaygroundError as error:
        return {"error": error.as_json()}
    return gr.skip()
