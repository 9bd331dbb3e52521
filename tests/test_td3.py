"""TD3 against its published algorithm, one line after another."""

import copy
from functools import partial

import numpy as np
import probes
import pytest
import torch
import torch.nn.functional as F
from small_run import RECIPE, SmallActor, SmallCritic

from helpers.agent import DDPG
from helpers.buffer import Batch
from helpers.environment import make_env
from helpers.extensions import (
    TD3,
    DelayedDDPG,
    SmoothedTarget,
    TwinCritic,
    clipped_double_q_target,
    first_critic_actor_loss,
    twin_critic_loss,
)
from helpers.losses import td_target
from helpers.noise import Gaussian
from helpers.recipes import Recipe
from helpers.training import train

Twins = partial(TwinCritic, critic=SmallCritic)


def column(*numbers):
    return torch.tensor(numbers, dtype=torch.float32)[:, None]


def two_values(s, a):
    """Q1 = s + 10 a and Q2 = 2 s + 3 a."""
    return torch.cat([s + 10 * a, 2 * s + 3 * a], dim=1)


BATCH = Batch(
    column(1, -1, 4), column(0.5, 0, 1), column(1, 2, 3), column(1, -2, 5), column(0, 0, 1)
)


def test_the_target_by_hand():
    """mu'(s') = s' / 10: Q1' = 2, -4 and Q2' = 2.3, -4.6; the third transition is an end."""
    y = clipped_double_q_target(BATCH, lambda s: s / 10, two_values, gamma=0.5)
    torch.testing.assert_close(y, column(1 + 0.5 * 2, 2 - 0.5 * 4.6, 3))


def test_the_losses_by_hand():
    """Q1 = 6, -1, 14 and Q2 = 3.5, -2, 11; both are compared with the same y."""
    loss = twin_critic_loss(two_values, BATCH, column(5, 0, 10))
    assert loss.item() == pytest.approx((1 + 1 + 16) / 3 + (2.25 + 4 + 1) / 3)
    actor = first_critic_actor_loss(lambda s: s / 10, two_values, BATCH.s)
    assert actor.item() == pytest.approx(-(2 - 2 + 8) / 3)  # Q1 only


def test_both_critics_learn_and_they_differ():
    torch.manual_seed(0)
    q = TwinCritic(1, 1)
    assert q(BATCH.s, BATCH.a).shape == (3, 2)
    assert not torch.equal(q.q1.layer1.weight, q.q2.layer1.weight)
    twin_critic_loss(q, BATCH, column(5, 0, 10)).backward()
    for half in (q.q1, q.q2):
        assert all(p.grad.abs().sum() > 0 for p in half.parameters())
    alone = copy.deepcopy(q.q1)
    alone.zero_grad()
    F.mse_loss(alone(BATCH.s, BATCH.a), column(5, 0, 10)).backward()
    for p, p_alone in zip(q.q1.parameters(), alone.parameters(), strict=True):
        torch.testing.assert_close(p.grad, p_alone.grad)  # not halved by the other critic


def test_the_targets_noise_is_clipped_twice():
    heard = []

    def q(s, a):
        heard.append(a)
        return a

    batch = Batch(*(torch.zeros(20_000, 1) for _ in range(5)))
    smoothed = SmoothedTarget(sigma=0.4, clip=0.5)
    smoothed(batch, lambda s: s, q, 0.9)
    noise = heard[0].numpy()
    assert np.abs(noise).max() == pytest.approx(0.5)
    inside = np.abs(noise) < 0.5
    assert inside.mean() == pytest.approx(0.7887, abs=0.01)  # P(|N(0, 0.4)| < 0.5)
    assert abs(noise.mean()) < 0.01
    smoothed(batch, lambda s: s + 0.8, q, 0.9)
    assert heard[1].max() == 1
    assert heard[1].min() == pytest.approx(0.3)
    assert not torch.equal(heard[0], heard[1] - 0.8)
    twice = [SmoothedTarget(seed=5)(batch, lambda s: s, q, 0.9) for _ in range(2)]
    assert torch.equal(*twice)


def test_without_noise_the_smoothed_target_is_the_plain_one():
    for target, q in ((td_target, lambda s, a: s + a), (clipped_double_q_target, two_values)):
        smoothed = SmoothedTarget(target, sigma=0.0)
        args = BATCH, lambda s: s / 10, q, 0.5
        torch.testing.assert_close(smoothed(*args), target(*args))


