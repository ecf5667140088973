"""Training an agent, watched: points of its curves, evaluations, checkpoints along the way, and what it came to.

Every EVERY steps the policy is judged greedily by 100 episodes from fresh starts. It has solved CartPole when their
mean is 475 or more, and that of 100 other starts as well.
"""

from __future__ import annotations

import copy
import dataclasses
import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

import numpy as np

from playground.checkpoints import CHECKPOINTS
from playground.control.agents import Agent
from playground.control.diagnoses import diagnose
from playground.control.dqn import DQN
from playground.control.evaluation import SOLVED, greedy_return, sampled_return
from playground.control.policies import arrays
from playground.control.ppo import PPO
from playground.control.q_learning import QLearning
from playground.control.random_policy import Random
from playground.control.reinforce import Reinforce
from playground.control.settings import TrainSettings
from playground.control.stored import KIND
from playground.errors import SettingError
from playground.inference.control import Control

AGENTS: dict[str, type[Agent]] = {
    "ppo": PPO,
    "dqn": DQN,
    "reinforce": Reinforce,
    "q_learning": QLearning,
    "random": Random,
}
EVERY = 2048  # steps between two evaluations


class Clock:
    """The time that a run itself has taken: not what it waited for others, or was paused."""

    seconds = 0.0

    def timed(self, units: Iterator[Any]) -> Iterator[Any]:
        while True:
            began = time.perf_counter()
            try:
                frame = next(units)
            except StopIteration:
                return
            finally:
                self.seconds += time.perf_counter() - began
            yield frame


