"""A trial of several agents in turn, as one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from playground.control.settings import PolicySettings
from playground.control.trial_settings import ContestSettings, SlicesSettings
from playground.control.trials import policy_slice, push_score
from playground.inference.control import Control

Frames = Iterator[dict[str, Any] | None]


def push_contest(settings: ContestSettings, control: Control) -> Frames:
    """A frame an agent: {"start", "agents": [{"agent": its word, and what push_score tells}]}. Raises ModelError."""
    yield from in_turn(push_score, settings.scores(), control)


def policy_slices(settings: SlicesSettings, control: Control) -> Frames:
    """A frame an agent: {"start", "agents": [{"agent": its place, and what policy_slice tells}]}. Raises ModelError."""
    yield from in_turn(policy_slice, settings.slices(), control)


def in_turn(trial: Callable[..., Frames], asked: Mapping[str, PolicySettings], control: Control) -> Frames:
    for n, (agent, settings) in enumerate(asked.items()):
        for frame in trial(settings, control):
            yield frame and {"start": n, "agents": [{"agent": agent} | frame]}
        if control.reason is not None:
            return
