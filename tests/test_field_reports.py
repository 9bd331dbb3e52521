"""What people reported of other projects, and its kind, tried on this one.

More of it: arrays and answers of environments in test_environment, evaluation elsewhere and state
that outlives its use in test_callbacks and test_controls, files in test_resume.
"""

import copy
import multiprocessing
import sys
from dataclasses import replace
from functools import partial

import gymnasium as gym
import numpy as np
import probes
import pytest
import torch
from small_run import RECIPE, SmallActor, SmallCritic, same_lines
from torch import nn

from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.evaluation.returns import evaluate
from helpers.noise import Gaussian, OrnsteinUhlenbeck
from helpers.recipes import Recipe
from helpers.training import train

SMALL = {"actor": SmallActor, "critic": SmallCritic}


# B: dtypes


def test_networks_are_float32_whatever_the_default():
    torch.set_default_dtype(torch.float64)
    try:
        agent = same_lines(steps=60)
        assert agent.act(np.zeros(3)).dtype == np.float32
    finally:
        torch.set_default_dtype(torch.float32)
    for network in (agent.actor, agent.critic, agent.target_actor, agent.policy):
        assert {p.dtype for p in network.parameters()} == {torch.float32}


def test_integer_states_are_learned_from():
    class Counter(probes.TwoSteps):
        observation_space = gym.spaces.Box(0, 2, (1,), np.int64)

        def state(self):
            return np.full(1, self.time)

    agent = same_lines(env=Counter(), steps=60)
    assert len(agent.history["critic_loss"][0]) == 29


# C: numpy's numbers in a recipe


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_recipe_of_numpy_numbers_is_saved_and_loaded(kind, tmp_path):
    settings = {"tau": kind(0.02), "actor_lr": np.logspace(-4, -2, 3)[1], "batch_size": np.int64(8)}
    env, recipe = make_env(), Recipe(learning_starts=np.int32(8), **settings)
    agent = DDPG(env, seed=np.int64(3), recipe=recipe, **SMALL)
    assert {type(v) for v in vars(agent.recipe).values()} <= {int, float, type(None), type}
    agent.save(tmp_path / "agent.pt")
    loaded = DDPG.load(tmp_path / "agent.pt", env, **SMALL)
    assert loaded.recipe == agent.recipe
    assert loaded.made_with["seed"] == 3
    np.testing.assert_array_equal(loaded.act(np.ones(3)), agent.act(np.ones(3)))


# D: another agent than the saved one


class Halved(SmallActor):
    """Of the same sizes as SmallActor, but it acts otherwise."""

    def forward(self, s):
        return super().forward(s) / 2


class Scaled(SmallActor):
    def __init__(self, state_dim, action_dim, factor=1.0):
        super().__init__(state_dim, action_dim)
        self.factor = factor

    def forward(self, s):
        return self.factor * super().forward(s)


def other_loss(mu, q, s):
    return -q(s, mu(s)).mean()


class Sub(DDPG):
    """A class of one's own."""


def slow(dt):
    return {"noise": partial(OrnsteinUhlenbeck, dt=dt)}


@pytest.mark.parametrize(
    ("cls", "components", "other", "name"),
    [
        (DDPG, {"actor": Halved}, {}, "actor"),
        (DDPG, {"actor": partial(Scaled, factor=0.5)}, {}, "actor"),
        (DDPG, {"actor_loss": other_loss}, {}, "actor_loss"),
        (DDPG, slow(0.01), {}, "noise"),
        (DDPG, slow(0.01), slow(0.02), "noise"),
        (Sub, {}, {}, "agent"),
    ],
)
def test_an_agent_is_loaded_only_with_its_own_components(cls, components, other, name, tmp_path):
    path, env = tmp_path / "agent.pt", make_env()
    agent = cls(env, seed=0, recipe=RECIPE, **SMALL | components)
    agent.save(path)
    with pytest.raises(ValueError, match=f"saved with the {name} "):
        DDPG.load(path, env, **SMALL | other)
    loaded = cls.load(path, env, **SMALL | components)
    np.testing.assert_array_equal(loaded.act(np.ones(3)), agent.act(np.ones(3)))
    assert repr(loaded.noise) == repr(agent.noise)


def test_a_noise_of_this_project_needs_no_mention(tmp_path):
    path, env = tmp_path / "agent.pt", make_env()
    for given in ({"recipe": Recipe(noise=Gaussian)}, {"noise": Gaussian}):
        DDPG(env, seed=0, **SMALL, **given).save(path)
        assert isinstance(DDPG.load(path, env, **SMALL).noise, Gaussian)


# E: another environment than the agent acts in


def test_actions_that_are_not_rescaled_are_refused_everywhere():
    agent, plain = DDPG(make_env(), seed=0, recipe=RECIPE, **SMALL), gym.make("Pendulum-v1")
    with pytest.raises(ValueError, match="rescale them first, with make_env"):
        train(plain, agent, 10)
    with pytest.raises(ValueError, match="rescale them first, with make_env"):
        evaluate(agent.act, lambda: plain, range(2))
    assert agent.steps == 0