def train_cartpole(settings: TrainSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """Frames, each with what is new:

    points       [{"step", "update", "mean_return": of the last 100 episodes, their quartiles "return_low",
                 "return_median" and "return_high", and figures of the update: "entropy", …}]
    evaluations  [{"step", "greedy_return"}]
    checkpoints  [{"id", "step", "expires", "update"}]
    diagnoses    [{"key", "values", "sentence"}], what the curves show
    steered      [{"step", NAME: value}]

    and `start`, the number of its first point, and `judging`, the step whose policy is being evaluated or was last. The
    last adds "solved", "steps_to_solve" (None: not solved), "seconds", "checkpoint" (an id to replay, or go on from),
    "greedy_return" and "sampled_return" (means of 100 fresh episodes; None when it was stopped). Raises SettingError,
    ModelError, FloatingPointError.
    """
    clock = Clock()
    yield from clock.timed(Training(settings, control, clock).frames())


class Training:
    """One run. With `kept` False it leaves no checkpoints. agent: makes the agent, where it is not that of the
    settings."""

    def __init__(
        self,
        settings: TrainSettings,
        control: Control,
        clock: Clock,
        kept: bool = True,
        agent: Callable[[TrainSettings], Agent] | None = None,
    ) -> None:
        self.settings, self.control, self.clock, self.kept = settings, control, clock, kept
        self.agent = (agent or agent_for)(settings)
        self.points: list[dict[str, Any]] = []
        self.diagnosed: set[str] = set()
        self.steps_to_solve: int | None = None
        self.greedy_return: float | None = None  # of the last evaluation
        self.checkpoint: str | None = None  # the id of the last

    def frames(self) -> Iterator[dict[str, Any] | None]:
        settings, control = self.settings, self.control
        yield self.frame() | self.keep()
        while self.agent.steps < settings.max_steps and control.reason is None:
            if self.agent.steps // EVERY > self.agent.evaluated // EVERY:
                yield from self.evaluate()
                if settings.stop_when_solved and self.steps_to_solve is not None:
                    break
            if steered := self.steer():
                yield self.frame() | {"steered": steered}
            figures = yield from self.update()
            if figures is not None:
                yield self.point(figures)
        yield from self.conclude()

    def update(self) -> Generator[None, None, dict[str, Any] | None]:
        """The figures of an update; None when the run was ended in the midst of it, which is then as if never begun."""
        before = copy.deepcopy(self.agent)
        units = self.agent.update()
        while True:
            try:
                next(units)
            except StopIteration as end:
                return end.value
            yield
            if self.control.reason is not None:
                self.agent = before
                return None

    def evaluate(self) -> Iterator[dict[str, Any] | None]:
        """Judge the policy, and if it does well once more on other starts."""
        agent = self.agent
        for judgement in range(2):
            rng = np.random.default_rng([self.settings.seed, agent.steps, judgement])
            mean = yield from self.judging(greedy_return(agent.policy, rng, agent.physics))
            if mean is None:  # the run was ended meanwhile: whoever goes on from here judges first
                return
            self.greedy_return = mean
            if mean < SOLVED:
                break
        else:
            if self.steps_to_solve is None:
                self.steps_to_solve = agent.steps
        agent.evaluated = agent.steps
        yield self.frame() | {"evaluations": [{"step": agent.steps, "greedy_return": self.greedy_return}]}

    def judging(self, units: Generator[None, None, float]) -> Generator[dict[str, Any], None, float | None]:
        """What `units` return, with a frame for each: where many share the device a judgement takes seconds.

        None when the run was ended in the midst of it.
        """
        while True:
            try:
                next(units)
            except StopIteration as end:
                return end.value
            yield self.frame() | {"judging": self.agent.steps}
            if self.control.reason is not None:
                return None

    def steer(self) -> list[dict[str, Any]]:
        """Take over what was set meanwhile."""
        changes = self.control.changes()
        if changes:
            self.agent.steer(dataclasses.replace(self.agent.settings, **dict(changes)))
        return [{"step": self.agent.steps, name: value} for name, value in changes]

    def point(self, figures: dict[str, Any]) -> dict[str, Any]:
        """The frame after an update. Raises FloatingPointError."""
        agent = self.agent
        agent.updates += 1
        agent.recent.extend(figures.pop("returns"))
        if not all(map(math.isfinite, figures.values())):
            raise FloatingPointError
        frame = self.frame()
        frame["points"] = [{"step": agent.steps, "update": agent.updates} | spread(agent.recent) | figures]
        self.points += frame["points"]
        fresh = [said for said in diagnose(self.points) if said["key"] not in self.diagnosed]
        if fresh:
            self.diagnosed |= {said["key"] for said in fresh}
            frame["diagnoses"] = fresh
        return frame | (self.keep() if is_kept(agent.updates) else {})

    def conclude(self) -> Iterator[dict[str, Any] | None]:
        """The last frame."""
        agent, seed, sampled = self.agent, self.settings.seed, None
        if self.control.reason is None:
            if agent.evaluated != agent.steps:
                rng = np.random.default_rng([seed, agent.steps])
                self.greedy_return = yield from self.judging(greedy_return(agent.policy, rng, agent.physics))
            rng = np.random.default_rng([seed, agent.steps, 2])
            sampled = yield from self.judging(sampled_return(agent.policy, rng, agent.physics))
        told = {
            "solved": self.steps_to_solve is not None,
            "steps_to_solve": self.steps_to_solve,
            "seconds": self.clock.seconds,
            "greedy_return": self.greedy_return,
            "sampled_return": sampled,
        }
        yield self.frame() | self.keep(agent) | told | {"checkpoint": self.checkpoint}

    def frame(self) -> dict[str, Any]:
        return {"start": len(self.points), "points": []}

    def keep(self, agent: Agent | None = None) -> dict[str, Any]:
        """A checkpoint of the policy, and with `agent` of all that it needs to go on."""
        if not self.kept:
            return {}
        state = {
            "policy": arrays(self.agent.policy),
            "algorithm": self.settings.algorithm,
            "update": self.agent.updates,
        }
        kept = CHECKPOINTS.keep(
            KIND, self.settings, self.control.log, self.agent.steps, state | {"agent": agent}, self.control.settings
        )
        if kept is None or kept["id"] == self.checkpoint:  # known already, now with its agent
            return {}
        self.checkpoint = kept["id"]
        return {"checkpoints": [kept | {"update": self.agent.updates}]}


def spread(lengths: Sequence[int]) -> dict[str, float | None]:
    """The mean of episodes' returns, and their quartiles; None each where there are no episodes."""
    named = ("return_low", "return_median", "return_high")
    if not lengths:
        return dict.fromkeys(("mean_return", *named))
    quartiles = np.percentile(lengths, (25, 50, 75)).tolist()
    return {"mean_return": float(np.mean(lengths)), **dict(zip(named, quartiles, strict=True))}


def is_kept(update: int) -> bool:
    """After updates 1, 2, 5, 10, 20, 50, 100 … the policy is kept."""
    return update in {first * 10**zeros for first in (1, 2, 5) for zeros in range(6)}


def agent_for(settings: TrainSettings) -> Agent:
    """A new agent, or the one of the checkpoint to start from. Raises SettingError, ModelError."""
    if not settings.start:
        return AGENTS[settings.algorithm](settings, np.random.default_rng(settings.seed))
    kept = CHECKPOINTS.get(settings.start, KIND)
    if kept.state["agent"] is None:
        raise SettingError("policy_only", checkpoint=settings.start)
    if kept.state["algorithm"] != settings.algorithm:
        raise SettingError("other_algorithm", checkpoint=settings.start, algorithm=kept.state["algorithm"])
    agent = copy.deepcopy(kept.state["agent"])
    agent.steer(settings)
    return agent
