"""Copy as Python: a training run as one file that needs only numpy. It is this program's own code, put together."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from playground.control.settings import TrainSettings

FOLDER = Path(__file__).parent
PARTS = ("cartpole", "networks", "policies", "agents")
AGENTS = {  # algorithm → (module, class)
    "ppo": ("ppo", "PPO"),
    "dqn": ("dqn", "DQN"),
    "reinforce": ("reinforce", "Reinforce"),
    "q_learning": ("q_learning", "QLearning"),
    "random": ("random_policy", "Random"),
}

HEAD = '''"""Made by AIGC Playground: {algorithm} on CartPole, seed {seed}. Needs: pip install numpy"""

from __future__ import annotations

import copy
import dataclasses
import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
'''

TAIL = '''
# ---------------------------------------------------------------- the run


def finish(units):
    """What a generator returns, once it has done all its units of work."""
    while True:
        try:
            next(units)
        except StopIteration as end:
            return end.value


settings = SimpleNamespace(**{settings}, physics=Physics(**{physics}))
agent = {name}(settings, np.random.default_rng(settings.seed))
evaluated = -1
while agent.steps < settings.max_steps:
    if agent.steps // {every} > evaluated // {every}:  # is it solved, judged by 100 greedy episodes, twice?
        evaluated = agent.steps
        for judgement in range(2):
            rng = np.random.default_rng([settings.seed, agent.steps, judgement])
            mean = finish(greedy_return(agent.policy, rng, agent.physics))
            if mean < SOLVED:
                break
        print(f"step {{agent.steps:>6}}  greedy return {{mean:.1f}}")
        if mean >= SOLVED and settings.stop_when_solved:
            break
    agent.recent.extend(finish(agent.update())["returns"])
    agent.updates += 1

for name, array in arrays(agent.policy).items():
    print(f"{{name}} {{array.shape}}, mean {{array.mean():.6f}}")
'''


def as_python(settings: TrainSettings) -> str:
    """A program that trains the same agent: the same numbers at the same steps. (A run that goes on from a checkpoint,
    or was steered, is told from its beginning and as it began.)"""
    from playground.control.training import EVERY

    module, name = AGENTS[settings.algorithm]
    files = [FOLDER / f"{part}.py" for part in (*PARTS, module, "evaluation")]
    sources = [f"\n# {'-' * 64} {file.stem}\n\n{without_imports(file.read_text('utf-8'))}" for file in files]
    chosen = settings.as_dict()
    physics = {name: chosen.pop(name) for name in ("gravity", "masscart", "masspole", "length", "force_mag")}
    del chosen["start"]
    head = HEAD.format(algorithm=name, seed=settings.seed)
    tail = TAIL.format(settings=chosen, physics=physics, name=name, every=EVERY)
    return head + "\n".join(sources) + tail


def without_imports(source: str) -> str:
    """A module's source without its imports; its docstring as a comment."""
    tree, lines = ast.parse(source), source.splitlines()
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            lines[node.lineno - 1 : node.end_lineno] = [None] * (node.end_lineno - node.lineno + 1)
    docstring = tree.body[0]
    for n in range(docstring.lineno - 1, docstring.end_lineno):
        lines[n] = f"# {lines[n]}".replace('"""', "").rstrip()
    kept = "\n".join(line for line in lines if line is not None).strip()
    return re.sub(r"\n{4,}", "\n\n\n", kept) + "\n"
