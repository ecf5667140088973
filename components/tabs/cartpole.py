"""The CartPole tab: an agent learns to balance a pole, and whoever watches shoves it.

The stage (widgets/cart_stage) holds two episodes with the agents that played them, so playing, scrubbing, shoving and
changing the physics ask nobody; another agent or another seed is one small request. What trains (widgets/
cartpole_training) puts the checkpoints it keeps on stage.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from components import runs
from components.experiments.cartpole import LAB, LOOK
from components.saved_runs import fetched
from components.tabs import anatomy
from components.tabs.asking import asking
from components.tabs.controls import quiet
from components.tabs.experiment import experiments
from components.tabs.listening import listen
from components.tabs.steering import joining, steering
from components.widgets.cart_stage import CartStage
from components.widgets.cartpole_guess import CartpoleGuess
from components.widgets.cartpole_training import CartpoleTraining
from playground.control.as_python import as_python
from playground.control.settings import ReplaySettings, TrainSettings
from playground.control.tasks import REPLAY_CARTPOLE, TRAIN_CARTPOLE

ADDS = "playground.cart.asked()"  # experiments ask of the agent on stage
MOON = 1.62  # m/s²
SEED = 3  # that of the embedded PPO: a training in which one sees it learn
PRESETS: dict[str, dict[str, Any]] = {"before": {}, "shove": {}, "moon": {"gravity": MOON}}
CODE = (
    "playground.control.cartpole:accelerations",
    "playground.control.cartpole:step",
    "playground.control.ppo:PPO",
    "playground.control.ppo:gae",
    "playground.control.ppo:clipped_objective",
)


def defaults(language: str) -> dict[str, Any]:
    return {"seed": SEED}


def build() -> anatomy.Tab:
    with anatomy.tab("cartpole", TrainSettings, defaults, ADDS, guessing=CartpoleGuess) as tab:
        presets = tab.presets(*PRESETS)
        stage = CartStage(fetched("cartpole"))
        with gr.Row():
            tab.choice("algorithm")
            tab.slider("gravity")
            tab.slider("length")
            tab.seed().value = SEED
        with tab.lab():
            _more(tab)
        (go_on,) = tab.actions("go_on")
        steer = steering(tab, TRAIN_CARTPOLE)
        learning = CartpoleTraining(fetched("cartpole-training"))
        tab.exports(learning, script=program)
        with tab.look_inside():
            maths = tab.maths()
            tab.code(*CODE)
            if LOOK:
                experiments(tab, "look", LOOK)
        with tab.lab():
            if LAB:
                experiments(tab, "lab", LAB)
    asking(stage, stage.wanted, REPLAY_CARTPOLE, ReplaySettings)
    running = listen(tab, tab, learning, train, adds="playground.cart.adds()")
    running.to(go_on.click(None, None, None, js="() => playground.cart.goOn()", **quiet()).then)
    joining(tab, steer, running)
    for view in (stage, learning):
        view.redrawn(None, None, maths, js="() => playground.cart.maths()", **quiet())
    for name, values in PRESETS.items():
        chosen = tab.preset(presets[name], seed=SEED, **values)
        chosen.then(None, js=f"() => playground.cart.begin('{name}')", **quiet())
    asking(tab.game, tab.game.wanted, REPLAY_CARTPOLE, ReplaySettings)
    tab.finish()
    return tab


def _more(tab: anatomy.Tab) -> None:
    """The controls of the Lab."""
    with gr.Row():
        for name in ("masspole", "masscart", "force_mag", "max_steps"):
            tab.slider(name)
    with gr.Row():
        tab.number("learning_rate_factor", min_width=160)
        tab.textbox("start", lines=1, min_width=160)
    with gr.Row():
        for name in ("stop_when_solved", "bootstrap", "normalize_advantages", "target_network"):
            tab.switch(name)


def train(asked: dict[str, Any], language: str, request: gr.Request) -> AsyncIterator[str]:
    """A run of training, as values of the learning curves."""
    return runs.values(TRAIN_CARTPOLE, lambda: TrainSettings.of(asked), runs.told_at_ends(), request)


def program(**settings: Any) -> str:
    """Copy as Python. Raises PlaygroundError where there is no program."""
    return as_python(TrainSettings.of(settings))
