"""Q-learning with a table: one update by hand, the edges of the cells, and that it learns."""

import copy
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box
from probes import BestAction, Probe

from helpers.callbacks.evaluate import Evaluate
from helpers.environment import make_env
from helpers.evaluation.returns import evaluate
from helpers.pendulum.physics import observe
from helpers.pendulum.tabular import TabularQ, TabularQ41, TabularQ401
from helpers.recipes import modern
from helpers.storage import read, write
from helpers.training import train


class ThreeNumbers(Probe):
    """A probe whose one state looks like a pendulum's, always the same."""

    observation_space = Box(-np.inf, np.inf, (3,), np.float32)

    def state(self):
        return np.array([1, 0, 0], dtype=np.float32)


class BestActionAtTheTop(ThreeNumbers, BestAction):
    """One step, reward -(a - 0.5)^2."""


class EndlessRewardAtTheTop(ThreeNumbers):
    """Reward 1 for ever, cut off after each step."""

    truncates = True

    def outcome(self, action):
        return 1.0, True


def agent(kind=TabularQ, seed=0):
    return kind(make_env(), seed=seed)


def seen(theta, velocity):
    return observe(np.array([theta]), np.array([velocity]))[0]


@pytest.mark.parametrize(("terminated", "future"), [(False, -120.0), (True, 0.0)])
def test_one_update_by_hand(terminated, future):
    q = agent()
    s, s_next = seen(0.0, 0.0), seen(1.0, 2.0)
    here, there = q.cell(s), q.cell(s_next)
    q.table[there] = [-200, -120, -150, -300, -180]
    before = q.table.copy()
    q.observe(s, np.array([0.5], np.float32), -7.0, s_next, terminated, False)  # 0.5: number 3
    y = -7 + 0.99 * future
    assert q.learn() == {"td_error": pytest.approx(y + 300)}
    assert q.table[here, 3] == pytest.approx(-300 + 0.6 * (y + 300))
    before[here, 3] = q.table[here, 3]
    assert np.array_equal(q.table, before)  # nothing else moved


def test_a_time_limit_is_no_end():
    q, same = agent(), agent()
    for one, truncated in [(q, False), (same, True)]:
        one.observe(seen(0, 0), np.zeros(1), -1.0, seen(1, 1), False, truncated)
        one.learn()
    assert np.array_equal(q.table, same.table)


