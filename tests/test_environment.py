"""make_env and the border between agent and environment."""

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box
from small_run import RECIPE, SmallActor, SmallCritic

from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.training import train


class Own(gym.Env):
    """An environment of one's own: it keeps its actions and gives whatever it is told to."""

    observation_space = Box(-np.inf, np.inf, (2,), np.float32)

    def __init__(self, actions, **answers):
        self.action_space, self.answers, self.seen = actions, answers, []

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(2, np.float32), {}

    def step(self, action):
        self.seen.append(action)
        over = len(self.seen) % 10 == 0
        answer = {"state": np.zeros(2, np.float32), "reward": 1.0, "terminated": False}
        state, reward, terminated = (answer | self.answers).values()
        return state, reward, terminated, over, {}


def agent_in(env, **settings):
    return DDPG(env, seed=0, recipe=RECIPE, actor=SmallActor, critic=SmallCritic, **settings)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    ("low", "high"),
    [([-3.0, 0.1], [5.0, 0.3]), ([-1e-3, 7.0], [2e-3, 1e4]), ([-3e38, 0], [3e38, 1])],
)
def test_actions_arrive_inside_the_bounds_and_in_the_dtype(low, high, dtype):
    if dtype == np.float16 and max(high) > 1e5:
        pytest.skip("float16 has no such number")
    box = Box(np.array(low, dtype), np.array(high, dtype), dtype=dtype)
    env = make_env(Own(box))
    env.reset()
    for a in np.linspace(-1, 1, 101):
        env.step(np.float32([a, -a]))
    for action in env.unwrapped.seen:
        assert action in box
        assert action.dtype == dtype
    low, high = np.float64([low, high])
    rounding = np.maximum(-low, high) * np.finfo(dtype).eps
    for place, expected in {0: low, 50: low / 2 + high / 2, 100: high}.items():
        action = [env.unwrapped.seen[place][0], env.unwrapped.seen[100 - place][1]]
        assert (np.abs(action - expected) <= rounding).all()


@pytest.mark.parametrize(
    ("box", "words"),
    [
        (Box(0, 10, (1,), np.int64), "float"),
        (Box(0, 255, (1,), np.uint8), "float"),
        (Box(np.float32([0, 1]), np.float32([1, 1])), "low below high"),
        (Box(-np.inf, 1.0, (1,)), "finite bounds"),
    ],
)
def test_actions_that_cannot_be_rescaled_are_refused(box, words):
    with pytest.raises(ValueError, match=words):
        make_env(Own(box))


@pytest.mark.parametrize("seed", [1, np.int64(1), np.uint8(1)])
def test_a_seed_fixes_the_starts(seed):
    expected = gym.make("Pendulum-v1")
    expected.reset(seed=1)
    env = make_env(seed=seed)
    for _ in range(3):
        np.testing.assert_array_equal(env.reset()[0], expected.reset()[0])


def test_half_a_seed_is_refused():
    with pytest.raises(TypeError, match="integer"):
        make_env(seed=1.5)


def test_options_need_a_name():
    assert make_env("Pendulum-v1", g=2.0).unwrapped.g == 2.0
    with pytest.raises(ValueError, match="g: options need"):
        make_env(gym.make("Pendulum-v1"), g=2.0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: make_env("Pendulum-v1", render_mode="human"),
        lambda: make_env(gym.make("Pendulum-v1", render_mode="human")),
    ],
)
def test_a_window_needs_a_screen(make, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValueError, match="needs a screen"):
        make()
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    make().close()


def test_the_wrapper_is_made_again_from_the_spec():
    env = gym.make(make_env("Pendulum-v1", g=2.0).spec)
    assert env.action_space == Box(-1.0, 1.0, (1,), np.float32)
    assert env.unwrapped.g == 2.0


# The border


class Reuses(gym.Env):
    """A point that is pushed; the same array is its state, and the answer of every step."""

    observation_space = Box(-np.inf, np.inf, (2,), np.float32)
    action_space = Box(-1.0, 1.0, (1,), np.float32)

    def __init__(self, copies):
        self.copies, self.x = copies, np.zeros(2, np.float32)

    def answer(self):
        return self.x.copy() if self.copies else self.x

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.time, self.x[:] = 0, self.np_random.uniform(-1, 1, 2)
        return self.answer(), {}

    def step(self, action):
        self.time += 1
        self.x[1] += 0.1 * action[0]
        self.x[0] += 0.1 * self.x[1]
        action[:] = 9.0  # what the agent did is the agent's
        return self.answer(), -float(self.x @ self.x), False, self.time == 20, {}


