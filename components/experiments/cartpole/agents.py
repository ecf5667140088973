"""The choice of an agent, which several experiments offer: each embedded one, and the one on stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from components.tabs.experiment import Experiment
from components.words import words
from playground.control.settings import ALGORITHMS


def choose_agent(here: Experiment, name: str, agents: Sequence[str], **options: Any) -> gr.Dropdown:
    """The dropdown of a field that says which agent (playground/control/trial_settings.py)."""
    named = {algorithm: words(f"cartpole.algorithm.choices.{algorithm}") for algorithm in ALGORITHMS}
    named |= {"ppo@0": words("cartpole.trials.untrained"), "ppo@10": words("cartpole.trials.half_trained")}
    named["screen"] = here.words(f"{name}.screen") if name == "whose" else words("cartpole.trials.screen")
    return here.dropdown(name, [(named[agent], agent) for agent in agents], **options)