def test_the_cells_and_their_edges():
    q, n = agent(), TabularQ.cells
    width, height = 2 * np.pi / n, 16 / n
    assert q.cell(seen(0.0, 0.0)) == (n // 2) * n + n // 2  # the middle of the table
    assert q.cell(seen(-np.pi + 0.01, -8.0)) == 0
    assert q.cell(seen(-np.pi + 0.01, 8.0)) == n - 1  # the limit itself is in the last cell
    assert q.cell(seen(np.pi - 0.01, 8.0)) == n * n - 1
    assert q.cell(np.array([-1.0, 0.0, -8.0])) == q.cell(np.array([-1.0, -0.0, -8.0])) == 0
    for k in (1, 15, 30):
        below, above = (q.cell(seen(-np.pi + k * width + e, 0.0)) for e in (-1e-4, 1e-4))
        assert above - below == n
        below, above = (q.cell(seen(0.0, -8 + k * height + e)) for e in (-1e-4, 1e-4))
        assert above - below == 1


def test_one_state_and_many_give_the_same():
    q, rng = agent(), np.random.default_rng(0)
    q.table[:] = rng.normal(size=q.table.shape)
    states = observe(rng.uniform(-np.pi, np.pi, 50), rng.uniform(-8, 8, 50))
    actions = q.act(states)
    assert actions.shape == (50, 1)
    assert actions.dtype == np.float32
    for s, a in zip(states, actions, strict=True):
        assert q.act(s).shape == (1,)
        assert q.act(s) == a
        assert a == q.actions[q.table[q.cell(s)].argmax()]


@pytest.mark.parametrize(
    ("kind", "torques", "apart"),
    [(TabularQ, 5, 1), (TabularQ41, 41, 0.1), (TabularQ401, 401, 0.01)],
)
def test_the_torques(kind, torques, apart):
    q = agent(kind)
    assert q.table.shape == (31 * 31, torques)
    assert np.allclose(np.diff(2 * q.actions), apart)
    for k, a in enumerate(q.actions):
        q.observe(seen(0, 0), [a], 0.0, seen(0, 0), False, False)
        assert q.transition[1] == k


def test_exploration_fades():
    q = agent()
    q.table[:, 2] = 0.0  # the best is to do nothing
    s = seen(0, 0)
    tried = np.array([q.explore(s)[0] for _ in range(2_000)])
    assert 0.35 < (tried != 0).mean() < 0.45  # 0.5, less the fifth that hits it
    q.steps = q.epsilon_decay_steps
    assert not any(q.explore(s)[0] for _ in range(200))


@pytest.mark.parametrize("seed", range(3))
def test_it_finds_the_best_action(seed):
    env = BestActionAtTheTop()
    q = TabularQ(env, seed=seed)
    q.table[:] = 0.0
    train(env, q, 100)
    row = q.cell(env.state())
    assert q.act(env.state()) == 0.5
    assert np.allclose(q.table[row], -((q.actions - 0.5) ** 2), atol=0.01)


def test_it_values_what_never_ends():
    env = EndlessRewardAtTheTop()
    q = TabularQ(env, seed=0)
    q.table[:] = 0.0
    train(env, q, 3_000)
    assert q.table.max() == pytest.approx(100, rel=0.01)  # 1 / (1 - 0.99)


def test_the_same_seed_gives_the_same_table():
    tables = []
    for seed in (0, 0, 1):
        env = make_env(seed=seed)
        q = TabularQ(env, seed=seed)
        history = train(env, q, 500, [Evaluate(every=250)])
        assert history["gap"][0].tolist() == [250, 500]
        assert np.isfinite(evaluate(q.act)).all()
        tables.append(q.table)
    assert np.array_equal(tables[0], tables[1])
    assert not np.array_equal(tables[0], tables[2])


def test_other_environments_are_refused():
    with pytest.raises(ValueError, match="Pendulum-v1 only"):
        TabularQ(gym.make("MountainCarContinuous-v0"), seed=0)


def test_it_goes_on_from_its_state_dict():
    env, unbroken = make_env(seed=0), agent()
    train(env, unbroken, 400)
    first, second = agent(), agent(seed=1)
    env = make_env(seed=0)
    train(env, first, 200)  # one episode: the second call begins where the first one ended
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    train(env, second, 400)
    assert np.array_equal(second.table, unbroken.table)
    assert np.array_equal(second.history["return"], unbroken.history["return"])
    assert (first.steps, second.steps) == (200, 400)


def test_a_state_dict_is_no_view_of_the_agent():
    q = agent()
    state = q.state_dict()
    q.table[:] = 7.0
    other = agent(seed=1)
    other.load_state_dict(state)
    assert (other.table == q.start).all()
    other.table[:] = 8.0
    assert (state["table"] == q.start).all()


def test_a_file_can_hold_it(tmp_path):
    q = agent()
    train(make_env(seed=0), q, 250)
    write(q.state_dict(), tmp_path / "table")
    other = agent()
    other.load_state_dict(read(tmp_path / "table"))
    assert np.array_equal(other.table, q.table)
    assert other.explore(seen(1, 1)) == q.explore(seen(1, 1))


def test_it_says_what_it_was_made_with():
    recipe = replace(modern, gamma=0.9)
    q = TabularQ41(make_env(), seed=3, recipe=recipe)
    assert q.made_with == {"agent": TabularQ41, "seed": 3, "recipe": recipe}
    assert q.gamma == 0.9
