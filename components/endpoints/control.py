"""Endpoints: an agent trained on CartPole, an episode replayed with its thoughts, the algorithms side by side."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any

import gradio as gr

from components.control_values import comparison_value, training_value
from components.endpoints.answering import answer, events_of, refuse
from playground.control.settings import CompareSettings, ReplaySettings, TrainSettings
from playground.control.tasks import COMPARE_ALGORITHMS, REPLAY_CARTPOLE, TRAIN_CARTPOLE
from playground.inference.tasks import Event, Task
from playground.settings import Settings


async def train_cartpole(
    algorithm: str = "ppo",
    seed: int = 0,
    max_steps: int = 100_000,
    length: float = 0.5,
    masspole: float = 0.1,
    masscart: float = 1.0,
    gravity: float = 9.8,
    force_mag: float = 10.0,
    stop_when_solved: bool = True,
    learning_rate_factor: float = 1.0,
    bootstrap: bool = True,
    normalize_advantages: bool = True,
    target_network: bool = True,
    start: str = "",
    request: gr.Request = None,
) -> AsyncIterator[dict]:
    """Train an agent to balance the pole of CartPole-v1.

    Streams; every value has `run` (give it to /stop_run) and `state`. Values on the way have what is new: `points`, one
    an update (`step`, `update`, `mean_return` of the last 100 episodes, their quartiles
    `return_low`, `return_median`, `return_high`, and what the algorithm has of `entropy`, `kl`,
    `clip_fraction`, `policy_loss`, `value_loss`, `loss`, `q`, `epsilon`, `td_error`), the latest of them on top as
    well; `evaluations` (`step`, `greedy_return`: the mean of 100 greedy episodes, asked every 2,048 steps);
    `checkpoints` (`id`, `update`, `step`, `expires`); `diagnoses`, sentences on what the curves show. The last value
    has all of them, and `solved` (greedy_return 475 or more, twice on different starts), `steps_to_solve`, `seconds`
    (that the run itself took), `checkpoint` (an id for /replay_cartpole, or to go on from), `greedy_return` and
    `sampled_return` (means of 100 fresh episodes; None when it was stopped before).

    Args:
        algorithm: ppo, dqn, reinforce, q_learning or random
        seed: whole number from 0
        max_steps: environment steps, 1 to 500000
        length: from the hinge to the pole's middle, 0.05 to 5 m
        masspole: 0.01 to 10 kg
        masscart: 0.1 to 10 kg
        gravity: 0.1 to 50 m/s²
        force_mag: 0.1 to 100 N, with which an action pushes the cart
        stop_when_solved: end as soon as it is solved
        learning_rate_factor: 0.01 to 100, times the algorithm's own learning rate
        bootstrap: an episode cut short by the limit of 500 steps still has a future, worth V(s)
        normalize_advantages: ppo, reinforce: advantages are given mean 0 and deviation 1
        target_network: dqn: the target comes from a copy of the network that stands still for a while
        start: id of a run's last checkpoint to go on from

    Returns:
        A value of the stream, see above.
    """
    asked = locals()  # the arguments are the settings, by their own names
    async for value in streamed(TRAIN_CARTPOLE, TrainSettings, asked, training_value, request):
        yield value


async def replay_cartpole(
    checkpoint: str = "ppo",
    seed: int = 0,
    push_step: int = -1,
    push_force: float = 0.0,
    choose: str = "greedy",
    length: float = 0.5,
    masspole: float = 0.1,
    masscart: float = 1.0,
    gravity: float = 9.8,
    force_mag: float = 10.0,
    request: gr.Request = None,
) -> dict:
    """Play one episode with a trained agent, and tell every thought it had.

    Args:
        checkpoint: ppo, dqn, reinforce, q_learning, random; one of these @ an update at which it was kept, as ppo@5; or
            the id of a checkpoint of /train_cartpole
        seed: of the start, which is that of Gymnasium's reset(seed=seed)
        push_step: step in which the pole is shoved, 0 to 499; -1: never
        push_force: -200 to 200 N, to the right, on the pole's middle, for that step (0.02 s)
        choose: greedy takes the better action; sampled draws it from the probabilities
        length: from the hinge to the pole's middle, 0.05 to 5 m
        masspole: 0.01 to 10 kg
        masscart: 0.1 to 10 kg
        gravity: 0.1 to 50 m/s²
        force_mag: 0.1 to 100 N, with which an action pushes the cart

    Returns:
        Arrays in the wire form: `states`, (T + 1, 4) float32, x m, ẋ m/s, θ rad, θ̇ rad/s; `actions`, (T,) uint8, 0 left
        and 1 right; `probabilities` or `q`, (T, 2) float32, of left and right; `values`, (T,) float32, or None where
        the agent has none. `return`: T. `truncated`: the pole stood to the end. `checkpoint`: `id`, `algorithm`,
        `step`, `update`. `policy`: the agent's own parameters by name, arrays in the wire form.
    """
    return await answer(REPLAY_CARTPOLE, ReplaySettings, locals(), request)


async def compare_algorithms(
    seeds: int = 5, max_steps: int = 100_000, request: gr.Request = None
) -> AsyncIterator[dict]:
    """Train every algorithm with the same seeds, on the same terms.

    Streams; every value has `run` (give it to /stop_run) and `state`; `points` of the run that trains (`algorithm`,
    `seed`, `step`, `seconds`, `mean_return`), `runs`, those that are newly over (`algorithm`, `seed`, `solved`,
    `steps_to_solve`, `seconds`, `greedy_return`, `sampled_return`), and `table`, by algorithm: `runs`, `solved` (how
    many), `steps_to_solve` and `seconds` (medians of the solved), `greedy_return` and `sampled_return` (medians of
    all). The last value has all of them. The random agent, which does not learn, plays 2,048 steps.

    Args:
        seeds: how many, 1 to 20
        max_steps: of each run, 1000 to 200000

    Returns:
        A value of the stream, see above.
    """
    asked = locals()
    async for value in streamed(COMPARE_ALGORITHMS, CompareSettings, asked, comparison_value, request):
        yield value


async def streamed(
    task: Task,
    kind: type[Settings],
    asked: Mapping[str, Any],
    tell: Callable[[Event], dict[str, Any]],
    request: gr.Request | None,
) -> AsyncIterator[dict[str, Any]]:
    """The events of a run as values. Raises gr.Error, also for the error that the run ended with."""
    try:
        async with aclosing(events_of(task, kind.of(asked), request)) as events:
            async for event in events:
                if event.error is not None:
                    raise event.error
                yield tell(event)
    except Exception as error:
        raise refuse(error) from error
