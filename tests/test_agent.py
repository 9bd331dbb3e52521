import copy
from dataclasses import replace

import gymnasium as gym
import numpy as np
import probes
import pytest
import torch

from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.noise import OrnsteinUhlenbeck
from helpers.recipes import Recipe, modern, paper, tutorial
from helpers.training import train

QUICK = Recipe(actor_rate=1e-3, critic_rate=3e-3, weight_decay=0, gamma=0.9, tau=0.05, warmup=100)


def weights(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def value(agent, state, action=0.0):
    s, a = torch.tensor([[float(state)]]), torch.tensor([[float(action)]])
    return agent.critic(s, a).item()


# What it learns, on probes whose answers are known


def test_learns_a_constant_reward():
    env = probes.ConstantReward()
    agent = DDPG(env, seed=0, recipe=QUICK)
    train(env, agent, 500)
    assert value(agent, 0) == pytest.approx(1, abs=0.05)


def test_a_time_limit_is_not_an_end():
    """Cut off after each step, the reward of 1 would go on for ever: 1 / (1 - 0.9) = 10."""
    env = probes.EndlessReward()
    agent = DDPG(env, seed=0, recipe=QUICK)
    train(env, agent, 1_500)
    assert value(agent, 0) == pytest.approx(10, rel=0.1)
    assert agent.buffer.sample(64).terminated.sum() == 0


def test_discounts_by_gamma():
    env = probes.TwoSteps()
    agent = DDPG(env, seed=0, recipe=QUICK)
    train(env, agent, 1_200)
    assert value(agent, 1) == pytest.approx(1, abs=0.08)
    assert value(agent, 0) == pytest.approx(0.9, abs=0.08)


def test_finds_the_best_action():
    env = probes.BestAction()
    agent = DDPG(env, seed=0, recipe=QUICK)
    train(env, agent, 1_500)
    assert agent.act(np.zeros(1, np.float32))[0] == pytest.approx(0.5, abs=0.1)


# How it behaves


@pytest.fixture
def pendulum():
    env = make_env(seed=0)
    yield env
    env.close()


SHORT = Recipe(warmup=64, memory=1_000)


def test_same_seed_same_run_and_the_global_generator_untouched():
    runs = []
    torch.manual_seed(123)
    expected = torch.rand(3)
    for seed in (5, 5, 6):
        torch.manual_seed(123)
        env = make_env(seed=seed)
        agent = DDPG(env, seed=seed, recipe=SHORT)
        history = train(env, agent, 230)
        assert torch.equal(torch.rand(3), expected)
        runs.append((weights(agent.actor), history["return"][1]))
    assert torch.equal(runs[0][0], runs[1][0])
    assert runs[0][1] == runs[1][1]
    assert not torch.equal(runs[0][0], runs[2][0])
    assert runs[0][1] != runs[2][1]


def test_each_episode_starts_in_another_state(pendulum):
    starts = {tuple(pendulum.reset()[0]) for _ in range(20)}
    assert len(starts) == 20


def test_acts_without_noise_in_range_for_one_state_or_many(pendulum):
    agent = DDPG(pendulum, seed=0)
    states = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    assert agent.act(states).shape == (7, 1)
    np.testing.assert_array_equal(agent.act(states), agent.act(states))
    np.testing.assert_allclose(agent.act(states[0]), agent.act(states)[0], atol=1e-6)


def test_explores_at_random_and_then_around_the_policy(pendulum):
    agent = DDPG(pendulum, seed=0, recipe=Recipe(warmup=500, sigma=0.3, decay_steps=2_000))
    s = np.zeros(3, np.float32)
    draws = np.array([agent.explore(s)[0] for _ in range(2_000)])
    assert abs(draws.mean()) < 0.05
    assert draws.std() == pytest.approx(1 / 3**0.5, rel=0.05)  # uniform on [-1, 1]
    agent.steps = 1_000  # half faded
    first = agent.explore(s) - agent.act(s)
    np.testing.assert_allclose(first, 0.5 * agent.noise.x, atol=1e-6)
    agent.recipe = Recipe(warmup=500, sigma=0.3)
    agent.noise.x[:] = 9.0
    assert agent.explore(s) == 1.0


def test_noise_starts_anew_with_each_episode(pendulum):
    agent = DDPG(pendulum, seed=0, recipe=paper)
    s, _ = pendulum.reset()
    for terminated, truncated in [(True, False), (False, True)]:
        agent.noise()
        agent.observe(s, [0.1], 0.0, s, False, False)
        assert agent.noise.x != 0
        agent.observe(s, [0.1], 0.0, s, terminated, truncated)
        assert agent.noise.x == 0
    assert agent.buffer.rows[:4, -1].tolist() == [0, 1, 0, 0]  # only the termination is stored


def test_learning_begins_after_the_warmup(pendulum):
    agent = DDPG(pendulum, seed=0, recipe=SHORT)
    before = weights(agent.actor)
    train(pendulum, agent, 63)
    assert torch.equal(weights(agent.actor), before)
    history = train(pendulum, agent, 1)
    assert not torch.equal(weights(agent.actor), before)
    assert history["critic_loss"][0].tolist() == [64]


def test_one_update_is_algorithm_1(pendulum):
    """The update written out again, in float64 order of Algorithm 1, gives the same weights."""
    agent = DDPG(pendulum, seed=0, recipe=SHORT)
    train(pendulum, agent, 70)
    twin = copy.deepcopy(agent)
    agent.learn()

    batch, g, tau = twin.buffer.sample(64), SHORT.gamma, SHORT.tau
    with torch.no_grad():
        q_next = twin.target_critic(batch.s_next, twin.target_actor(batch.s_next))
    y = batch.r + g * (1 - batch.terminated) * q_next
    loss = (y - twin.critic(batch.s, batch.a)).square().mean()
    gradients = torch.autograd.grad(loss, [*twin.critic.parameters()])
    for p, gradient in zip(twin.critic.parameters(), gradients, strict=True):
        p.grad = gradient
    twin.critic_adam.step()
    objective = twin.critic(batch.s, twin.actor(batch.s)).mean()
    gradients = torch.autograd.grad(objective, [*twin.actor.parameters()])
    for p, gradient in zip(twin.actor.parameters(), gradients, strict=True):
        p.grad = -gradient
    twin.actor_adam.step()
    with torch.no_grad():
        for target, online in [(twin.target_actor, twin.actor), (twin.target_critic, twin.critic)]:
            for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
                p_target.copy_(tau * p + (1 - tau) * p_target)
    for name in ("actor", "critic", "target_actor", "target_critic"):
        ours, theirs = weights(getattr(agent, name)), weights(getattr(twin, name))
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_targets_are_copies_not_the_live_networks(pendulum):
    agent = DDPG(pendulum, seed=0)
    for target, online in [(agent.target_actor, agent.actor), (agent.target_critic, agent.critic)]:
        assert torch.equal(weights(target), weights(online))
        for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
            assert p_target.data_ptr() != p.data_ptr()


def test_takes_the_pieces_it_is_given(pendulum):
    seen = []

    def soft_update(target, online, tau):
        seen.append(tau)

    recipe = Recipe(warmup=64, tau=0.25)
    agent = DDPG(pendulum, seed=0, recipe=recipe, soft_update=soft_update, noise=OrnsteinUhlenbeck)
    train(pendulum, agent, 65)
    assert seen == [0.25] * 4
    assert isinstance(agent.noise, OrnsteinUhlenbeck)
    with pytest.raises(TypeError, match="sotf_update"):
        DDPG(pendulum, seed=0, sotf_update=soft_update)


def test_average_1_is_the_plain_mean_of_all_actors(pendulum):
    agent = DDPG(
        pendulum, seed=0, recipe=Recipe(warmup=1, batch_size=1, actor_rate=1e-2, average=1.0)
    )
    actors = []
    for _ in range(30):
        train(pendulum, agent, 1)
        actors.append(weights(agent.actor))
    mean = torch.stack(actors).mean(dim=0)
    torch.testing.assert_close(weights(agent.policy), mean, rtol=1e-4, atol=1e-6)
    assert not torch.allclose(weights(agent.actor), mean, rtol=1e-4, atol=1e-6)
    state = np.ones(3, np.float32)
    assert agent.act(state) == agent.ask(agent.policy, state) != agent.ask(agent.actor, state)


def test_without_average_the_policy_is_the_actor(pendulum):
    agent = DDPG(pendulum, seed=0, recipe=paper)
    assert agent.policy is agent.actor


def test_rates_fall_by_the_schedule(pendulum):
    agent = DDPG(pendulum, seed=0, recipe=Recipe(warmup=64, half_rate_steps=100))
    train(pendulum, agent, 100)
    assert agent.actor_adam.param_groups[0]["lr"] == 0.5e-4
    assert agent.critic_adam.param_groups[0]["lr"] == 0.5e-3


def test_rewards_are_stored_scaled(pendulum):
    agent = DDPG(pendulum, seed=0, recipe=Recipe(reward_scale=0.1))
    agent.observe(np.zeros(3), [0.0], -8.0, np.zeros(3), False, False)
    assert agent.buffer.sample(1).r.item() == pytest.approx(-0.8)


def test_recipes():
    assert (paper.actor_rate, paper.critic_rate, paper.tau, paper.gamma) == (1e-4, 1e-3, 1e-3, 0.99)
    assert (paper.memory, paper.sigma, paper.weight_decay) == (1_000_000, 0.2, 1e-2)
    assert paper.decay_steps is None
    assert (tutorial.decay_steps, tutorial.warmup, tutorial.weight_decay) == (100_000, 100, 0)
    assert {r.batch_size for r in (modern, paper, tutorial)} == {64}
    for recipe in (paper, tutorial):  # what the paper does not have is off
        assert (recipe.reward_scale, recipe.half_rate_steps, recipe.average) == (1, None, 0)


# Training that goes on, saving and loading


def test_a_second_call_goes_on_where_the_first_ended():
    def curve(*portions):
        env = make_env(seed=0)
        agent = DDPG(env, seed=0, recipe=SHORT)
        for portion in portions:
            history = train(env, agent, portion)
        return history["critic_loss"], history["return"], history.step

    whole, parts = curve(450), curve(130, 1, 319)
    assert whole[2] == parts[2] == 450
    for one, other in zip(whole[:2], parts[:2], strict=True):
        np.testing.assert_array_equal(one, other)
    assert whole[1][0].tolist() == [200, 400]


def test_another_environment_begins_an_episode_of_its_own():
    agent = DDPG(make_env(seed=0), seed=0, recipe=SHORT)
    for seed in (0, 1):
        history = train(make_env(seed=seed), agent, 70)
    rows = agent.buffer.rows[:140]
    np.testing.assert_array_equal(rows[68, 5:8], rows[69, :3])  # s' of a step is s of the next,
    assert not np.allclose(rows[69, 5:8], rows[70, :3])  # but not from one pendulum to the other
    assert (history.step, history.episode_length) == (140, 70)


def test_save_and_load(pendulum, tmp_path):
    agent = DDPG(pendulum, seed=0, recipe=tutorial)
    train(pendulum, agent, 130)
    agent.save(tmp_path / "agent.pt")
    loaded = DDPG.load(tmp_path / "agent.pt", pendulum)
    states = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
    np.testing.assert_array_equal(loaded.act(states), agent.act(states))
    assert loaded.recipe == tutorial
    assert [p.name for p in tmp_path.iterdir()] == ["agent.pt"]
    history = train(pendulum, loaded, 70)
    assert history.step == loaded.steps == 200
    assert history["critic_loss"][0][0] == 130 + 64  # its memory was empty: first a batch
    with pytest.raises(ValueError, match="other sizes"):
        DDPG.load(tmp_path / "agent.pt", probes.BestAction())


class Quiet(OrnsteinUhlenbeck):
    pass


def test_an_own_noise_is_asked_for_by_its_name(pendulum, tmp_path):
    DDPG(pendulum, seed=0, recipe=replace(SHORT, noise=Quiet)).save(tmp_path / "agent.pt")
    with pytest.raises(ValueError, match="noise=Quiet"):
        DDPG.load(tmp_path / "agent.pt", pendulum)
    loaded = DDPG.load(tmp_path / "agent.pt", pendulum, noise=Quiet)
    assert type(loaded.noise) is loaded.recipe.noise is Quiet


# Bad input


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: gym.make("CartPole-v1"), "continuous actions"),
        (lambda: gym.make("Pendulum-v1"), "make_env"),
    ],
)
def test_unfit_environments_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        DDPG(make(), seed=0)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("tau", 0), ("tau", 1.5), ("gamma", 1.01), ("actor_rate", -1e-3), ("critic_rate", 0),
        ("batch_size", 0), ("memory", 0), ("warmup", 0), ("sigma", -0.1), ("decay_steps", 0),
        ("gamma", float("nan")), ("reward_scale", 0), ("half_rate_steps", 0), ("average", -1),
        ("average", 0.5), ("batch_size", 6.4), ("memory", 63), ("memory", 1e6), ("warmup", 99.5),
    ],
)  # fmt: skip
def test_settings_out_of_range_are_refused(pendulum, setting, value):
    with pytest.raises(ValueError, match=f"recipe's {setting} must be"):
        DDPG(pendulum, seed=0, recipe=Recipe(**{setting: value}))
