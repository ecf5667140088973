"""CartPole as the engine runs it. Imports no torch: what computes is imported when it first runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playground.control.settings import STEERABLE, TrainSettings
from playground.frames import append
from playground.inference.tasks import Lane, Task, later

MEMORY_BYTES = 12_000_000  # DQN's memory, twice: in use, and in the last checkpoint
TRAINING_BYTES = 1_000_000  # of the others: networks, a rollout, the trace
EPISODE_BYTES = 1_000_000
CARTS_BYTES = 4_000_000  # some 800 carts at once
FILE_BYTES = 50_000_000  # a zip, what it unpacks to, and torch's reading of it


def _training_bytes(settings: TrainSettings) -> int:
    return MEMORY_BYTES if settings.algorithm == "dqn" else TRAINING_BYTES


TRAIN_CARTPOLE = Task(
    "train_cartpole",
    Lane.TRAINING,
    run=later("playground.control.training:train_cartpole"),
    peak_bytes=_training_bytes,
    merge=append,
    seconds=180,
    small=True,
    steerable=STEERABLE,
    is_step=lambda frame: bool(frame and frame["points"]),  # an update, of which many a unit is only a part
)
COMPARE_ALGORITHMS = Task(
    "compare_algorithms",
    Lane.TRAINING,
    run=later("playground.control.compare:compare_algorithms"),
    peak_bytes=lambda settings: MEMORY_BYTES,
    merge=append,
    seconds=600,
    small=True,
)
SEED_LOTTERY = Task(
    "seed_lottery",
    Lane.TRAINING,
    run=later("playground.control.lottery:seed_lottery"),
    peak_bytes=lambda settings: settings.seeds * _training_bytes(settings),
    merge=append,
    seconds=600,
    small=True,
)

TEXTBOOK_PPO = Task(
    "textbook_ppo",
    Lane.TRAINING,
    run=later("playground.control.textbook:textbook_ppo"),
    peak_bytes=lambda settings: settings.seeds * TRAINING_BYTES,
    merge=append,
    seconds=180,
    small=True,
)


def _asked(name: str, run: str, size: int, merge: Callable[..., Any] | None = None) -> Task:
    run_later = later(f"playground.control.{run}")
    return Task(name, Lane.INTERACTIVE, run=run_later, peak_bytes=lambda settings: size, merge=merge, seconds=20)


REPLAY_CARTPOLE = _asked("replay_cartpole", "episodes:replay_cartpole", EPISODE_BYTES)
PLAY_MOMENTS = _asked("play_moments", "moments:play_moments", EPISODE_BYTES, append)
PHYSICS_GRID = _asked("physics_grid", "trials:physics_grid", CARTS_BYTES, append)
PUSH_CONTEST = _asked("push_contest", "trials_together:push_contest", CARTS_BYTES, append)
POLICY_SLICES = _asked("policy_slices", "trials_together:policy_slices", EPISODE_BYTES, append)
IMPORT_POLICY = _asked("import_policy", "sb3:import_policy", FILE_BYTES)
EXPORT_POLICY = _asked("export_policy", "exports:export_policy", EPISODE_BYTES)
Q_LEARNING_RULE = _asked("q_learning_rule", "rule:q_learning_rule", EPISODE_BYTES)
