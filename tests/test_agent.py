import copy
from dataclasses import replace

import numpy as np
import probes
import pytest
import torch

from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.noise import OrnsteinUhlenbeck
from helpers.recipes import Recipe, modern, paper, tutorial
from helpers.training import Callback, train

QUICK = Recipe(
    actor_lr=1e-3, critic_lr=3e-3, weight_decay=0, gamma=0.9, tau=0.05, learning_starts=100
)


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


SHORT = Recipe(learning_starts=64, buffer_size=1_000)


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
    np.testing.assert_array_equal(agent.act(states), agent.act(states))
    for shape in [(), (1,), (7,), (7, 1), (2, 5)]:
        some = np.resize(states, (*shape, 3))
        assert agent.act(some).shape == (*shape, 1)
        expected = np.resize(agent.act(states), (*shape, 1))
        np.testing.assert_allclose(agent.act(some), expected, atol=1e-6)


def test_explores_at_random_and_then_around_the_policy(pendulum):
    recipe = Recipe(learning_starts=500, sigma=0.3, noise_decay_steps=2_000)
    agent = DDPG(pendulum, seed=0, recipe=recipe)
    s = np.zeros(3, np.float32)
    draws = np.array([agent.explore(s)[0] for _ in range(2_000)])
    assert abs(draws.mean()) < 0.05
    assert draws.std() == pytest.approx(1 / 3**0.5, rel=0.05)  # uniform on [-1, 1]
    agent.steps = 1_000  # half faded
    first = agent.explore(s) - agent.act(s)
    np.testing.assert_allclose(first, 0.5 * agent.noise.x, atol=1e-6)
    agent.recipe = Recipe(learning_starts=500, sigma=0.3)
    agent.noise.x[:] = 9.0
    assert agent.explore(s) == 1.0


def test_noise_is_reset_at_the_end_of_each_episode(pendulum):
    agent = DDPG(pendulum, seed=0, recipe=paper)
    s, _ = pendulum.reset()
    for terminated, truncated in [(True, False), (False, True)]:
        agent.noise()
        agent.observe(s, [0.1], 0.0, s, False, False)
        assert agent.noise.x != 0
        agent.observe(s, [0.1], 0.0, s, terminated, truncated)
        assert agent.noise.x == 0
    assert agent.buffer.rows[:4, -1].tolist() == [0, 1, 0, 0]  # only the termination is stored


def test_learning_begins_once_learning_starts_steps_are_stored(pendulum):
    agent = DDPG(pendulum, seed=0, recipe=SHORT)
    before = weights(agent.actor)
    train(pendulum, agent, 63)
    assert torch.equal(weights(agent.actor), before)
    history = train(pendulum, agent, 64)
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
    twin.critic_optimizer.step()
    objective = twin.critic(batch.s, twin.actor(batch.s)).mean()
    gradients = torch.autograd.grad(objective, [*twin.actor.parameters()])
    for p, gradient in zip(twin.actor.parameters(), gradients, strict=True):
        p.grad = -gradient
    twin.actor_optimizer.step()
    with torch.no_grad():
        for target, online in [(twin.target_actor, twin.actor), (twin.target_critic, twin.critic)]:
            for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
                p_target.copy_(tau * p + (1 - tau) * p_target)
    for name in ("actor", "critic", "target_actor", "target_critic"):
        ours, theirs = weights(getattr(agent, name)), weights(getattr(twin, name))
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_the_actors_update_leaves_the_critic_alone(pendulum):
    agent = DDPG(pendulum, seed=0, recipe=SHORT)
    train(pendulum, agent, 70)
    agent.critic_optimizer.zero_grad()
    before = weights(agent.critic)
    agent.update_actor(agent.buffer.sample(64))
    assert all(p.grad is None for p in agent.critic.parameters())
    assert torch.equal(weights(agent.critic), before)
    assert all(p.grad.abs().max() > 0 for p in agent.actor.parameters())


def test_targets_are_copies_not_the_live_networks(pendulum):
    agent = DDPG(pendulum, seed=0)
    for target, online in [(agent.target_actor, agent.actor), (agent.target_critic, agent.critic)]:
        assert torch.equal(weights(target), weights(online))
        for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
            assert p_target.data_ptr() != p.data_ptr()


