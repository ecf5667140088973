"""What the CartPole tab asks of trained agents beside its hero: settings of its experiments. Imports no torch.

Each chooses its agent by a word: an algorithm is the embedded agent that was trained with it; "screen" is the one that
the tab shows, whose id the browser adds as `checkpoint`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playground.control.settings import (
    ALGORITHMS,
    LARGEST_SEED,
    GridSettings,
    PhysicsSettings,
    PolicySettings,
    ReplaySettings,
    ScoreSettings,
    SliceSettings,
)
from playground.settings import choice, integer, text

AGENTS = (*ALGORITHMS, "screen")
OPPONENTS = ("random", "ppo@0", "ppo@10", "reinforce", "q_learning", "dqn", "ppo", "screen")  # from weak to strong
LEARNERS = (*ALGORITHMS[:-1], "screen")  # those that have a training to look back on


def by_agent(settings: PolicySettings, kind: type[PolicySettings], agent: str) -> Any:
    """`kind`, made of `settings`, for the agent of this word."""
    asked = settings.as_dict()
    return kind.of(asked if agent == "screen" else asked | {"checkpoint": agent})


@dataclass(frozen=True)
class MomentsSettings(PhysicsSettings):
    """The same start at several moments of a training.

    whose   an algorithm: of the embedded agent; screen: of the run on screen
    kept    ids of the checkpoints that the run on screen has kept, with spaces between them
    most    moments shown: the first, the last, and some from in between
    seed    of the start
    """

    whose: str = choice("ppo", LEARNERS)
    kept: str = text("", limit=4000)
    most: int = integer(5, low=2, high=9)
    seed: int = integer(0, low=0, high=LARGEST_SEED)


@dataclass(frozen=True)
class VersusSettings(ReplaySettings):
    """An episode to beat, by `opponent`: "ppo@10" is the embedded PPO after its tenth update."""

    opponent: str = choice("ppo", OPPONENTS)

    def episode(self) -> ReplaySettings:
        return by_agent(self, ReplaySettings, self.opponent)


@dataclass(frozen=True)
class TransferSettings(GridSettings):
    """Trained in one physics, tested in many: `agent`."""

    agent: str = choice("ppo", AGENTS)

    def grid(self) -> GridSettings:
        return by_agent(self, GridSettings, self.agent)


@dataclass(frozen=True)
class ContestSettings(ScoreSettings):
    """Who takes the hardest shove: every algorithm's embedded agent, and the one on screen where it is another."""

    def scores(self) -> dict[str, ScoreSettings]:
        """By agent."""
        others = () if self.checkpoint in ALGORITHMS else ("screen",)
        return {agent: by_agent(self, ScoreSettings, agent) for agent in (*ALGORITHMS, *others)}


@dataclass(frozen=True)
class SlicesSettings(SliceSettings):
    """The same slice of two agents' minds: `agent`, and `beside`."""

    agent: str = choice("ppo", AGENTS)
    beside: str = choice("q_learning", AGENTS)

    def slices(self) -> dict[str, SliceSettings]:
        """By place."""
        return {place: by_agent(self, SliceSettings, getattr(self, place)) for place in ("agent", "beside")}
