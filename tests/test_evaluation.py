"""Evaluation against gymnasium played by hand, and against an environment with known returns."""

import gymnasium as gym
import numpy as np
import pytest

from helpers.environment import make_env
from helpers.evaluation.returns import (
    EVALUATION_STARTS,
    SELECTION_STARTS,
    evaluate,
    evaluate_in_gymnasium,
    gap,
    mean_and_error,
)
from helpers.pendulum.controllers import random_policy, rollout, swing_up_and_hold
from helpers.pendulum.physics import start_states

FEW = range(10_000, 10_006)


class Countdown(gym.Env):
    """An episode of 1 to 9 steps, as its seed says; every step gives the action plus one."""

    observation_space = gym.spaces.Box(-10, 10, (2,), np.float32)
    action_space = gym.spaces.Box(-3, 3, (2,), np.float32)

    def __init__(self, truncate: bool = False):
        self.truncate = truncate

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.left = 5 if seed is None else 1 + seed % 9
        return np.full(2, self.left, np.float32), {}

    def step(self, action):
        self.left -= 1
        over = self.left == 0
        state = np.full(2, self.left, np.float32)
        return state, 1.0 + float(action[1]), over and not self.truncate, over and self.truncate, {}


@pytest.fixture
def countdown_id():
    gym.register("test/Countdown-v0", entry_point=Countdown)
    yield "test/Countdown-v0"
    del gym.registry["test/Countdown-v0"]


def test_the_two_sets_of_starts_are_apart():
    assert len(EVALUATION_STARTS) == len(SELECTION_STARTS) == 100
    assert not set(EVALUATION_STARTS) & set(SELECTION_STARTS)


def played_by_hand(env):
    """The hand-written controller's returns in a plain pendulum, whose actions are torques."""
    returns = []
    for seed in FEW:
        state, _ = env.reset(seed=seed)
        total, truncated = 0.0, False
        while not truncated:
            action = swing_up_and_hold(state[None])[0].astype(np.float32)
            state, reward, _, truncated, _ = env.step(2 * action)
            total += reward
        returns.append(total)
    return returns


def test_pendulum_equals_gymnasium_played_by_hand():
    expected = played_by_hand(gym.make("Pendulum-v1"))
    assert np.allclose(evaluate(swing_up_and_hold, starts=FEW), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("env", ["Pendulum-v1", make_env().spec, make_env])
def test_the_vectorised_rollout_equals_gymnasium(env):
    fast = evaluate(swing_up_and_hold, starts=FEW)
    slow = evaluate_in_gymnasium(swing_up_and_hold, env, FEW)
    assert np.allclose(fast, slow, rtol=0, atol=1e-5)
    assert np.allclose(fast, evaluate(swing_up_and_hold, env, FEW), rtol=0, atol=1e-5)


def test_a_spec_keeps_the_options_and_wrappers_of_its_environment():
    expected = played_by_hand(gym.make("Pendulum-v1", g=2.0))
    spec = make_env("Pendulum-v1", g=2.0).spec
    assert np.allclose(evaluate(swing_up_and_hold, spec, FEW), expected, rtol=0, atol=1e-5)
    wrapped = gym.wrappers.RescaleObservation(make_env(), np.float32(-1), np.float32(1))

    def policy(states):  # undoes what the wrapper does: only the velocity has other bounds
        return swing_up_and_hold(states * np.array([1, 1, 8]))

    expected = evaluate(swing_up_and_hold, starts=FEW)
    assert np.allclose(evaluate(policy, wrapped.spec, FEW), expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    "env",
    [lambda: gym.make("Pendulum-v1"), gym.spec("Pendulum-v1"), lambda: gym.make("CartPole-v1")],
    ids=["factory", "spec", "discrete"],
)
def test_an_environment_with_other_actions_is_refused(env):
    with pytest.raises(ValueError, match=r"DDPG (acts in \[-1, 1\]|needs continuous actions)"):
        evaluate(swing_up_and_hold, env, FEW)


@pytest.mark.parametrize("truncate", [False, True])
def test_rewards_after_an_episodes_end_do_not_count(countdown_id, truncate):
    gym.registry[countdown_id].kwargs["truncate"] = truncate
    starts = [0, 8, 3, 12]  # 1, 9, 4 and 4 steps
    still = evaluate(lambda states: np.zeros((len(states), 2)), countdown_id, starts)
    assert np.array_equal(still, [1, 9, 4, 4])
    full = evaluate(lambda states: np.ones((len(states), 2)), countdown_id, starts)
    assert np.allclose(full, [4, 36, 16, 16])  # an action of 1 becomes the env's own limit, 3


def test_a_start_does_not_depend_on_its_company():
    together = evaluate(swing_up_and_hold, starts=FEW)
    assert evaluate(swing_up_and_hold, starts=[FEW[3]])[0] == pytest.approx(together[3], abs=1e-6)


def test_a_rollout_records_the_states_before_the_torque():
    theta, velocity = start_states(FEW)
    path = rollout(swing_up_and_hold, theta, velocity, steps=7)
    assert all(part.shape == (7, len(FEW)) for part in path)
    assert np.array_equal(path.theta[0], theta)
    assert np.array_equal(path.velocity[0], velocity)
    assert np.allclose(path.theta[1:], path.theta[:-1] + 0.05 * path.velocity[1:])
    assert np.abs(path.torque).max() <= 2.0


@pytest.mark.parametrize(
    ("actions", "complaint"),
    [
        (np.zeros(6), r"shape \(6, 1\), not \(6,\)"),
        (np.zeros((6, 2)), r"shape \(6, 1\), not \(6, 2\)"),
        (np.full((6, 1), np.nan), "not a finite number"),
        (np.full((6, 1), -1.5), "not one of size 1.5"),
    ],
)
@pytest.mark.parametrize("way", [evaluate, evaluate_in_gymnasium])
def test_a_wrong_policy_is_told_so(actions, complaint, way):
    with pytest.raises(ValueError, match=complaint):
        way(lambda states: actions, "Pendulum-v1", FEW)


def test_a_policy_may_round_a_little_beyond_one():
    just = evaluate(lambda states: np.full((len(states), 1), 1 + 1e-6), starts=FEW)
    assert np.array_equal(just, evaluate(lambda states: np.ones((len(states), 1)), starts=FEW))
    path = rollout(lambda states: np.full((len(states), 1), 1 + 5e-6), *start_states(FEW), steps=2)
    assert (path.torque == 2.0).all()


def test_the_states_a_policy_sees_are_float32():
    seen = []

    def policy(states):
        seen.append(states)
        return np.zeros((len(states), 1))

    evaluate(policy, starts=FEW)
    assert {(part.dtype, part.shape) for part in seen} == {(np.dtype(np.float32), (6, 3))}


def test_the_gap_is_a_fraction_of_the_optimum():
    assert gap(np.array([-120.0, -100.0]), np.array([-90.0, -110.0])) == pytest.approx(0.1)
    assert gap(np.array([5.0]), np.array([10.0])) == pytest.approx(0.5)


def test_the_mean_and_its_error():
    mean, error = mean_and_error(np.array([1.0, 2.0, 3.0, 4.0]))
    assert (mean, error) == (2.5, pytest.approx(np.sqrt(5 / 3) / 2))


def test_the_yardsticks():
    assert -139 < evaluate(swing_up_and_hold).mean() < -135
    first, again = (evaluate(random_policy(seed=0)) for _ in range(2))
    assert np.array_equal(first, again)
    assert -1300 < first.mean() < -1050
    assert not np.array_equal(first, evaluate(random_policy(seed=1)))
