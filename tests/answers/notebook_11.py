"""Answers to the exercises of notebook 11."""

import numpy as np
import torch

from answers.shared import EMPTY
from helpers.agent import DDPG
from helpers.checks import check_last_probe, check_memory_probe, check_start_probe
from helpers.pendulum import MAX_TORQUE, TIME_STEP, accelerate, reward
from helpers.variants import SameSeed
from helpers.variants.bugs import DDPGWithCleanAction


def start_probe(env):
    return not np.array_equal(env.reset()[0], env.reset()[0])


def same_fixed_start(env):
    """Resets with a seed of its own, so each start is the same."""
    return not np.array_equal(env.reset(seed=0)[0], env.reset(seed=0)[0])


def many_starts(env):
    return len({tuple(env.reset()[0]) for _ in range(5)}) > 1


def held(agent):
    return agent.buffer.rows[: len(agent.buffer)]


def leads_on(agent):
    rows = held(agent)
    return (rows[:-1, 5:8] == rows[1:, :3]).all(axis=1)


def excusing(rows):
    """A probe of the memory that forgives some rows."""

    def probe(agent):
        expected = leads_on(agent)
        expected[rows] = True
        return expected.all()

    return probe


def as_many_as_episodes(agent):
    return (~leads_on(agent)).sum() <= len(agent.buffer) // 200


def only_something_moved(agent):
    """Asks whether s' differs from s, and not where it leads."""
    rows = held(agent)
    return (rows[:, :3] != rows[:, 5:8]).any(axis=1).all()


def only_the_angle(agent):
    rows = held(agent)
    expected = (rows[:-1, 5:7] == rows[1:, :2]).all(axis=1)
    expected[199::200] = True
    return expected.all()


def only_the_velocity(agent):
    rows = held(agent)
    expected = rows[:-1, 7] == rows[1:, 2]
    expected[199::200] = True
    return expected.all()


def columns(agent):
    return held(agent)[:, [0, 1, 2, 3, 4, 7]].astype(np.float64).T


def explains_velocity(agent):
    cos, sin, velocity, action, _, later = columns(agent)
    expected = accelerate(np.arctan2(sin, cos), velocity, MAX_TORQUE * action)
    return np.allclose(expected, later, atol=1e-3)


def explains_later_velocities(agent):
    cos, sin, velocity, action, _, later = columns(agent)[:, 500:]
    expected = accelerate(np.arctan2(sin, cos), velocity, MAX_TORQUE * action)
    return np.abs(expected - later).max() < 1e-3


def torque_within_the_limit(agent):
    """Works out the torque, and forgives the rows that are at full speed."""
    _, sin, velocity, action, _, later = columns(agent)
    torque = ((later - velocity) / TIME_STEP - 15 * sin) / 3
    return np.all((np.abs(later) == 8) | (np.abs(torque / MAX_TORQUE - action) < 1e-3))


def torque_at_any_speed(agent):
    _, sin, velocity, action, _, later = columns(agent)
    torque = ((later - velocity) / TIME_STEP - 15 * sin) / 3
    return np.allclose(torque / MAX_TORQUE, action, atol=1e-3)


def explains_reward(agent):
    cos, sin, velocity, action, r, _ = columns(agent)
    expected = reward(np.arctan2(sin, cos), velocity, MAX_TORQUE * action)
    return np.allclose(agent.recipe.reward_scale * expected, r, atol=1e-6)


@torch.no_grad()
def not_what_the_actor_proposes(agent):
    """Asks whether the stored actions are the actor's own."""
    rows = torch.from_numpy(held(agent))
    own = torch.isclose(agent.actor(rows[:, :3]), rows[:, 3:4], atol=1e-3)
    return own.float().mean() < 0.1


BAD = [
    *EMPTY,
    (lambda subject: True, "it says True of"),
    (lambda subject: False, "it says False of"),
    (lambda subject: 1 / 0, "it raised ZeroDivisionError"),
]
ANSWERS = {
    check_start_probe: [
        (start_probe, "Right: your probe passes"),
        (many_starts, "Right: "),
        (lambda env: env.reset()[0].shape == (3,), "says True of an environment with one start"),
        (lambda env: not isinstance(env, SameSeed), "with one start, made in another way"),
        (same_fixed_start, "says False of an environment with many starts"),
        *BAD,
    ],
    check_memory_probe: [
        (excusing(slice(199, None, 200)), "Right: your probe passes"),
        (as_many_as_episodes, "Right: "),
        (excusing([]), "says False of the right agent, whose first episode"),
        (
            lambda agent: excusing(199)(agent) if len(agent.buffer) > 200 else excusing([])(agent),
            "says False of the right agent after two whole episodes",
        ),
        (lambda agent: leads_on(agent)[0], "says True of a memory that is sound up to row 100"),
        (lambda agent: leads_on(agent)[:199].all(), "one wrong row in its second episode"),
        (lambda agent: leads_on(agent).mean() > 0.98, "one wrong row in its second episode"),
        (only_something_moved, "says True of a memory whose rows are shuffled"),
        (only_the_angle, "only the velocity is wrong"),
        (only_the_velocity, "only the angle is wrong"),
        *BAD,
    ],
    check_last_probe: [
        (explains_velocity, "Right: your probe passes sound agents"),
        (explains_later_velocities, "Right: "),
        (torque_within_the_limit, "Right: "),
        (explains_reward, "Right: "),
        (torque_at_any_speed, "says False of a sound agent that spins at full speed"),
        (excusing(slice(199, None, 200)), "says True of patient E"),
        (lambda agent: type(agent) is DDPG, "says False of a sound agent that spins"),
        (
            lambda agent: not isinstance(agent, DDPGWithCleanAction),
            "patient E's mistake, made in another way",
        ),
        (not_what_the_actor_proposes, "patient E's mistake, made in another way"),
        (lambda agent: np.abs(held(agent)[:150, 3]).mean() > 0.4, "says True of patient E"),
        *BAD,
    ],
}
