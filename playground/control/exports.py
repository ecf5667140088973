"""A policy for Stable-Baselines3: its parameters, by SB3's names, and a script that builds it there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from safetensors.numpy import save

from playground import wire
from playground.control.networks import MLP
from playground.control.policies import ActorPolicy, Policy, QPolicy
from playground.control.settings import PolicySettings
from playground.control.stored import stored
from playground.errors import SettingError
from playground.inference.control import Control

ACTIVATIONS = {"tanh": "Tanh", "relu": "ReLU"}

PPO_SCRIPT = '''"""Made by AIGC Playground. Needs: pip install stable-baselines3 safetensors"""
import gymnasium as gym
import torch
from safetensors.torch import load_file
from stable_baselines3 import PPO
from stable_baselines3.common.evaluation import evaluate_policy

model = PPO("MlpPolicy", gym.make("CartPole-v1"), device="cpu", policy_kwargs={{
    "net_arch": {{"pi": {pi}, "vf": {vf}}},
    "activation_fn": torch.nn.{activation},
}})
model.policy.load_state_dict(load_file("cartpole.safetensors"), strict={strict})
print(evaluate_policy(model, gym.make("CartPole-v1"), n_eval_episodes=20, warn=False))  # mean, deviation
model.save("cartpole")
'''

DQN_SCRIPT = '''"""Made by AIGC Playground. Needs: pip install stable-baselines3 safetensors"""
import gymnasium as gym
import torch
from safetensors.torch import load_file
from stable_baselines3 import DQN
from stable_baselines3.common.evaluation import evaluate_policy

model = DQN("MlpPolicy", gym.make("CartPole-v1"), device="cpu", policy_kwargs={{
    "net_arch": {q},
    "activation_fn": torch.nn.{activation},
}})
model.policy.load_state_dict(load_file("cartpole.safetensors"))
print(evaluate_policy(model, gym.make("CartPole-v1"), n_eval_episodes=20, warn=False))  # mean, deviation
model.save("cartpole")
'''


def export_policy(settings: PolicySettings, control: Control) -> Iterator[dict[str, Any]]:
    """The only frame: {"file": cartpole.safetensors, wire uint8 (bytes,), "script": text}. Raises SettingError, and
    ModelError."""
    file, script = to_sb3(stored(settings.checkpoint).policy)
    yield {"file": wire.encode(np.frombuffer(file, np.uint8)), "script": script}


def to_sb3(policy: Policy) -> tuple[bytes, str]:
    """(safetensors, script). Raises SettingError("no_network") for a policy that is not a network."""
    if isinstance(policy, QPolicy):
        named = named_layers(policy.q, "q_net.q_net", "q_net.q_net")
        named |= {name.replace("q_net.", "q_net_target.", 1): array for name, array in named.items()}
        hidden = list(policy.q.sizes[1:-1])
        return save(named), DQN_SCRIPT.format(q=hidden, activation=ACTIVATIONS[policy.q.act])
    if not isinstance(policy, ActorPolicy):
        raise SettingError("no_network")
    named = named_layers(policy.actor, "mlp_extractor.policy_net", "action_net")
    pi = vf = list(policy.actor.sizes[1:-1])
    if policy.critic is not None:
        named |= named_layers(policy.critic, "mlp_extractor.value_net", "value_net")
        vf = list(policy.critic.sizes[1:-1])
    script = PPO_SCRIPT.format(pi=pi, vf=vf, activation=ACTIVATIONS[policy.actor.act], strict=policy.critic is not None)
    return save(named), script


def named_layers(network: MLP, hidden: str, last: str) -> dict[str, np.ndarray]:
    """Its arrays as torch has them: between its layers stands an activation, so hidden layer n is number 2n."""
    named: dict[str, Any] = {}
    for n, (weight, bias) in enumerate(network.layers):
        ends = n == len(network.layers) - 1
        name = f"{hidden}.{2 * n}" if not ends or hidden == last else last
        named[f"{name}.weight"], named[f"{name}.bias"] = np.ascontiguousarray(weight.T), bias.copy()
    return named
