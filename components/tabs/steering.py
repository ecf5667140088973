"""Steering what runs: Pause and Step once, and settings changed on the way, which go to the run's inbox.

    tab.actions()
    steering(tab, TRAIN_GAN)      # Task.steerable says which settings may change while it runs

The browser knows the tickets of what it has going (widgets/experiment.js) and posts to those; the engine lets only a
run's owner steer it. What cannot change meanwhile is said to wait for the next run.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from components import runs
from components.tabs.controls import Controls, quiet
from components.widgets.steer import Steer
from playground.errors import PlaygroundError
from playground.inference.tasks import Task


def steering(here: Controls, task: Task) -> Steer:
    """The buttons, tied to what `here` runs."""
    steer = Steer(here.id, here.name, task.steerable)
    steer.steered(post, None, here.status, **quiet())
    return steer


def post(event: gr.EventData) -> Any:
    """Hand the message on; what the engine refuses is said on the status line."""
    told = event._data if isinstance(event._data, dict) else {}
    try:
        runs.post_all(told.get("tickets"), told.get("message"))
    except PlaygroundError as error:
        return {"error": error.as_json()}
    return gr.skip()