def test_an_environment_may_reuse_its_arrays():
    """It learns the same, bit for bit, as from an environment that copies them."""
    runs = []
    for copies in (True, False):
        env = Reuses(copies)
        env.reset(seed=0)
        agent = agent_in(env)
        history = train(env, agent, 100)
        runs.append((agent.buffer.rows, history["critic_loss"][1], agent.act(np.ones(2))))
        s, s_next = agent.buffer.rows[:, :2], agent.buffer.rows[:, 4:6]
        assert (s != s_next).any(axis=1).all()
        assert np.abs(agent.buffer.rows[:, 2]).max() <= 1
    for one, other in zip(*runs, strict=True):
        np.testing.assert_array_equal(one, other)


UNIT = Box(-1.0, 1.0, (1,), np.float32)


@pytest.mark.parametrize(
    "answers",
    [
        {"reward": np.float64(2)}, {"reward": np.array(2)}, {"reward": True}, {"reward": 2},
        {"reward": torch.tensor(2.0)}, {"terminated": np.bool_(True)},
        {"state": np.zeros(2, np.float64)}, {"state": np.zeros(2, np.int8)},
        {"state": np.zeros(2, bool)},
    ],
)  # fmt: skip
def test_valid_answers_pass(answers):
    env = Own(UNIT, **answers)
    agent = agent_in(env)
    train(env, agent, 40)
    row = agent.buffer.rows[0]
    assert row[3] == float(answers.get("reward", 1))
    assert row[-1] == answers.get("terminated", False)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"reward": [1.0]}, r"reward was \[1.0\], but it must be one finite number"),
        ({"reward": np.ones(1)}, "reward.*one finite number"),
        ({"reward": torch.ones(1)}, "reward was tensor.*one finite number"),
        ({"reward": [[1.0], [1.0, 2.0]]}, "reward.*one finite number"),
        ({"reward": None}, "reward was None"),
        ({"reward": 1j}, "reward was 1j"),
        ({"reward": np.complex64(1)}, "reward.*one finite number"),
        ({"reward": {}}, "reward was {}"),
        ({"reward": "1.0"}, "reward was '1.0'"),
        ({"reward": np.str_("x")}, "reward.*one finite number"),
        ({"terminated": 1}, "terminated was 1, but it must be True or False"),
        ({"terminated": None}, "terminated was None"),
        ({"terminated": np.zeros(1, bool)}, "terminated.*True or False"),
        ({"state": torch.zeros(2)}, r"state was tensor.*numpy array.*shape \(2,\)"),
        ({"state": [0.0, 0.0]}, "state.*numpy array"),
        ({"state": None}, "state was None"),
        ({"state": np.zeros(3)}, r"state.*shape \(2,\)"),
        ({"state": np.zeros((1, 2))}, r"state.*shape \(2,\)"),
        ({"state": np.array(["x", "y"])}, "state.*numpy array of numbers"),
        ({"state": np.array([None, 1])}, "state.*numpy array of numbers"),
        ({"state": np.array([np.inf, -np.inf])}, "state.*finite"),
        ({"state": np.array([1e300, 0])}, "state.*finite everywhere, in float32"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_invalid_answers_are_named(answers, words):
    env = Own(UNIT, **answers)
    agent = agent_in(env)
    with pytest.raises(ValueError, match=f"At step 1 the environment's {words}"):
        train(env, agent, 40)
    assert len(agent.buffer) == agent.steps == 0


@pytest.mark.parametrize("noise", [np.nan, np.inf])
def test_an_invalid_action_is_named(noise):
    env = Own(UNIT)
    agent = agent_in(env)
    train(env, agent, 40)
    agent.noise = lambda: np.float32([np.nan])
    with pytest.raises(ValueError, match="At step 41 the agent's action was"):
        train(env, agent, 60)
