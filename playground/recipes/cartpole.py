"""The embedded CartPole agents, one an algorithm, each with its checkpoints along the training.

    python -m playground.recipes.cartpole --out playground/weights/cartpole

A minute on one core; no data. Each is the run that the page makes with the algorithm's own settings, seed SEED, trained
to max_steps or, where training on makes it worse again, until it has solved CartPole.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from playground.checkpoints import CHECKPOINTS
from playground.control.settings import TrainSettings
from playground.control.stored import KIND
from playground.control.training import train_cartpole
from playground.frames import append
from playground.inference.control import Control

RUNS = {
    "ppo": TrainSettings(seed=3, max_steps=60_000, stop_when_solved=False),
    "reinforce": TrainSettings(algorithm="reinforce", seed=0, stop_when_solved=False),
    "q_learning": TrainSettings(algorithm="q_learning", seed=0),
    "dqn": TrainSettings(algorithm="dqn", seed=0),
}
TITLES = {"ppo": "PPO", "reinforce": "REINFORCE", "q_learning": "Q-learning", "dqn": "DQN"}


def train(settings: TrainSettings) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """(what policies.json says of it, the arrays of all checkpoints, named UPDATE/NAME)."""
    told = append([frame for frame in train_cartpole(settings, Control(settings)) if frame])
    judged = {moment["step"]: moment["greedy_return"] for moment in told["evaluations"]}
    checkpoints, arrays = [], {}
    for kept in told["checkpoints"]:
        update, last = kept["update"], kept["id"] == told["checkpoint"]
        id = f"{settings.algorithm}@{update}"
        greedy = told["greedy_return"] if last else judged.get(kept["step"])
        checkpoints.append({"id": id, "update": update, "step": kept["step"], "greedy_return": greedy})
        policy = CHECKPOINTS.get(kept["id"], KIND).state["policy"]
        arrays |= {f"{update}/{name}": array for name, array in policy.items()}
    points = [{name: point[name] for name in ("step", "update", "mean_return")} for point in told["points"]]
    about = {"seed": settings.seed, "steps_to_solve": told["steps_to_solve"], "greedy_return": told["greedy_return"]}
    about |= {"sampled_return": told["sampled_return"], "checkpoints": checkpoints, "points": points}
    return about, arrays


def card(told: dict[str, Any]) -> str:
    """The model card."""
    rows = "\n".join(
        f"| {TITLES[name]} | {about['seed']} | {about['steps_to_solve']:,} | {about['checkpoints'][-1]['step']:,} | "
        f"{about['greedy_return']:.1f} | {about['sampled_return']:.1f} | "
        f"{', '.join(str(kept['update']) for kept in about['checkpoints'])} |"
        for name, about in told.items()
    )
    return f"""# cartpole

Agents that balance the pole of CartPole-v1, one for each algorithm, with what they were along the training.

| algorithm | seed | steps to solve | steps in all | greedy return | sampled return | kept after updates |
| --- | --- | --- | --- | --- | --- | --- |
{rows}

Solved: the mean of 100 greedy episodes is 475 or more, and that of 100 others again; asked every 2,048 steps. Returns \
are means of 100 episodes of at most 500 steps, from fresh starts. The table of Q-learning is judged greedily in both \
columns, and so is DQN: neither has probabilities to draw from.

**Files.** ALGORITHM.safetensors holds float32 arrays named UPDATE/NETWORK.LAYER.weight (out, in) and .bias; for \
Q-learning UPDATE/table, float64 (72, 2). policies.json holds the figures and the curve of returns.

**Data.** None: the agents learned by playing.

**Licence.** As the rest of this project.

**Recipe.** `python -m playground.recipes.cartpole --out playground/weights/cartpole`

**Limits.** They know one pole and one gravity. PPO, REINFORCE and DQN see four numbers and no history; Q-learning \
does not even see where the cart is, so it may drift off the track.
"""


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m playground.recipes.cartpole")
    parser.add_argument("--out", type=Path, required=True, help="where to write (playground/weights/cartpole)")
    arguments = parser.parse_args(argv)
    arguments.out.mkdir(parents=True, exist_ok=True)
    told = {}
    for name, settings in RUNS.items():
        told[name], arrays = train(settings)
        save_file(arrays, arguments.out / f"{name}.safetensors")
        print(name, told[name]["steps_to_solve"], told[name]["greedy_return"], flush=True)
    (arguments.out / "policies.json").write_text(json.dumps(told, separators=(",", ":")) + "\n", "utf-8")
    (arguments.out / "README.md").write_text(card(told), "utf-8")


if __name__ == "__main__":
    main()
