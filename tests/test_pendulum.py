"""The vectorised physics against gymnasium's own environment, step for step."""

import gymnasium as gym
import numpy as np
import pytest

from helpers.pendulum import physics as pendulum

SEEDS = range(10_000, 10_006)


def actions_for(seed: int, dtype: type) -> np.ndarray:
    """A whole episode of random torques, a tenth of them beyond the limits."""
    return np.random.default_rng(seed).uniform(-2.2, 2.2, (pendulum.TIME_LIMIT, 1)).astype(dtype)


def test_the_constants_are_gymnasiums():
    env = gym.make("Pendulum-v1")
    own = env.unwrapped
    assert (own.max_torque, own.max_speed) == (pendulum.MAX_TORQUE, pendulum.MAX_SPEED)
    assert (own.dt, own.g) == (pendulum.TIME_STEP, pendulum.GRAVITY)
    assert env.spec.max_episode_steps == pendulum.TIME_LIMIT


def test_the_start_states_are_those_of_reset():
    env = gym.make("Pendulum-v1")
    theta, velocity = pendulum.start_states(SEEDS)
    assert theta.shape == velocity.shape == (len(SEEDS),)
    for i, seed in enumerate(SEEDS):
        first, _ = env.reset(seed=seed)
        assert (theta[i], velocity[i]) == tuple(env.unwrapped.state)
        assert np.array_equal(pendulum.observe(theta[i : i + 1], velocity[i : i + 1])[0], first)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_whole_episodes_equal_gymnasiums(dtype):
    torques = np.stack([actions_for(seed, dtype)[:, 0] for seed in SEEDS], axis=1)  # (200, N)
    theta, velocity = pendulum.start_states(SEEDS)
    ours = []
    for torque in torques:
        theta, velocity, reward = pendulum.step(theta, velocity, torque)
        ours.append((theta, velocity, reward, pendulum.observe(theta, velocity)))
    assert ours[0][3].dtype == np.float32

    for i, seed in enumerate(SEEDS):
        env = gym.make("Pendulum-v1")
        env.reset(seed=seed)
        for t, action in enumerate(actions_for(seed, dtype)):
            state, reward, terminated, truncated, _ = env.step(action)
            theta, velocity, our_reward, our_state = (part[i] for part in ours[t])
            assert np.allclose((theta, velocity), env.unwrapped.state, rtol=0, atol=1e-5)
            assert abs(our_reward - reward) < 1e-5
            assert np.allclose(our_state, state, rtol=0, atol=1e-5)
            assert not terminated
            assert truncated == (t == pendulum.TIME_LIMIT - 1)


def test_angles_are_normalised_to_one_turn():
    angles = np.array([0.0, np.pi, -np.pi, 3 * np.pi, 7.0, -7.0])
    expected = np.array([0.0, -np.pi, -np.pi, -np.pi, 7.0 - 2 * np.pi, 2 * np.pi - 7.0])
    assert np.allclose(pendulum.normalise_angle(angles), expected)


def test_the_rewards_extremes():
    at = np.array
    assert pendulum.reward(at([0.0]), at([0.0]), at([0.0])) == 0.0
    worst = pendulum.reward(at([np.pi]), at([8.0]), at([2.0]))
    assert worst == pytest.approx(-16.2736, abs=1e-4)
    rng = np.random.default_rng(0)
    theta, velocity = rng.uniform(-20, 20, 1000), rng.uniform(-8, 8, 1000)
    reward = pendulum.step(theta, velocity, rng.uniform(-9, 9, 1000))[2]
    assert (reward <= 0).all()
    assert (reward >= worst).all()


def test_the_speed_stays_within_its_limit():
    _, velocity, _ = pendulum.step(
        np.array([1.5, -1.5]), np.array([7.9, -7.9]), np.array([2.0, -2])
    )
    assert np.array_equal(velocity, [8.0, -8.0])