def weights(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def test_five_updates_against_the_published_algorithm():
    """Fujimoto et al. 2018, Algorithm 1, written out with nothing from the helpers' update."""
    recipe = Recipe(
        actor_lr=1e-3, critic_lr=1e-3, weight_decay=0, gamma=0.9, tau=0.1, learning_starts=20,
        batch_size=8, buffer_size=100, noise=Gaussian,
    )  # fmt: skip
    env = make_env("Pendulum-v1", seed=0)
    agent = TD3(env, seed=3, recipe=recipe, actor=SmallActor, critic=Twins)
    train(env, agent, 19)  # random steps, no update yet
    mu, q1, q2 = (copy.deepcopy(net) for net in (agent.actor, agent.critic.q1, agent.critic.q2))
    mu_t, q1_t, q2_t = (copy.deepcopy(net) for net in (mu, q1, q2))
    optimizers = [torch.optim.Adam(net.parameters(), 1e-3) for net in (mu, q1, q2)]
    noise = torch.Generator().manual_seed(3)
    batches, sample = [], agent.buffer.sample
    agent.buffer.sample = lambda n: batches.append(sample(n)) or batches[-1]
    for update in range(1, 6):
        train(env, agent, 19 + update)
        s, a, r, s_next, done = batches[-1]
        with torch.no_grad():
            epsilon = (0.2 * torch.randn(8, 1, generator=noise)).clamp(-0.5, 0.5)
            a_next = (mu_t(s_next) + epsilon).clamp(-1, 1)
            y = r + 0.9 * (1 - done) * torch.min(q1_t(s_next, a_next), q2_t(s_next, a_next))
        for q, optimizer in ((q1, optimizers[1]), (q2, optimizers[2])):
            optimizer.zero_grad()
            ((y - q(s, a)) ** 2).mean().backward()
            optimizer.step()
        if update % 2 == 0:
            optimizers[0].zero_grad()
            (-q1(s, mu(s)).mean()).backward()
            optimizers[0].step()
            for slow, fast in ((mu_t, mu), (q1_t, q1), (q2_t, q2)):
                for p_slow, p in zip(slow.parameters(), fast.parameters(), strict=True):
                    p_slow.data = 0.1 * p.data + 0.9 * p_slow.data
        pairs = [
            (agent.actor, mu), (agent.critic.q1, q1), (agent.critic.q2, q2),
            (agent.target_actor, mu_t), (agent.target_critic.q1, q1_t),
            (agent.target_critic.q2, q2_t),
        ]  # fmt: skip
        for ours, reference in pairs:
            torch.testing.assert_close(weights(ours), weights(reference), rtol=1e-4, atol=1e-6)
        losses = agent.history["actor_loss"][0]
        assert len(losses) == update // 2  # a step without an update of the actor notes none


def test_the_delay_counts_updates_and_not_steps():
    """Two updates for each step: the actor moves at every step, not at every second one."""
    env = probes.BestAction()
    agent = DelayedDDPG(env, seed=0, recipe=RECIPE, actor=SmallActor, critic=SmallCritic)
    train(env, agent, RECIPE.learning_starts - 1)
    moved = []
    for _ in range(6):
        agent.observe(np.zeros(1), np.zeros(1), 0.0, np.zeros(1), True, False)
        before = weights(agent.actor)
        agent.learn()
        agent.learn()
        moved.append(not torch.equal(weights(agent.actor), before))
    assert moved == [True] * 6


def test_it_finds_the_best_action_and_is_saved_whole(tmp_path):
    env = probes.BestAction()
    recipe = Recipe(
        actor_lr=1e-3, critic_lr=3e-3, weight_decay=0, gamma=0.9, tau=0.05, learning_starts=100,
        buffer_size=2_000, noise=Gaussian,
    )  # fmt: skip
    agent = TD3(env, seed=0, recipe=recipe, actor=SmallActor, critic=Twins)
    train(env, agent, 2_500)
    assert agent.act(np.zeros(1))[0] == pytest.approx(0.5, abs=0.15)
    agent.save(tmp_path / "td3.pt")
    loaded = TD3.load(tmp_path / "td3.pt", env, actor=SmallActor, critic=Twins)
    assert loaded.act(np.zeros(1)) == agent.act(np.zeros(1))
    assert loaded.updates == agent.updates == 2_401
    with pytest.raises(ValueError, match="saved with the agent"):
        DDPG.load(tmp_path / "td3.pt", env, actor=SmallActor, critic=Twins)
