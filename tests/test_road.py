"""The racing car with grey frames and one pedal, against gymnasium's own CarRacing."""

import gymnasium as gym
import numpy as np
import pytest

from helpers.environment import make_env

pytest.importorskip("Box2D")  # it has no wheel for every Python

from gymnasium.envs.box2d.car_racing import CarRacing

from helpers.extensions.road import Road

REPEAT, SCORE = 4, 8  # frames that an action is held; lines of the picture that hold the score


class InSixtyFour(CarRacing):
    """gymnasium's environment, drawn in 64 x 64 pixels."""

    def _create_image_array(self, screen, size):
        return super()._create_image_array(screen, (64, 64))


def grey(picture):
    """A colour picture in grey, as BT.601 weighs its colours."""
    return (picture @ np.array([0.299, 0.587, 0.114])).astype(int)


def drive(env, reference, actions):
    """Both environments' frames, rewards and ends, for the same actions, until one ends."""
    for wheel, pedal in actions:
        state, reward, terminated, *_ = env.step(np.array([wheel, pedal], np.float32))
        expected, over = 0.0, False
        for _ in range(REPEAT):
            if not over:
                held = np.array([wheel, max(pedal, 0), max(-pedal, 0)], np.float32)
                picture, one, over, *_ = reference.step(held)
                expected += one
        yield state, grey(picture), reward, expected, terminated, over
        if terminated or over:
            return


@pytest.fixture
def env():
    env = make_env("helpers.extensions.road:helpers/Road-v0", seed=0)
    yield env
    env.close()


def test_frames_and_rewards_are_gymnasiums(env):
    reference, rng = InSixtyFour(), np.random.default_rng(0)
    first, picture = env.reset(seed=3)[0], grey(reference.reset(seed=3)[0])
    assert first.shape == (3, 64, 64)
    assert first.dtype == np.uint8
    for frame in first:
        assert np.array_equal(frame[:-SCORE], picture[:-SCORE])
    before, actions = first, rng.uniform((-0.3, -0.2), (0.3, 1.0), size=(80, 2))
    for state, picture, reward, expected, *ends in drive(env, reference, actions):
        assert np.array_equal(state[-1][:-SCORE], picture[:-SCORE])
        assert np.array_equal(state[:-1], before[1:])
        assert reward == pytest.approx(expected, abs=1e-6)
        assert ends == [False, False]
        before = state


def test_leaving_the_field_ends_the_episode_as_in_gymnasium(env):
    reference = InSixtyFour()
    for each in (env, reference):
        each.reset(seed=1)
    *_, (_, _, reward, expected, terminated, over) = drive(env, reference, [(0.0, 0.5)] * 250)
    assert terminated
    assert over
    assert reward == pytest.approx(expected, abs=1e-6)
    assert reward < -99  # gymnasium's penalty
    first, picture = env.reset(seed=3)[0], grey(reference.reset(seed=3)[0])
    assert np.array_equal(first[-1][:-SCORE], picture[:-SCORE])  # and not where it ended


def test_a_seed_brings_the_same_first_frames_back(env):
    first = env.reset(seed=3)[0]
    for _ in range(30):
        env.step(np.array([1.0, 1.0], np.float32))
    assert np.array_equal(env.reset(seed=3)[0], first)


def test_the_pedal_is_gas_above_zero_and_the_brake_below(env):
    speeds = []
    for pedal in (1.0, 0.0, -1.0):
        env.reset(seed=0)
        for action in [(0.0, 1.0)] * 20 + [(0.0, pedal)] * 10:
            env.step(np.array(action, np.float32))
        speeds.append(np.hypot(*env.unwrapped.car.hull.linearVelocity))
    assert speeds[0] > speeds[1] > speeds[2]
    assert speeds[2] == pytest.approx(0, abs=1)


def test_an_episode_lasts_a_thousand_frames_as_gymnasiums(env):
    assert env.spec.max_episode_steps * REPEAT == gym.spec("CarRacing-v3").max_episode_steps


def test_the_film_is_in_colour_and_in_gymnasiums_size():
    env = Road(render_mode="rgb_array")
    env.reset(seed=0)
    assert env.render().shape == (400, 600, 3)
