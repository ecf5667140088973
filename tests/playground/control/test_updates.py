"""Each algorithm's update on numbers made by hand, and the gradients against torch's."""

import math

import numpy as np
import pytest
import torch

from playground.control import dqn, ppo, q_learning, reinforce
from playground.control.agents import advantages_for_learning, d_logits_of, entropy
from playground.control.networks import MLP, Adam, softmax
from playground.control.policies import TablePolicy, cells
from playground.control.settings import TrainSettings
from playground.control.training import AGENTS


def rng(seed=0):
    return np.random.default_rng(seed)


def finish(units):
    try:
        while True:
            next(units)
    except StopIteration as end:
        return end.value


# ---------------------------------------------------------------- networks


@pytest.mark.parametrize("act", ["tanh", "relu"])
def test_the_gradient_is_torchs(act):
    network = MLP((4, 8, 6, 2), rng(), act=act)
    network.flat += rng(1).normal(size=len(network.flat)).astype(np.float32) / 3
    x, d_out = rng(2).normal(size=(5, 4)).astype(np.float32), rng(3).normal(size=(5, 2)).astype(np.float32)
    gradient = network.views(network.backward(network.forward(x), d_out))
    h, parameters = torch.tensor(x), []
    for n, layer in enumerate(network.layers):
        weight, bias = (torch.tensor(array, requires_grad=True) for array in layer)
        h = h @ weight + bias
        h = h if n == 2 else torch.tanh(h) if act == "tanh" else torch.relu(h)
        parameters.append((weight, bias))
    h.backward(torch.tensor(d_out))
    np.testing.assert_allclose(network(x), h.detach(), atol=1e-6)
    for mine, theirs in zip(gradient, parameters, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(a, b.grad, atol=1e-5)


def test_adam_and_the_clipped_gradient_are_torchs():
    flat = rng().normal(size=30).astype(np.float32)
    theirs = torch.tensor(flat.copy(), requires_grad=True)
    adam, optimizer = Adam(30, eps=1e-5), torch.optim.Adam([theirs], lr=0.01, eps=1e-5)
    for n in range(20):
        gradient = rng(n).normal(size=30).astype(np.float32) * (0.01 if n % 2 else 1)
        theirs.grad = torch.tensor(gradient.copy())
        torch.nn.utils.clip_grad_norm_([theirs], 0.5)
        optimizer.step()
        adam.step(flat, gradient.copy(), 0.01, 0.5)
    np.testing.assert_allclose(flat, theirs.detach(), atol=1e-5)


def test_first_weights_are_orthogonal():
    (first, _), (last, _) = MLP((4, 64, 2), rng(), gain=0.01).layers
    np.testing.assert_allclose(first @ first.T, 2 * np.eye(4), atol=1e-5)
    np.testing.assert_allclose(last.T @ last, 1e-4 * np.eye(2), atol=1e-8)


# ---------------------------------------------------------------- PPO


def test_advantages_are_those_of_the_definition():
    """Â_t = Σ_k (γλ)^k δ_{t+k}, up to the end of the episode, summed from each step on its own."""
    T, N, gamma, lam = 12, 3, 0.9, 0.8
    rewards, values = rng(0).normal(size=(T, N)), rng(1).normal(size=(T, N))
    dones, next_value = rng(2).random((T, N)) < 0.2, rng(3).normal(size=N)
    got = ppo.gae(rewards, values, dones, next_value, gamma, lam)
    after = np.vstack([values[1:], next_value])
    for n in range(N):
        for t in range(T):
            total = 0.0
            for k in range(T - t):
                ended = dones[t + k, n]
                delta = rewards[t + k, n] + (0 if ended else gamma * after[t + k, n]) - values[t + k, n]
                total += (gamma * lam) ** k * delta
                if ended:
                    break
            assert got[t, n] == pytest.approx(total)


def test_the_clipped_objective_by_hand():
    ratio, advantages = np.array([1.1, 1.5, 0.5, 0.5, 1.5]), np.array([1.0, 1.0, 1.0, -1.0, -1.0])
    loss, d_logprob = ppo.clipped_objective(ratio, advantages, 0.2)
    assert loss == pytest.approx(-np.mean([1.1, 1.2, 0.5, -0.8, -1.5]))
    np.testing.assert_allclose(d_logprob, np.array([-1.1, 0, -0.5, 0, 1.5]) / 5)


def test_the_policy_gradient_is_torchs():
    """From the logits, through softmax, ratio and clip, to the loss."""
    logits, actions = rng(0).normal(size=(20, 2)), rng(1).integers(0, 2, 20)
    old, advantages = np.log(rng(2).uniform(0.2, 0.8, 20)), rng(3).normal(size=20)
    theirs = torch.tensor(logits, requires_grad=True)
    logprob = theirs.log_softmax(1)[torch.arange(20), torch.tensor(actions)]
    ratio, a = (logprob - torch.tensor(old)).exp(), torch.tensor(advantages)
    loss = -torch.minimum(ratio * a, ratio.clamp(0.8, 1.2) * a).mean()
    loss.backward()
    pi = softmax(logits)
    mine, d_logprob = ppo.clipped_objective(pi[np.arange(20), actions] / np.exp(old), advantages, 0.2)
    assert mine == pytest.approx(loss.item())
    np.testing.assert_allclose(d_logits_of(d_logprob, pi, actions), theirs.grad, atol=1e-12)


def test_normalised_advantages_have_mean_0_and_deviation_1():
    advantages = rng().normal(3, 5, 1000)
    normal = advantages_for_learning(advantages, True)
    assert (normal.mean(), normal.std()) == (pytest.approx(0, abs=1e-9), pytest.approx(1, abs=1e-6))
    assert advantages_for_learning(advantages, False) is advantages


def test_entropy_is_log_2_for_a_coin_and_0_for_certainty():
    assert entropy(np.array([[0.5, 0.5]])) == pytest.approx(math.log(2))
    assert entropy(np.array([[1.0, 0.0]])) == pytest.approx(0, abs=1e-9)


def truncating(bootstrap):
    """A PPO whose carts all stand, and are all cut off in the first step of the rollout."""
    agent = ppo.PPO(TrainSettings(bootstrap=bootstrap), rng())
    agent.critic.layers[-1][1][:] = 7.0  # V(s) is about 7 everywhere
    agent.env.now = 499
    batch, _ = finish(agent.rollout())
    first = batch["returns"].reshape(ppo.C.rollout, ppo.C.envs)[0]
    return first, agent.critic(batch["obs"][: ppo.C.envs])[:, 0]


def test_a_truncated_episode_keeps_its_future_and_without_bootstrap_loses_it():
    with_future, values = truncating(True)
    np.testing.assert_allclose(with_future, 1 + ppo.C.gamma * values, atol=0.5)
    without, _ = truncating(False)
    np.testing.assert_allclose(without, 1.0, atol=1e-5)


# ---------------------------------------------------------------- Q-learning


def test_the_rule_of_q_learning_by_hand():
    assert q_learning.td_error(2.0, [3.0, 5.0], fell=False) == pytest.approx(1 + 0.99 * 5 - 2)
    assert q_learning.td_error(2.0, [3.0, 5.0], fell=True) == pytest.approx(-1 - 2)


def test_cells_of_floats_and_of_arrays_are_the_same():
    obs = rng().normal(size=(2000, 4)) * 0.3
    assert cells(obs).tolist() == [q_learning.cell(tuple(row)) for row in obs.tolist()]
    assert cells(np.array([[0, 0, -9, -9], [0, 0, 9, 9]])).tolist() == [0, 71]


def test_an_episode_learns_from_every_step():
    agent = q_learning.QLearning(TrainSettings(algorithm="q_learning"), rng(5))
    length, _ = agent.play()
    touched = int((TablePolicy(np.array(agent.q)).table != 0).sum())
    assert 8 <= length < 100 and agent.steps == length and 0 < touched <= length


# ---------------------------------------------------------------- REINFORCE


def test_returns_to_go_and_their_baseline_by_hand():
    played = np.array([[1, 1], [1, 1], [1, 0]], dtype=bool)
    togo = reinforce.returns_to_go(played, 0.5)
    np.testing.assert_allclose(togo, [[1.75, 1.5], [1.5, 1.0], [1.0, 0.0]])
    np.testing.assert_allclose(reinforce.minus_baseline(togo, played)[played], [0.125, -0.125, 0.25, -0.25, 0.0])


# ---------------------------------------------------------------- DQN


@pytest.mark.parametrize("target_network", [True, False])
def test_dqns_target_and_its_gradient(target_network):
    agent = dqn.DQN(TrainSettings(algorithm="dqn", target_network=target_network), rng())
    agent.target.flat += 0.05
    judge = agent.target if target_network else agent.q
    obs, next_obs = (rng(n).normal(size=(6, 4)).astype(np.float32) for n in (1, 2))
    mb = {"obs": obs, "next_obs": next_obs, "actions": np.array([0, 1, 0, 1, 0, 1])}
    mb["ended"] = np.array([0, 0, 0, 1, 1, 0], dtype=np.float32)
    q = agent.q(obs)[np.arange(6), mb["actions"]]
    target = 1 + dqn.C.gamma * np.where(mb["ended"] == 1, 0, judge(next_obs).max(1))
    expected = torch.nn.functional.smooth_l1_loss(torch.tensor(q), torch.tensor(target.astype(np.float32)))
    losses = [agent.learn(mb, 1e-3)[0] for _ in range(50)]
    assert losses[0] == pytest.approx(expected.item(), rel=1e-5)
    assert losses[-1] < (0.5 if target_network else 0.9) * losses[0]  # without a copy the target runs ahead


def test_a_fall_ends_and_a_cut_does_not():
    for bootstrap, ended in ((True, 0.0), (False, 1.0)):
        agent = dqn.DQN(TrainSettings(algorithm="dqn", bootstrap=bootstrap), rng())
        agent.env.now = 499
        agent.env.state[2, 0] = 1.0  # fallen
        agent.play()
        assert agent.memory["ended"][: dqn.C.envs].tolist() == [1.0] + [ended] * (dqn.C.envs - 1)


# ---------------------------------------------------------------- all


@pytest.mark.parametrize("algorithm", AGENTS)
def test_an_update_plays_learns_and_tells(algorithm):
    agent = AGENTS[algorithm](TrainSettings(algorithm=algorithm), rng())
    figures = finish(agent.update())
    assert agent.steps > 0 and len(figures["returns"]) > 0
    assert all(math.isfinite(value) for name, value in figures.items() if name != "returns")
