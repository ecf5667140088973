"""CartPole against Stable-Baselines3 and Gymnasium: python -m tests.benchmarks.cartpole [PART …] [--seeds N]

    pip install stable-baselines3 gymnasium       the peers: only this benchmark needs them

Parts: physics, wire, simple (Q-learning and REINFORCE), ppo, dqn, sharing; and, only by name, claim and diagnoses.

Solved is the same for everyone: the mean of 100 greedy episodes is 475 or more, and that of 100 others again, asked
every 2,048 steps; the time that the asking takes counts for nobody. Ours runs as it does in the app: through the
engine, with a viewer reading every frame. In the end the agents are judged once more, by Gymnasium itself. One thread
each, by turns; seconds of the wall clock, which a busy machine stretches, and CPU seconds, which it hardly does. A run
that is stopped before it has solved it stands in the medians with what it had by then, and the median is "≥".
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import torch

from playground.checkpoints import CHECKPOINTS
from playground.control import evaluation
from playground.control.cartpole import CartPole, Physics, first_states, is_terminated, observe, step
from playground.control.evaluation import SOLVED
from playground.control.policies import policy_of
from playground.control.settings import TrainSettings
from playground.control.tasks import TRAIN_CARTPOLE
from playground.control.training import EVERY
from playground.inference.device import prepare_torch
from playground.inference.engine import Engine

Act = Callable[[np.ndarray], np.ndarray]  # observations (N, 4) → actions (N,)


class Solved(NamedTuple):
    seed: int
    solved: bool
    steps: int  # until it was solved, or stopped
    seconds: float
    cpu: float
    in_gymnasium: float  # mean return of 100 greedy episodes


def mean_return(act: Act, rng: np.random.Generator, episodes: int = 100) -> float:
    """Greedy, in a batch: what is asked of everyone."""
    state, lengths, going = first_states(rng, episodes), np.zeros(episodes), np.arange(episodes)
    for _ in range(500):
        state = step(state, act(observe(state)), Physics())
        lengths[going] += 1
        stands = ~is_terminated(state)
        state, going = state[:, stands], going[stands]
        if len(going) == 0:
            break
    return float(lengths.mean())


def in_gymnasium(act: Act, episodes: int = 100) -> float:
    """Greedy, in Gymnasium's own CartPole-v1: each cart's first episode."""
    envs = gymnasium.make_vec("CartPole-v1", num_envs=episodes)
    obs, _ = envs.reset(seed=1000)
    lengths, going = np.zeros(episodes), np.ones(episodes, dtype=bool)
    while going.any():
        obs, _, terminated, truncated, _ = envs.step(act(obs))
        lengths += going
        going &= ~(terminated | truncated)
    return float(lengths.mean())


# ---------------------------------------------------------------- ours


def ours(algorithm: str, seed: int) -> Solved:
    """A run in an engine of its own, its frames read as they come; evaluations are timed and taken off."""
    engine, asking = Engine(), [0.0, 0.0]
    with TimedEvaluations(asking):
        began, cpu = time.perf_counter(), time.process_time()
        frame = asyncio.run(watch(engine, TrainSettings(algorithm=algorithm, seed=seed)))
        seconds, cpu = time.perf_counter() - began - asking[0], time.process_time() - cpu - asking[1]
    engine.close()
    policy = policy_of(CHECKPOINTS.get(frame["checkpoint"], "cartpole").state["policy"])
    steps = frame["steps_to_solve"] if frame["solved"] else frame["points"][-1]["step"]  # 0: it came untrained
    return Solved(seed, frame["solved"], steps, seconds, cpu, in_gymnasium(policy.greedy))


async def watch(engine: Engine, settings: TrainSettings) -> dict[str, Any]:
    """The last frame, which holds the whole run."""
    frame = None
    async for event in engine.watch(engine.submit(TRAIN_CARTPOLE, settings, owner="one")):
        frame = event.frame or frame
    return frame


class TimedEvaluations:
    """While it is open, adds up the wall-clock and CPU seconds that the run's own evaluations take."""

    def __init__(self, asking: list[float]) -> None:
        self.asking, self.returns = asking, evaluation.returns

    def __enter__(self) -> None:
        def returns(*args: Any, **options: Any) -> Any:
            units = self.returns(*args, **options)
            while True:
                began, cpu = time.perf_counter(), time.process_time()
                try:
                    next(units)
                except StopIteration as end:
                    return end.value
                finally:
                    self.asking[0] += time.perf_counter() - began
                    self.asking[1] += time.process_time() - cpu
                yield

        evaluation.returns = returns

    def __exit__(self, *error: object) -> None:
        evaluation.returns = self.returns


