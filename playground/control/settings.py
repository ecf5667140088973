"""What a person can ask of CartPole. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playground.control.cartpole import STEPS, Physics
from playground.settings import Settings, array, choice, integer, number, switch, text

ALGORITHMS = ("ppo", "dqn", "reinforce", "q_learning", "random")
LARGEST_SEED = 2**53 - 9
LARGEST_FILE = 4 * 1024 * 1024  # bytes of a Stable-Baselines3 zip


@dataclass(frozen=True)
class PhysicsSettings(Settings):
    """The constants of CartPole, of which Gymnasium's are the defaults.

    length     from the hinge to the pole's middle, m: half of the pole
    masspole, masscart   kg
    gravity    m/s²; 1.62 is the Moon's
    force_mag  N, with which an action pushes the cart
    """

    length: float = number(0.5, low=0.05, high=5.0, step=0.05)
    masspole: float = number(0.1, low=0.01, high=10.0, step=0.05)
    masscart: float = number(1.0, low=0.1, high=10.0, step=0.1)
    gravity: float = number(9.8, low=0.1, high=50.0, step=0.1)
    force_mag: float = number(10.0, low=0.1, high=100.0, step=0.5)

    @property
    def physics(self) -> Physics:
        return Physics(
            gravity=self.gravity,
            masscart=self.masscart,
            masspole=self.masspole,
            length=self.length,
            force_mag=self.force_mag,
        )


@dataclass(frozen=True)
class TrainSettings(PhysicsSettings):
    """Training an agent.

    algorithm              which
    seed                   of the first weights, the first states, and every draw
    max_steps              environment steps, of all carts together, at which training ends
    stop_when_solved       end as soon as the greedy mean of 100 episodes is 475 or more, twice on different starts
    learning_rate_factor   times the algorithm's own learning rate
    bootstrap              an episode that the 500-step limit cut short still has a future, which is worth V(s)
    normalize_advantages   PPO, REINFORCE: advantages are given mean 0 and deviation 1
    target_network         DQN: the target is computed by a copy of the network that stands still for a while
    start                  id of a checkpoint of a run of the same algorithm to go on from; "" is a new agent
    """

    algorithm: str = choice("ppo", ALGORITHMS)
    seed: int = integer(0, low=0, high=LARGEST_SEED)
    max_steps: int = integer(100_000, low=1, high=500_000, slider_high=200_000)
    stop_when_solved: bool = switch(True)
    learning_rate_factor: float = number(1.0, low=0.01, high=100.0)
    bootstrap: bool = switch(True)
    normalize_advantages: bool = switch(True)
    target_network: bool = switch(True)
    start: str = text("", limit=80)


@dataclass(frozen=True)
class LotterySettings(TrainSettings):
    """The same with `seeds` seeds, from `seed` on. Each trains to max_steps, from a new agent."""

    max_steps: int = integer(50_000, low=1000, high=100_000)
    seeds: int = integer(20, low=2, high=20)


@dataclass(frozen=True)
class TextbookSettings(Settings):
    """PPO as Stable-Baselines3 has it by default, with `seeds` seeds from `seed` on, each to max_steps."""

    seed: int = integer(0, low=0, high=LARGEST_SEED)
    seeds: int = integer(6, low=1, high=10)
    max_steps: int = integer(26_000, low=2048, high=64_000)


@dataclass(frozen=True)
class RuleSettings(PhysicsSettings):
    """A run of Q-learning, step by step: the `transitions` steps that follow the first `before` episodes."""

    seed: int = integer(0, low=0, high=LARGEST_SEED)
    before: int = integer(0, low=0, high=400)  # episodes
    transitions: int = integer(150, low=1, high=200)


@dataclass(frozen=True)
class BreakSettings(Settings):
    """What is broken, by its name in PRESETS, and the seed of the broken run and of the healthy one beside it."""

    fault: str = choice("no_bootstrap", ("no_bootstrap", "no_normalization", "no_target_network", "lr_x10"))
    seed: int = integer(0, low=0, high=LARGEST_SEED)

    @property
    def broken(self) -> TrainSettings:
        return TrainSettings(**PRESETS[self.fault] | self._alike)

    @property
    def healthy(self) -> TrainSettings:
        """The same algorithm with nothing broken."""
        return TrainSettings(algorithm=self.broken.algorithm, **self._alike)

    @property
    def _alike(self) -> dict[str, Any]:
        return {"seed": self.seed, "max_steps": LONG_ENOUGH[self.fault], "stop_when_solved": False}


STEERABLE = ("learning_rate_factor", "length", "masspole", "masscart", "gravity", "force_mag")

PRESETS: dict[str, dict[str, Any]] = {
    "healthy": {},
    "no_bootstrap": {"bootstrap": False, "stop_when_solved": False},
    "no_normalization": {"normalize_advantages": False, "stop_when_solved": False},
    "no_target_network": {"algorithm": "dqn", "target_network": False},
    "lr_x10": {"algorithm": "reinforce", "learning_rate_factor": 10.0},
}
"""By name; each differs from the defaults in what it says."""

LONG_ENOUGH = {"no_bootstrap": 100_000, "no_normalization": 40_000, "no_target_network": 40_000, "lr_x10": 60_000}
"""Steps after which each of them has shown what it does."""


@dataclass(frozen=True)
class PolicySettings(PhysicsSettings):
    """checkpoint: an embedded policy ("ppo"; "ppo@5" after its fifth update), or the id of one that a run kept."""

    checkpoint: str = text("ppo", limit=80)


@dataclass(frozen=True)
class ReplaySettings(PolicySettings):
    """One episode.

    seed        of the start, which is where Gymnasium's reset(seed=seed) starts
    push_step   the step in which the pole is shoved; -1: never
    push_force  N, to the right, on the pole's middle, for that step (0.02 s)
    choose      greedy takes the better action, sampled draws from the probabilities
    """

    seed: int = integer(0, low=0, high=LARGEST_SEED)
    push_step: int = integer(-1, low=-1, high=STEPS - 1)
    push_force: float = number(0.0, low=-200.0, high=200.0, step=0.5)
    choose: str = choice("greedy", ("greedy", "sampled"))


@dataclass(frozen=True)
class GridSettings(PolicySettings):
    """Mean return over pole length × gravity. seed: of the starts."""

    seed: int = integer(0, low=0, high=LARGEST_SEED)


@dataclass(frozen=True)
class ScoreSettings(PolicySettings):
    """The largest impulse survived. seed: of the starts."""

    seed: int = integer(0, low=0, high=LARGEST_SEED)


@dataclass(frozen=True)
class SliceSettings(PolicySettings):
    """The policy over two of a state's four numbers, at given values of the other two.

    plane   pole: θ by θ̇, at `x` and `x_dot` · cart: x by ẋ, at `theta` and `theta_dot`
    x, x_dot          m, m/s
    theta, theta_dot  degrees, rad/s
    """

    plane: str = choice("pole", ("pole", "cart"))
    x: float = number(0.0, low=-2.4, high=2.4, step=0.1)
    x_dot: float = number(0.0, low=-3.0, high=3.0, step=0.1)
    theta: float = number(0.0, low=-12.0, high=12.0, step=0.5)
    theta_dot: float = number(0.0, low=-3.0, high=3.0, step=0.1)


@dataclass(frozen=True)
class CompareSettings(Settings):
    """Every algorithm with `seeds` seeds, 0 and on. max_steps: of each run."""

    seeds: int = integer(5, low=1, high=20)
    max_steps: int = integer(100_000, low=1000, high=200_000)


@dataclass(frozen=True)
class ImportSettings(Settings):
    """A zip that Stable-Baselines3 saved. activation: of its networks, which the file does not say."""

    file: Mapping[str, Any] | None = array(shape=(None,), dtype="uint8", limit=LARGEST_FILE)
    activation: str = choice("tanh", ("tanh", "relu"))