def test_takes_the_components_it_is_given(pendulum):
    seen = []

    def soft_update(target, online, tau):
        seen.append(tau)

    recipe = Recipe(learning_starts=64, tau=0.25)
    agent = DDPG(pendulum, seed=0, recipe=recipe, soft_update=soft_update, noise=OrnsteinUhlenbeck)
    train(pendulum, agent, 65)
    assert seen == [0.25] * 4
    assert isinstance(agent.noise, OrnsteinUhlenbeck)
    with pytest.raises(TypeError, match="sotf_update"):
        DDPG(pendulum, seed=0, sotf_update=soft_update)


def test_average_1_is_the_plain_mean_of_all_actors(pendulum):
    agent = DDPG(
        pendulum, seed=0, recipe=Recipe(learning_starts=1, batch_size=1, actor_lr=1e-3, average=1.0)
    )
    actors = []
    for steps in range(1, 31):
        train(pendulum, agent, steps)
        actors.append(weights(agent.actor))
    mean = torch.stack(actors).mean(dim=0)
    torch.testing.assert_close(weights(agent.policy), mean, rtol=1e-4, atol=1e-6)
    assert not torch.allclose(weights(agent.actor), mean, rtol=1e-4, atol=1e-6)
    states = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
    assert (agent.act(states) == agent.predict(agent.policy, states)).all()
    assert (agent.act(states) != agent.predict(agent.actor, states)).any()


def test_without_average_the_policy_is_the_actor(pendulum):
    agent = DDPG(pendulum, seed=0, recipe=paper)
    assert agent.policy is agent.actor


def test_rates_fall_by_the_schedule(pendulum):
    agent = DDPG(pendulum, seed=0, recipe=Recipe(learning_starts=64, lr_decay_steps=100))
    train(pendulum, agent, 100)
    assert agent.actor_optimizer.param_groups[0]["lr"] == 0.5e-4
    assert agent.critic_optimizer.param_groups[0]["lr"] == 0.5e-3


def test_rewards_are_stored_scaled(pendulum):
    agent = DDPG(pendulum, seed=0, recipe=Recipe(reward_scale=0.1))
    agent.observe(np.zeros(3), [0.0], -8.0, np.zeros(3), False, False)
    assert agent.buffer.sample(1).r.item() == pytest.approx(-0.8)


def test_recipes():
    assert (paper.actor_lr, paper.critic_lr, paper.tau, paper.gamma) == (1e-4, 1e-3, 1e-3, 0.99)
    assert (paper.buffer_size, paper.sigma, paper.weight_decay) == (1_000_000, 0.2, 1e-2)
    assert paper.noise_decay_steps is None
    assert (tutorial.noise_decay_steps, tutorial.learning_starts) == (100_000, 100)
    assert tutorial.weight_decay == 0
    assert {r.batch_size for r in (modern, paper, tutorial)} == {64}
    for recipe in (paper, tutorial):  # what the paper does not have is off
        assert (recipe.reward_scale, recipe.lr_decay_steps, recipe.average) == (1, None, 0)


# Training that goes on, saving and loading


def test_train_counts_steps_in_all():
    """Split where an episode ends, the run is the same, bit for bit; run again, it does nothing."""

    def curves(*goals):
        env = make_env(seed=0, max_episode_steps=50)
        agent = DDPG(env, seed=0, recipe=SHORT)
        for steps in goals:
            history = train(env, agent, steps)
            assert agent.steps == steps
        return history["critic_loss"], history["return"]

    whole, parts = curves(250), curves(100, 150, 150, 250)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)
    assert whole[1][0].tolist() == [50, 100, 150, 200, 250]


def test_another_environment_begins_an_episode_of_its_own():
    agent = DDPG(make_env(seed=0), seed=0, recipe=SHORT)
    for seed in (0, 1):
        train(make_env(seed=seed), agent, 70 * (seed + 1))
    rows = agent.buffer.rows[:140]
    np.testing.assert_array_equal(rows[68, 5:8], rows[69, :3])  # s' of a step is s of the next,
    assert not np.allclose(rows[69, 5:8], rows[70, :3])  # but not from one pendulum to the other
    assert agent.steps == 140


def test_save_and_load(pendulum, tmp_path):
    agent = DDPG(pendulum, seed=0, recipe=tutorial)
    train(pendulum, agent, 130)
    agent.save(tmp_path / "agent.pt")
    loaded = DDPG.load(tmp_path / "agent.pt", pendulum)
    states = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
    np.testing.assert_array_equal(loaded.act(states), agent.act(states))
    assert loaded.recipe == tutorial
    assert [p.name for p in tmp_path.iterdir()] == ["agent.pt"]
    history = train(pendulum, loaded, 260)
    assert loaded.steps == 260
    assert history["critic_loss"][0][0] == 130 + 100  # its buffer was empty: it fills first
    with pytest.raises(ValueError, match="other sizes"):
        DDPG.load(tmp_path / "agent.pt", probes.BestAction())