# ---------------------------------------------------------------- theirs

ZOO = {  # rl-baselines3-zoo, hyperparams for CartPole-v1
    "ppo": {"n_steps": 32, "batch_size": 256, "n_epochs": 20, "gamma": 0.98, "gae_lambda": 0.8, "ent_coef": 0.0},
    "dqn": {
        "learning_rate": 2.3e-3, "batch_size": 64, "buffer_size": 100_000, "learning_starts": 1000, "gamma": 0.99,
        "target_update_interval": 10, "train_freq": 256, "gradient_steps": 128, "exploration_fraction": 0.16,
        "exploration_final_eps": 0.04, "policy_kwargs": {"net_arch": [256, 256]},
    },
}  # fmt: skip


TOTAL = {"ppo": 100_000, "dqn": 50_000}  # the zoo's, steps


def theirs(algorithm: str, seed: int, total: int, defaults: bool = False) -> Solved:
    """Stable-Baselines3 with the zoo's settings, or with its own, until it is solved or `total` steps are over."""
    from stable_baselines3 import DQN, PPO
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.env_util import make_vec_env

    class Asked(BaseCallback):
        solved, last, seconds, cpu = False, -1, 0.0, 0.0

        def _on_step(self) -> bool:
            if self.num_timesteps // EVERY == self.last // EVERY:
                return True
            self.last = self.num_timesteps
            began, cpu = time.perf_counter(), time.process_time()
            rngs = [np.random.default_rng([seed, self.num_timesteps, n]) for n in range(2)]
            self.solved = all(mean_return(act, rng) >= SOLVED for rng in rngs)
            self.seconds += time.perf_counter() - began
            self.cpu += time.process_time() - cpu
            return not self.solved

    settings = dict(ZOO[algorithm]) if not defaults else {}
    envs = 8 if algorithm == "ppo" and not defaults else 1
    if algorithm == "ppo" and not defaults:
        settings |= {"learning_rate": lambda left: left * 1e-3, "clip_range": lambda left: left * 0.2}
    env = make_vec_env("CartPole-v1", n_envs=envs, seed=seed)
    model = {"ppo": PPO, "dqn": DQN}[algorithm]("MlpPolicy", env, seed=seed, device="cpu", **settings)

    def act(obs: np.ndarray) -> np.ndarray:
        return model.predict(obs, deterministic=True)[0]

    asked = Asked()
    began, cpu = time.perf_counter(), time.process_time()
    model.learn(total, callback=asked)
    seconds, cpu = time.perf_counter() - began - asked.seconds, time.process_time() - cpu - asked.cpu
    return Solved(seed, asked.solved, model.num_timesteps, seconds, cpu, in_gymnasium(act))


# ---------------------------------------------------------------- parts


