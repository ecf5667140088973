"""Trained policies by name: those that come with the project, with their checkpoints, and those that runs have kept.

"ppo"            the embedded PPO, trained to the end
"ppo@5"          the same after its fifth update; `embedded()` lists them
"cartpole-3f0c…" a checkpoint of a run, or a policy read from a file
"random"         no policy at all
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

import playground
from playground.checkpoints import CHECKPOINTS
from playground.control.cartpole import Physics
from playground.control.policies import Policy, policy_of
from playground.control.settings import ALGORITHMS
from playground.errors import ModelError

FOLDER = Path(playground.__file__).parent / "weights" / "cartpole"
KIND = "cartpole"  # of kept checkpoints


@dataclass(frozen=True)
class Stored:
    """A policy, the algorithm it was trained with, the environment steps and the updates that it had by then."""

    id: str
    algorithm: str
    policy: Policy
    step: int | None = None
    update: int | None = None
    physics: Physics | None = None  # that it was trained in, where that is known

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "algorithm": self.algorithm, "step": self.step, "update": self.update}


@cache
def embedded() -> dict[str, Any]:
    """What is known of the embedded policies: {algorithm: {"seed", "steps_to_solve", …, "checkpoints": [{"id",
    "update", "step", "greedy_return"}]}}. Raises ModelError."""
    try:
        return json.loads((FOLDER / "policies.json").read_text("utf-8"))
    except (OSError, ValueError):
        raise ModelError("model_file_broken", file="policies.json") from None


@cache
def _arrays(algorithm: str) -> dict[str, Any]:
    try:
        return load_file(FOLDER / f"{algorithm}.safetensors")
    except Exception:
        raise ModelError("model_file_broken", file=f"{algorithm}.safetensors") from None


def stored(id: str) -> Stored:
    """Raises ModelError for one that there is not."""
    if id.startswith(f"{KIND}-"):
        kept = CHECKPOINTS.get(id, KIND)
        policy, physics = policy_of(kept.state["policy"]), getattr(kept.settings, "physics", None)
        return Stored(id, kept.state["algorithm"], policy, kept.step, kept.state["update"], physics)
    if id == "random":
        return Stored(id, id, policy_of({}))
    algorithm = id.partition("@")[0]
    for moment in reversed(embedded().get(algorithm, {}).get("checkpoints", ())):
        if id in (moment["id"], algorithm):
            prefix = f"{moment['update']}/"
            named = {name.removeprefix(prefix): a for name, a in _arrays(algorithm).items() if name.startswith(prefix)}
            return Stored(id, algorithm, policy_of(named), moment["step"], moment["update"], Physics())
    raise ModelError("unknown_policy", checkpoint=id, choices=ALGORITHMS)
