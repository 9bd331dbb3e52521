"""What a critic promises and an actor earns, against gymnasium itself and numbers known by hand."""

from dataclasses import replace
from functools import partial

import gymnasium as gym
import numpy as np
import pytest
import torch
from small_run import SmallActor, SmallCritic
from torch import nn

from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.evaluation import EVALUATION_STARTS, visited_values, vitals
from helpers.evaluation.values import FOREVER, Values
from helpers.extensions import TwinCritic
from helpers.pendulum import load_optimum
from helpers.recipes import Recipe, modern

TORQUE = 1.2  # N m; 0.6 as an action
STARTS = EVALUATION_STARTS[:3]


class Constant(nn.Module):
    """A network that gives the same number for every row."""

    def __init__(self, *sizes: int, number: float):
        super().__init__()
        self.number = nn.Parameter(torch.tensor(number))

    def forward(self, s: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        return self.number.expand(len(s), 1)


def agent_with(action: float = TORQUE / 2, value: float = -3.0, recipe: Recipe = modern) -> DDPG:
    """An agent that always does one thing and promises one number."""
    actor, critic = partial(Constant, number=action), partial(Constant, number=value)
    return DDPG(make_env(seed=0), seed=0, recipe=recipe, actor=actor, critic=critic)


def endless() -> gym.Env:
    """Gymnasium's own pendulum, with no time limit that matters here."""
    return gym.make("Pendulum-v1", max_episode_steps=10_000)


def visited(start: int) -> list[np.ndarray]:
    """Every 25th state of an episode from one start, in gymnasium: angle and velocity."""
    env, states = endless(), []
    env.reset(seed=start)
    for _ in range(200):
        states.append(env.unwrapped.state.copy())
        env.step(np.array([TORQUE]))
    return states[::25]


def discounted(state: np.ndarray, gamma: float) -> float:
    """The discounted rewards of the constant torque from a state on, in gymnasium."""
    env, total = endless(), 0.0
    env.reset()
    env.unwrapped.state = state
    for t in range(FOREVER):
        total += gamma**t * env.step(np.array([TORQUE]))[1]
    return total


@pytest.mark.parametrize("gamma", [0.99, 0.9])
def test_what_is_earned_is_what_gymnasium_pays(gamma):
    values = visited_values(agent_with(recipe=Recipe(gamma=gamma)), STARTS)
    paths = [visited(start) for start in STARTS]
    truth = np.array([discounted(path[k], gamma) for k in range(8) for path in paths])
    np.testing.assert_allclose(values.earned, truth, rtol=1e-3)


def test_what_is_promised_is_in_units_of_reward():
    for scale in (1.0, 0.01):
        values = visited_values(agent_with(value=-3.0, recipe=Recipe(reward_scale=scale)), STARTS)
        np.testing.assert_allclose(values.promised, np.full(24, -3 / scale), rtol=1e-6)
        assert values.bias == pytest.approx(-3 / scale - values.earned.mean())


def test_of_two_critics_the_first_one_promises():
    agent = agent_with()
    agent.critic = TwinCritic(3, 1)
    with torch.no_grad():
        for q, number in ((agent.critic.q1, 2.0), (agent.critic.q2, 5.0)):
            nn.init.zeros_(q.layer3.weight)
            nn.init.constant_(q.layer3.bias, number)
    np.testing.assert_allclose(visited_values(agent, STARTS).promised, 2 / modern.reward_scale)


def test_nobody_earns_more_than_is_possible():
    for action in (-1.0, 0.0, 0.6):
        values = visited_values(agent_with(action), STARTS)
        assert (values.earned <= values.possible + 1).all()
    upright = np.abs(values.possible) < 1  # where nothing is left to lose
    assert (values.earned[~upright] < values.possible[~upright]).all()


def test_the_best_controller_earns_what_is_possible():
    agent, best = agent_with(), load_optimum().policy
    agent.predict = lambda network, states: best(states)
    values = visited_values(agent, EVALUATION_STARTS[:20])
    assert len(values.earned) == 160
    lost = values.possible - values.earned
    assert lost.min() > -1  # what a map of finitely many states can be wrong by
    assert np.median(lost) < 0.5
    assert lost.mean() < 0.05 * np.abs(values.possible).mean()


def test_the_states_are_those_of_the_actor_without_noise_and_nothing_is_changed():
    agent = DDPG(make_env(seed=0), seed=0, actor=SmallActor, critic=SmallCritic)
    before = torch.random.get_rng_state(), agent.rng.bit_generator.state
    first, second = (visited_values(agent, STARTS) for _ in range(2))
    assert all(map(np.array_equal, first, second))
    assert torch.equal(before[0], torch.random.get_rng_state())
    assert before[1] == agent.rng.bit_generator.state
    assert agent.steps == 0


def test_the_bias_is_a_mean_over_states():
    values = Values(np.zeros((2, 3)), np.array([1.0, -2.0]), np.array([-1.0, -1.0]), np.zeros(2))
    assert values.bias == pytest.approx(0.5)


class Known(nn.Module):
    """An actor, tanh of the first number; and a critic, the second number plus the action."""

    def __init__(self, *sizes):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, s, a=None):
        return torch.tanh(s[:, :1]) if a is None else s[:, 1:2] + a


def test_vital_signs_by_hand():
    env = make_env(seed=0)
    recipe = replace(modern, reward_scale=0.5, gamma=0.9, buffer_size=1_500)
    agent = DDPG(env, seed=0, recipe=recipe, actor=Known, critic=Known)
    for _ in range(1_000):  # older than the last thousand, and partly overwritten by them
        agent.observe([9, 9, 9], [0], 9, [9, 9, 9], False, False)
    for k in range(1_000):
        s, r = ([1, 3, -20], -4) if k % 2 else ([-1, 1, 10], -2)
        agent.observe(s, [0.5], r, [0, 0, 0], False, False)
    tanh, one = np.tanh(1), np.sqrt(1_000 / 999)  # the spread of -1, 1, -1, 1, ...
    right = {
        "state: size of the largest number": np.sqrt((20**2 + 10**2) / 2),
        "state: smallest spread of a number": one,
        "rewards as stored: size": np.sqrt((2**2 + 1**2) / 2),
        "actor: spread of its actions": tanh * one,
        "actor: mean slope of its tanh": 1 - tanh**2,
        "critic: mean Q": 2,
        "lowest Q with such rewards": -20,  # -2 at each step, for ever
        "highest Q with such rewards": -1,  # -1 once, and then the end
    }
    assert vitals(agent) == pytest.approx(right, rel=1e-5)
