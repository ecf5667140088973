"""Proximal policy optimisation (Schulman et al. 2017) with generalised advantage estimation (Schulman et al. 2016).

An update plays T steps with N carts, says of each action how much better it was than expected (its advantage), and
then makes better actions likelier: several times over the same steps, but never further than a clipped ratio goes.

T steps of a rollout, N carts, B = T · N steps of a batch, M of a minibatch.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from playground.control.agents import Agent, advantages_for_learning, d_logits_of, entropy
from playground.control.cartpole import CartPole, observe
from playground.control.networks import MLP, Adam, softmax
from playground.control.policies import ActorPolicy
from playground.control.settings import TrainSettings


@dataclass(frozen=True)
class Config:
    """Found by trying a few on eight seeds."""

    envs: int = 32  # N
    rollout: int = 32  # T
    epochs: int = 10  # times that a batch is learned from
    minibatch: int = 256  # M
    hidden: tuple[int, ...] = (64,)  # units of the hidden layers of each network
    learning_rate: float = 5e-3
    clip: float = 0.2  # ε
    falls: bool = True  # both fall linearly to 0 at max_steps
    gamma: float = 0.98
    gae_lambda: float = 0.9
    max_norm: float = 0.5  # of a gradient: longer ones are cut
    cut_as_one: bool = False  # the two networks' gradients, as if they were one vector


C = Config()
SLICE = 64  # steps between two yields


class PPO(Agent):
    """An actor, π(a | s), and a critic, V(s)."""

    config = C

    def __init__(self, settings: TrainSettings, rng: np.random.Generator) -> None:
        super().__init__(settings, rng)
        c = self.config
        self.env = CartPole(c.envs, rng, self.physics)
        self.actor = MLP((4, *c.hidden, 2), rng, gain=0.01)
        self.critic = MLP((4, *c.hidden, 1), rng, gain=1.0)
        self.actor_adam, self.critic_adam = Adam(len(self.actor.flat)), Adam(len(self.critic.flat))

    @property
    def policy(self) -> ActorPolicy:
        return ActorPolicy(self.actor, self.critic)

    def update(self) -> Generator[None, None, dict[str, Any]]:
        c, self.env.physics = self.config, self.physics
        left = max(0.0, 1 - self.steps / self.settings.max_steps) if c.falls else 1.0  # of the training
        lr, clip = c.learning_rate * left * self.settings.learning_rate_factor, c.clip * left

        # 1. play
        batch, returns = yield from self.rollout()
        self.steps += c.rollout * c.envs

        # 2. learn, in shuffled minibatches
        figures = []
        for _ in range(c.epochs):
            order = self.rng.permutation(c.rollout * c.envs)
            for start in range(0, len(order), c.minibatch):
                figures.append(
                    self.learn({name: b[order[start : start + c.minibatch]] for name, b in batch.items()}, lr, clip)
                )
            yield
        return {"returns": returns} | {name: float(np.mean([f[name] for f in figures])) for name in figures[0]}

    def rollout(self) -> Generator[None, None, tuple[dict[str, np.ndarray], list[int]]]:
        """T steps with N carts: what is learned from, each (B, …), and the lengths of the episodes that ended."""
        c = self.config
        obs = np.empty((c.rollout, c.envs, 4), dtype=np.float32)
        actions = np.empty((c.rollout, c.envs), dtype=np.int64)
        logprobs = np.empty((c.rollout, c.envs), dtype=np.float32)
        rewards = np.ones((c.rollout, c.envs), dtype=np.float32)
        dones = np.empty((c.rollout, c.envs), dtype=bool)
        returns: list[int] = []
        for t in range(c.rollout):
            obs[t] = observe(self.env.state)
            pi = softmax(self.actor(obs[t]))  # (N, 2)
            actions[t] = self.rng.random(c.envs) < pi[:, 1]
            logprobs[t] = np.log(pi[np.arange(c.envs), actions[t]])
            now = self.env.step(actions[t])
            dones[t] = now.terminated | now.truncated
            returns += now.returns.tolist()
            if self.settings.bootstrap and now.truncated.any():  # the pole still stood: what would have come counts
                rewards[t, now.truncated] += c.gamma * self.critic(observe(now.reached[:, now.truncated]))[:, 0]
            if t % SLICE == SLICE - 1:
                yield
        yield
        values = self.critic(obs.reshape(-1, 4)).reshape(c.rollout, c.envs)
        next_value = self.critic(observe(self.env.state))[:, 0]  # (N,)
        advantages = gae(rewards, values, dones, next_value, c.gamma, c.gae_lambda)
        batch = {"obs": obs.reshape(-1, 4), "actions": actions, "logprobs": logprobs, "advantages": advantages}
        batch |= {"returns": advantages + values}
        return {name: b if name == "obs" else b.ravel() for name, b in batch.items()}, returns

    def learn(self, mb: dict[str, np.ndarray], lr: float, clip: float) -> dict[str, float]:
        """One gradient step of both networks on a minibatch."""
        advantages = advantages_for_learning(mb["advantages"], self.settings.normalize_advantages)
        outputs = self.actor.forward(mb["obs"])
        pi = softmax(outputs[-1])  # (M, 2)
        log_ratio = np.log(pi[np.arange(len(pi)), mb["actions"]]) - mb["logprobs"]
        ratio = np.exp(log_ratio)  # (M,)
        loss, d_logprob = clipped_objective(ratio, advantages, clip)
        d_actor = self.actor.backward(outputs, d_logits_of(d_logprob, pi, mb["actions"]))

        outputs = self.critic.forward(mb["obs"])
        error = outputs[-1] - mb["returns"][:, None]  # (M, 1)
        d_critic = self.critic.backward(outputs, error / len(error))
        if self.config.cut_as_one:
            length = float(np.sqrt(d_actor @ d_actor + d_critic @ d_critic))
            for gradient in (d_actor, d_critic):
                gradient *= min(1.0, self.config.max_norm / (length + 1e-6))

        self.actor_adam.step(self.actor.flat, d_actor, lr, self.config.max_norm)
        self.critic_adam.step(self.critic.flat, d_critic, lr, self.config.max_norm)
        return {
            "policy_loss": loss,
            "value_loss": float((error * error).mean() / 2),
            "advantage_deviation": float(advantages.std()),
            "entropy": entropy(pi),
            "kl": float((ratio - 1 - log_ratio).mean()),  # Schulman 2020, "k3": never negative
            "clip_fraction": float((np.abs(ratio - 1) > clip).mean()),
        }


def gae(
    rewards: np.ndarray, values: np.ndarray, dones: np.ndarray, next_value: np.ndarray, gamma: float, gae_lambda: float
) -> np.ndarray:
    """Advantages (T, N): Â_t = δ_t + γλ Â_{t+1} with δ_t = r_t + γ V(s_{t+1}) − V(s_t), up to an episode's end."""
    advantages = np.zeros_like(rewards)
    following = np.zeros_like(next_value)  # Â_{t+1}
    for t in reversed(range(len(rewards))):
        goes_on = 1.0 - dones[t]
        delta = rewards[t] + gamma * next_value * goes_on - values[t]
        advantages[t] = following = delta + gamma * gae_lambda * goes_on * following
        next_value = values[t]
    return advantages


def clipped_objective(ratio: np.ndarray, advantages: np.ndarray, clip: float) -> tuple[float, np.ndarray]:
    """Equation 7 of the paper, min(r Â, clip(r, 1 − ε, 1 + ε) Â), as a loss, and its gradient at log π, (M,).

    Where the clip is the smaller the gradient is 0: nothing is gained by going further.
    """
    clipped = np.clip(ratio, 1 - clip, 1 + clip)
    objective = np.minimum(ratio * advantages, clipped * advantages)
    cut = clipped * advantages < ratio * advantages
    return float(-objective.mean()), np.where(cut, 0, -ratio * advantages) / len(ratio)
