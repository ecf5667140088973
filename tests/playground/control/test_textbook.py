"""PPO at Stable-Baselines3's defaults: the numbers of its documentation, and what learn(10_000) comes to."""

import numpy as np
import torch

from playground.control.ppo import PPO
from playground.control.settings import TextbookSettings, TrainSettings
from playground.control.textbook import LEARN, new_agent, textbook_ppo
from playground.frames import append
from playground.inference.control import Control


def test_the_hyperparameters_are_those_that_their_documentation_names():
    agent = new_agent(TrainSettings())
    c = agent.config
    assert (c.learning_rate, c.rollout, c.minibatch, c.epochs) == (3e-4, 2048, 64, 10)
    assert (c.gamma, c.gae_lambda, c.clip, c.max_norm) == (0.99, 0.95, 0.2, 0.5)
    assert agent.actor.sizes == (4, 64, 64, 2) and agent.critic.sizes == (4, 64, 64, 1)
    assert agent.actor.act == agent.critic.act == "tanh" and agent.actor_adam.eps == 1e-5
    assert agent.env.state.shape == (4, 1)
    assert PPO.config is not c  # ours keeps its own


def test_a_step_of_learning_is_torchs_with_both_gradients_cut_as_one():
    """Advantages with mean 0 and deviation 1, one loss, one clip, one Adam: as SB3 writes it."""
    agent, rng = new_agent(TrainSettings(seed=5)), np.random.default_rng(0)
    mb = {"obs": rng.normal(size=(64, 4)).astype(np.float32), "actions": rng.integers(0, 2, 64)}
    mb |= {name: rng.normal(size=64).astype(np.float32) for name in ("advantages", "returns")}
    mb |= {"logprobs": np.log(rng.uniform(0.3, 0.7, 64)).astype(np.float32), "returns": 20 * mb["returns"] + 30}
    networks = [torch.nn.Sequential(*torch_layers(network)) for network in (agent.actor, agent.critic)]
    parameters = [p for network in networks for p in network.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=3e-4, eps=1e-5)

    names = ("obs", "actions", "logprobs", "advantages", "returns")
    obs, actions, old, advantages, returns = (torch.tensor(mb[name]) for name in names)
    advantages = (advantages - advantages.mean()) / (advantages.std(correction=0) + 1e-8)
    ratio = (networks[0](obs).log_softmax(1)[torch.arange(64), actions] - old).exp()
    policy_loss = -torch.minimum(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages).mean()
    (policy_loss + 0.5 * torch.nn.functional.mse_loss(networks[1](obs)[:, 0], returns)).backward()
    assert torch.nn.utils.clip_grad_norm_(parameters, 0.5) > 5  # which the critic's fills: the actor's is cut with it
    optimizer.step()

    agent.learn(mb, 3e-4, 0.2)
    for mine, theirs in zip((agent.actor, agent.critic), networks, strict=True):
        arrays = [p.detach().numpy().T for p in theirs.parameters()]
        for (weight, bias), theirs_weight, theirs_bias in zip(mine.layers, arrays[::2], arrays[1::2], strict=True):
            np.testing.assert_allclose(weight, theirs_weight, atol=1e-6)
            np.testing.assert_allclose(bias, theirs_bias, atol=1e-6)


def torch_layers(network):
    for n, (weight, bias) in enumerate(network.layers):
        linear = torch.nn.Linear(*weight.shape)
        linear.weight.data, linear.bias.data = torch.tensor(weight.T.copy()), torch.tensor(bias.copy())
        yield linear
        if n < len(network.layers) - 1:
            yield torch.nn.Tanh()


def whole(**asked):
    settings = TextbookSettings(**asked)
    return append([frame for frame in textbook_ppo(settings, Control(settings)) if frame])


def test_the_claim_is_what_the_fifth_rollout_has_come_to():
    told = whole(seed=3, seeds=2, max_steps=6 * 2048)
    assert [(one["seed"], one["step"]) for one in told["evaluations"]] == [
        (seed, 2048 * n) for n in range(6) for seed in (3, 4)
    ]
    judged = {(one["seed"], one["step"]): one["greedy_return"] for one in told["evaluations"]}
    assert LEARN <= 10_240
    assert [(claim["seed"], claim["step"]) for claim in told["claims"]] == [(3, 10_240), (4, 10_240)]
    for claim in told["claims"]:
        assert claim["greedy_return"] == judged[claim["seed"], 10_240]
        assert claim["solved"] == (claim["greedy_return"] >= 475)


def test_a_seed_learns_the_same_alone_and_in_company_and_the_rate_does_not_fall():
    """The first updates of a long run are those of a short one, so that going on is what learn(more) would do."""
    alone, longer = (whole(seed=4, seeds=1, max_steps=steps)["evaluations"] for steps in (2 * 2048, 3 * 2048))
    company = whole(seed=3, seeds=2, max_steps=3 * 2048)["evaluations"]
    assert [one for one in company if one["seed"] == 4] == longer
    assert longer[: len(alone)] == alone


def test_when_stopped_it_keeps_what_was_measured():
    settings = TextbookSettings(seeds=2, max_steps=20_000)
    control, frames = Control(settings), []
    for frame in textbook_ppo(settings, control):
        frames += [frame] if frame else []
        if len(frames) == 3:
            control.deliver({"stop": "stopped"})
    assert len(append(frames)["evaluations"]) == 3