def test_a_state_dict_carries_all(pendulum):
    """An agent of another seed, given the state of the first, does as the first does."""
    recipes = replace(modern, learning_starts=64), modern
    agents = [DDPG(pendulum, seed=k, recipe=recipe) for k, recipe in enumerate(recipes)]
    train(pendulum, agents[0], 70)
    agents[0].noise()
    agents[1].load_state_dict(copy.deepcopy(agents[0].state_dict()))
    assert agents[1].recipe == agents[0].recipe
    state = np.ones(3, np.float32)
    for _ in range(3):
        assert agents[0].explore(state) == agents[1].explore(state)
        assert agents[0].learn() == agents[1].learn()
    for name in ("actor", "critic", "target_actor", "target_critic", "policy"):
        assert torch.equal(*(weights(getattr(agent, name)) for agent in agents)), name


class Quiet(OrnsteinUhlenbeck):
    pass


def test_an_own_noise_is_asked_for(pendulum, tmp_path):
    DDPG(pendulum, seed=0, recipe=replace(SHORT, noise=Quiet)).save(tmp_path / "agent.pt")
    with pytest.raises(ValueError, match=r"noise Quiet.*noise="):
        DDPG.load(tmp_path / "agent.pt", pendulum)
    loaded = DDPG.load(tmp_path / "agent.pt", pendulum, noise=Quiet)
    assert type(loaded.noise) is loaded.recipe.noise is Quiet


# Bad input; more of it in test_errors


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("tau", 0), ("tau", 1.5), ("gamma", 1.01), ("actor_lr", -1e-3), ("critic_lr", 0),
        ("batch_size", 0), ("buffer_size", 0), ("learning_starts", 0), ("sigma", -0.1),
        ("noise_decay_steps", 0), ("gamma", float("nan")), ("reward_scale", 0),
        ("lr_decay_steps", 0), ("average", -1), ("average", 0.5), ("batch_size", 6.4),
        ("buffer_size", 1e6), ("learning_starts", 99.5), ("learning_starts", True),
        ("tau", None), ("tau", "0.1"), ("lr_decay_steps", float("nan")), ("actor_adam_eps", 0),
        ("actor_lr", float("inf")), ("sigma", np.zeros(2)), ("gamma", torch.tensor(0.9)),
    ],
)  # fmt: skip
def test_settings_out_of_range_are_refused(setting, value):
    with pytest.raises(ValueError, match=f"recipe's {setting} must be"):
        Recipe(**{setting: value})


@pytest.mark.parametrize(
    "settings",
    [{"buffer_size": 63}, {"learning_starts": 63}, {"buffer_size": 99, "learning_starts": 100}],
)
def test_a_batch_must_fit(settings):
    with pytest.raises(ValueError, match="batch_size <= learning_starts <= buffer_size"):
        Recipe(**settings)


# The loop around it


def test_flushing_denormals_changes_no_weight_with_the_default_recipe():
    """The same steps in a loop of our own, without `train`: Adam's moments sink below 1e-38."""
    agents = []
    for by_hand in (False, True):
        env = make_env(seed=0)
        agent = DDPG(env, seed=0, recipe=replace(modern, learning_starts=64, batch_size=16))
        if by_hand:
            s, over = env.reset()[0], False
            while agent.steps < 1_000:
                s = env.reset()[0] if over else s
                a = agent.explore(s)
                s_next, r, *ends, _ = env.step(a)
                agent.observe(s, a, r, s_next, *ends)
                agent.learn()
                s, over = s_next, any(ends)
        else:
            train(env, agent, 1_000)
        agents.append(agent)
    trained, looped = agents
    assert torch.equal(weights(trained.actor), weights(looped.actor))
    assert torch.equal(weights(trained.critic), weights(looped.critic))
    moments = [m["exp_avg"].abs() for m in looped.critic_optimizer.state.values()]
    tiny = sum(((m > 0) & (m < torch.finfo().tiny)).sum().item() for m in moments)
    assert tiny > 1_000  # so it was no vacuous comparison


def test_train_leaves_denormals_as_they_were():
    seen = []

    class Product(Callback):
        def step(self, agent):
            seen.append((torch.full((100,), 1e-30) * 1e-9).count_nonzero().item())

    env = make_env(seed=0)
    train(env, DDPG(env, seed=0), 2, [Product()])
    assert seen == [0, 0]
    assert (torch.full((100,), 1e-30) * 1e-9).count_nonzero() == 100