def table(groups: dict[str, list[Solved]]) -> None:
    print("| | solved | by Gymnasium too | steps, median | seconds, median | worst | CPU seconds, median | worst |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, runs in groups.items():
        solved, judged = sum(run.solved for run in runs), sum(run.in_gymnasium >= SOLVED for run in runs)
        cells = [f"{solved}/{len(runs)}", f"{judged}", f"{least(runs)}{median(runs, 'steps'):,.0f}"]
        for what in ("seconds", "cpu"):
            cells += [f"{least(runs)}{median(runs, what):.2f}", f"{max(getattr(run, what) for run in runs):.2f}"]
        print("|", " | ".join([name, *cells]), "|")


def median(runs: list[Solved], what: str) -> float:
    return statistics.median(getattr(run, what) for run in runs)


def least(runs: list[Solved]) -> str:
    return "" if all(run.solved for run in runs) else "≥ "


def faster(name: str, mine: list[Solved], peer: list[Solved], target: str) -> None:
    seconds, cpu, steps = (median(peer, what) / median(mine, what) for what in ("seconds", "cpu", "steps"))
    print(f"than {name}: {least(peer)}{seconds:.1f}× faster ({least(peer)}{cpu:.1f}× in CPU seconds; {target}), "
          f"with {1 / steps:.2f}× the steps", flush=True)  # fmt: skip


DEFAULTS, STOPPED = 5, 24_000  # seeds of SB3's defaults, and steps after which each is stopped


def ppo(seeds: int = 20) -> None:
    ours("ppo", 999)  # imports, first use
    mine, zoo, tutorial = [], [], []
    for seed in range(seeds):
        mine.append(ours("ppo", seed))
        zoo.append(theirs("ppo", seed, TOTAL["ppo"]))
        if seed < DEFAULTS:
            tutorial.append(theirs("ppo", seed, STOPPED, defaults=True))
    table({"PPO, ours": mine, "SB3, the zoo's settings": zoo, f"SB3's defaults, {STOPPED:,} steps at most": tutorial})
    faster("the zoo's settings", mine, zoo, "≥ 2; ≤ 2× the steps; all solved, worst ≤ 8 s")
    faster("SB3's defaults", mine, tutorial, "≥ 8")


def dqn(seeds: int = 10) -> None:
    """The peer has four seeds: each takes as long as all ten of ours."""
    ours("dqn", 999)
    mine, zoo = [], []
    for seed in range(seeds):
        mine.append(ours("dqn", seed))
        if seed < 4:
            zoo.append(theirs("dqn", seed, TOTAL["dqn"]))
    table({"DQN, ours": mine, "SB3, the zoo's settings": zoo})
    faster("the zoo's settings", mine, zoo, "> 1; 9 of 10 solved")


def simple(seeds: int = 20) -> None:
    runs = {}
    for algorithm in ("q_learning", "reinforce"):
        ours(algorithm, 999)
        runs[algorithm] = [ours(algorithm, seed) for seed in range(seeds)]
    table(runs)
    print("each ≤ 2 s, and 19 of 20 solved", flush=True)


def claim(seeds: int = 10) -> None:
    """What learn(10_000) at SB3's defaults comes to: theirs, and ours with the same hyperparameters."""
    from stable_baselines3 import PPO

    from playground.control.settings import TextbookSettings
    from playground.control.textbook import LEARN, textbook_ppo
    from playground.inference.control import Control

    settings = TextbookSettings(seeds=seeds, max_steps=LEARN + 2048)  # it is judged before the rollout that follows
    ours = [one for f in textbook_ppo(settings, Control(settings)) if f for one in f["claims"]]
    theirs = []
    for seed in range(seeds):
        model = PPO("MlpPolicy", "CartPole-v1", seed=seed, device="cpu").learn(LEARN)
        act = lambda obs, model=model: model.predict(obs, deterministic=True)[0]  # noqa: E731
        theirs.append(mean_return(act, np.random.default_rng(seed)))
    for name, got in (("ours", [one["greedy_return"] for one in ours]), ("SB3", theirs)):
        solved = sum(value >= SOLVED for value in got)
        print(f"learn(10000) at SB3's defaults, {name:<6}{solved}/{seeds} solved, mean greedy return "
              f"{statistics.mean(got):.0f}, best {max(got):.0f}", flush=True)  # fmt: skip


def physics() -> None:
    """Steps a second, random actions, episodes starting anew by themselves, each with what the agent is given of it."""
    rng = np.random.default_rng(0)
    for n, target in ((8, 0), (64, 2.0), (1024, 1.0)):
        env, peer = CartPole(n, rng, Physics()), gymnasium.make_vec("CartPole-v1", num_envs=n)
        peer.reset(seed=0)
        actions = rng.integers(0, 2, (100, n))

        def mine(action: np.ndarray, env: CartPole = env) -> np.ndarray:
            env.step(action)
            return observe(env.state)

        def seconds(step: Callable[[np.ndarray], Any], actions: np.ndarray = actions) -> float:
            began = time.perf_counter()
            for action in actions:
                step(action)
            return time.perf_counter() - began

        pairs = [(seconds(mine), seconds(peer.step)) for _ in range(61)][1:]
        ratio = statistics.median(theirs / ours for ours, theirs in pairs)
        steps = [len(actions) * n / statistics.median(column) / 1e6 for column in zip(*pairs, strict=True)]
        print(
            f"physics, {n:>5} carts {steps[0]:>8.2f} and {steps[1]:.2f} M steps/s {ratio:>6.2f}× (≥ {target})",
            flush=True,
        )


def sharing() -> None:
    """30 people, and a class of 60, training PPO at once against one after another, and how long each waits for news.

    Every seed is another run. The engine is the app's, with its own limits.
    """
    for people in (30, 60):
        seeds = range(100, 100 + people)
        began = time.perf_counter()
        for seed in seeds:
            engine = Engine(prepare=prepare_torch)
            asyncio.run(watch(engine, TrainSettings(seed=seed)))
            engine.close()
        in_turn = time.perf_counter() - began
        engine = Engine(prepare=prepare_torch)
        began = time.perf_counter()
        waits = asyncio.run(all_at_once(engine, seeds))
        together = time.perf_counter() - began
        engine.close()
        print(f"{people} people: {together:.1f} s together, {in_turn:.1f} s in turn: {together / in_turn:.2f}× (≤ 1.3)")
        print(
            f"  the first news of all after {max(one[0] for one in waits):.2f} s, "
            f"longest wait for news {max(map(max, waits)):.2f} s (≤ 1)",
            flush=True,
        )


async def all_at_once(engine: Engine, seeds: Sequence[int]) -> list[list[float]]:
    """Of each person the seconds until the first frame and between two."""

    async def person(seed: int) -> list[float]:
        waits, last = [], time.perf_counter()
        ticket = engine.submit(TRAIN_CARTPOLE, TrainSettings(seed=seed), owner=f"person {seed}")
        async for event in engine.watch(ticket):
            if event.frame is not None:
                waits.append(time.perf_counter() - last)
                last = time.perf_counter()
        return waits

    return await asyncio.gather(*map(person, seeds))


def wire() -> None:
    """An episode's size on its way to the browser."""
    import json

    from playground.control.episodes import replay_cartpole
    from playground.control.settings import ReplaySettings
    from playground.inference.control import Control

    for checkpoint in ("ppo", "dqn", "reinforce", "q_learning", "random"):
        settings = ReplaySettings(checkpoint=checkpoint)
        began = time.perf_counter()
        told = [frame for frame in replay_cartpole(settings, Control(settings)) if frame][-1]
        milliseconds = 1000 * (time.perf_counter() - began)
        print(f"episode of {checkpoint:<12}{len(json.dumps(told)) / 1000:>7.1f} kB (≤ 40){milliseconds:>8.0f} ms")


def diagnoses() -> None:
    """What is said of five seeds of each preset, and of five healthy runs of each algorithm to their ends."""
    from playground.control.settings import ALGORITHMS, PRESETS

    healthy = {algorithm: {"algorithm": algorithm, "stop_when_solved": False} for algorithm in ALGORITHMS}
    for name, asked in (PRESETS | healthy).items():
        keys = []
        for seed in range(5):
            engine = Engine()
            frame = asyncio.run(watch(engine, TrainSettings(**asked | {"seed": seed})))
            engine.close()
            keys.append(", ".join(said["key"] for said in frame.get("diagnoses", ())) or "nothing")
        print(f"said of {name:<20}{' · '.join(keys)}", flush=True)


FIGURES = {part.__name__: part for part in (physics, wire, simple, ppo, dqn, sharing)}
PARTS = FIGURES | {part.__name__: part for part in (claim, diagnoses)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", choices=PARTS, metavar="PART")
    parser.add_argument("--seeds", type=int, help="of the parts that train, where not as many as the figures ask")
    asked = parser.parse_args()
    prepare_torch()
    torch.manual_seed(0)
    for name in asked.parts or FIGURES:
        print(f"\n### {name}\n", flush=True)
        took = time.perf_counter()
        trains = name in ("simple", "ppo", "dqn", "claim")
        PARTS[name](**{"seeds": asked.seeds} if asked.seeds and trains else {})
        print(f"({time.perf_counter() - took:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
