"""Policies: what an agent has learned, apart from how it learned it. Each says of observations what it would do.

    policy.scores(obs (B, 4)) → (B, 2)            π(left), π(right), or Q(left), Q(right): `policy.tells` says which
    policy.values(obs (B, 4)) → (B,) or None      V(s), in reward to come, where the agent knows it
    policy.greedy(obs (B, 4)) → (B,)              the better action
    policy.probabilities(obs (B, 4)) → (B, 2)     what it draws its action from when it samples

`arrays(policy)` and `policy_of(arrays)` take one apart into named numpy arrays and put it together again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np

from playground.control.cartpole import THETA_LIMIT
from playground.control.networks import MLP, softmax


class Policy(ABC):
    """What all kinds share."""

    tells = "probabilities"  # or "q"
    indifferent = False  # no action is better than the other, so that even the greedy one is drawn

    @abstractmethod
    def scores(self, obs: np.ndarray) -> np.ndarray:
        """See above."""

    def values(self, obs: np.ndarray) -> np.ndarray | None:
        return None

    def greedy(self, obs: np.ndarray) -> np.ndarray:
        scores = self.scores(obs)
        return (scores[:, 1] > scores[:, 0]).astype(np.int64)

    def probabilities(self, obs: np.ndarray) -> np.ndarray:
        if self.tells == "probabilities":
            return self.scores(obs)
        return np.eye(2, dtype=np.float32)[self.greedy(obs)]

    def act(self, obs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(B,) drawn from the probabilities."""
        return (rng.random(len(obs)) < self.probabilities(obs)[:, 1]).astype(np.int64)


class RandomPolicy(Policy):
    """A coin for every step, whatever it sees."""

    indifferent = True

    def scores(self, obs: np.ndarray) -> np.ndarray:
        return np.full((len(obs), 2), 0.5, dtype=np.float32)


class ActorPolicy(Policy):
    """A network that ends in π, and with some algorithms another for V (the critic)."""

    def __init__(self, actor: MLP, critic: MLP | None = None) -> None:
        self.actor, self.critic = actor, critic

    def scores(self, obs: np.ndarray) -> np.ndarray:
        return softmax(self.actor(obs))

    def values(self, obs: np.ndarray) -> np.ndarray | None:
        return None if self.critic is None else self.critic(obs)[:, 0]

    def greedy(self, obs: np.ndarray) -> np.ndarray:
        logits = self.actor(obs)  # the larger logit is the larger probability
        return (logits[:, 1] > logits[:, 0]).astype(np.int64)


class QPolicy(Policy):
    """A network that ends in Q. V is the better of the two."""

    tells = "q"

    def __init__(self, q: MLP) -> None:
        self.q = q

    def scores(self, obs: np.ndarray) -> np.ndarray:
        return self.q(obs)

    def values(self, obs: np.ndarray) -> np.ndarray:
        return self.q(obs).max(1)


BINS = (1, 1, 6, 12)  # cells along x, ẋ, θ, θ̇
EDGES = (0.0, 0.0, THETA_LIMIT, 0.87)  # the bins share out ±this; whatever is beyond is in the outermost


class TablePolicy(Policy):
    """Q as a table over the cells that the observations are sorted into: (cells, 2)."""

    tells = "q"

    def __init__(self, table: np.ndarray) -> None:
        self.table = table

    def scores(self, obs: np.ndarray) -> np.ndarray:
        return self.table[cells(obs)].astype(np.float32)

    def values(self, obs: np.ndarray) -> np.ndarray:
        return self.scores(obs).max(1)


def cells(obs: np.ndarray) -> np.ndarray:
    """The number of each observation's cell: (B, 4) → (B,) int."""
    cell = np.zeros(len(obs), dtype=np.int64)
    for column, (bins, edge) in enumerate(zip(BINS, EDGES, strict=True)):
        if bins > 1:
            place = (obs[:, column] + edge) * (bins / (2 * edge))
            cell = cell * bins + np.clip(place, 0, bins - 1).astype(np.int64)
    return cell


# ---------------------------------------------------------------- as arrays


def arrays(policy: Policy) -> dict[str, np.ndarray]:
    """Copies of its parameters, named as torch would: "actor.0.weight" (out, in), "actor.0.bias" (out,) …

    Networks of tanh are "actor", of ReLU "actor-relu", and so on. A policy with no parameters has no arrays.
    """
    if isinstance(policy, TablePolicy):
        return {"table": policy.table.copy()}
    named = {name: getattr(policy, name, None) for name in ("actor", "critic", "q")}
    packed: dict[str, np.ndarray] = {}
    for name, network in named.items():
        if network is not None:
            tag = name if network.act == "tanh" else f"{name}-{network.act}"
            for n, (weight, bias) in enumerate(network.layers):
                packed[f"{tag}.{n}.weight"] = np.ascontiguousarray(weight.T)
                packed[f"{tag}.{n}.bias"] = bias.copy()
    return packed


def policy_of(packed: Mapping[str, np.ndarray]) -> Policy:
    """The policy whose `arrays` these are."""
    if "table" in packed:
        return TablePolicy(packed["table"])
    networks = {tag.partition("-")[0]: network_of(packed, tag) for tag in {name.split(".")[0] for name in packed}}
    if "q" in networks:
        return QPolicy(networks["q"])
    return ActorPolicy(**networks) if networks else RandomPolicy()


def network_of(packed: Mapping[str, np.ndarray], tag: str) -> MLP:
    weights: list[np.ndarray] = []
    while (weight := packed.get(f"{tag}.{len(weights)}.weight")) is not None:
        weights.append(weight)
    sizes = (weights[0].shape[1], *(weight.shape[0] for weight in weights))
    network = MLP(sizes, None, act=tag.partition("-")[2] or "tanh")
    for n, (weight, bias) in enumerate(network.layers):
        weight[:], bias[:] = weights[n].T, packed[f"{tag}.{n}.bias"]
    return network