# F: state that outlives its use


def test_each_call_begins_an_episode_whatever_happened_between():
    """No transition joins two states that the environment didn't join."""
    env = make_env(seed=0)
    agent = DDPG(env, seed=0, recipe=RECIPE, **SMALL)
    for steps in (25, 50):
        train(env, agent, steps)
        env.reset()
        env.step(np.float32([0.5]))
    rows = agent.buffer.rows[:50]
    joined = (rows[:-1, 5:8] == rows[1:, :3]).all(axis=1)
    assert np.flatnonzero(~joined).tolist() == [24]


class DropsOut(nn.Sequential):
    def __init__(self, state_dim, action_dim):
        super().__init__(nn.Dropout(0.5), *SmallActor(state_dim, action_dim))


def test_acts_the_same_with_dropout():
    agent = DDPG(make_env(), seed=0, recipe=RECIPE, actor=DropsOut, critic=SmallCritic)
    states = np.ones((5, 3), np.float32)
    for act in (agent.act, lambda s: agent.predict(agent.actor, s)):
        assert len({float(a) for _ in range(5) for a in act(states).ravel()}) == 1
    assert agent.actor.training  # it learns with dropout


@pytest.mark.parametrize(("stop", "resets"), [(50, [20, 40, 50, 70]), (60, [20, 40, 60, 80])])
def test_a_noise_is_reset_once_in_each_episode(stop, resets):
    """Where the first call stops in mid-episode, the second one begins another."""

    class Noted(OrnsteinUhlenbeck):
        def reset(self):
            super().reset()
            noted.append(agent.steps)

    noted, env = [], make_env(seed=0, max_episode_steps=20)
    agent = DDPG(env, seed=0, recipe=RECIPE, noise=Noted, **SMALL)
    train(env, agent, stop)
    assert agent.noise.x.any() == (stop == 50)
    train(env, agent, 85)
    assert noted == resets
    agent.recipe = replace(RECIPE, learning_starts=90)  # at random again: no noise is drawn
    train(env, agent, 86)
    assert not agent.noise.x.any()


# G: messages


@pytest.mark.parametrize("use", [Recipe, partial(DDPG, make_env(), seed=0)])
def test_a_noise_object_is_refused_at_once(use):
    with pytest.raises(ValueError, match="noise must be a class that makes noise"):
        use(noise=Gaussian(1, 0.1))


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of one's own, whose environment needs another package that isn't there."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "brokenpkg").mkdir()

    def write(init, rest=""):
        (tmp_path / "brokenpkg" / "__init__.py").write_text(init)
        (tmp_path / "brokenpkg" / "envs.py").write_text(rest)

    yield write
    gym.registry.pop("Broken-v0", None)
    for name in [m for m in sys.modules if m.startswith("brokenpkg")]:
        del sys.modules[name]


REGISTER = "import gymnasium\ngymnasium.register('Broken-v0', 'brokenpkg.envs:Broken')\n"


@pytest.mark.parametrize(
    ("init", "rest"), [("import nowhere_at_all", ""), (REGISTER, "import nowhere_at_all")]
)
def test_a_missing_dependency_is_named(package, init, rest):
    package(init, rest)
    with pytest.raises(ModuleNotFoundError, match="No module named 'nowhere_at_all'") as caught:
        make_env("brokenpkg:Broken-v0")
    assert "pip install Broken" not in str(caught.value)


class Dropping(SmallCritic):
    """It changes with whatever is done to it: statistics, and the generator behind its dropout."""

    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)
        inputs = nn.BatchNorm1d(state_dim + action_dim), nn.Dropout(0.5)
        self.layers = nn.Sequential(*inputs, *self.layers)

    def forward(self, s, a):
        return super().forward(s, a + 0 * torch.rand(1))


def test_asking_the_critic_changes_neither_it_nor_a_generator():
    env = make_env(seed=0)
    agent = DDPG(env, seed=0, recipe=RECIPE, actor=DropsOut, critic=Dropping)
    before, generator = copy.deepcopy(agent.critic.state_dict()), torch.get_rng_state()
    train(env, agent, 10)
    torch.testing.assert_close(dict(agent.critic.state_dict()), dict(before), rtol=0, atol=0)
    assert agent.critic.layers[0].training
    assert torch.equal(torch.get_rng_state(), generator)


def test_several_environments_at_once_are_refused():
    envs = gym.make_vec("Pendulum-v1", num_envs=2)
    for ask in (make_env, lambda env: DDPG(env, seed=0)):
        with pytest.raises(ValueError, match="isn't a single gymnasium environment"):
            ask(envs)


def train_seed(seed):
    return train(env := make_env(seed=seed), DDPG(env, seed=seed, recipe=RECIPE, **SMALL), 60)


def test_seeds_run_in_processes_of_their_own():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (history,) = pool.map(train_seed, [5])
    here = train_seed(5)
    np.testing.assert_allclose(history["critic_loss"], here["critic_loss"], rtol=1e-5)
