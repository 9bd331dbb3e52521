"""Checks of notebook 11: probes, the learner's own tests, which must tell right from wrong."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import gymnasium as gym
import numpy as np

from helpers.agent import DDPG
from helpers.checks.verdicts import check, given
from helpers.environment import make_env
from helpers.recipes import modern
from helpers.training import train
from helpers.variants.bugs import (
    DDPGWithCleanAction,
    DDPGWithNextStateAsState,
    env_with_one_start,
)


def probe_complaint(probe: Callable, right: Sequence, wrong: Sequence) -> str | None:
    """What is wrong with a probe that should say True to each of `right`, False to each of `wrong`.

    Both hold pairs: a function that makes the subject, and what it is.
    """
    for expected, subjects in ((True, right), (False, wrong)):
        for make, words in subjects:
            said = bool(given(probe(make())))
            if said is not expected:
                return f"it says {said} of {words}."
    return None


class OneStart(gym.Wrapper):
    """An environment that always starts where seed 3 starts."""

    def reset(self, *, seed=None, options=None):
        """Start an episode: always the same one."""
        return super().reset(seed=3, options=options)


@check
def check_start_probe(probe: Callable) -> str | None:
    """your probe passes an environment with many starts and catches those with one."""
    right = [(partial(make_env, seed=seed), "an environment with many starts") for seed in (0, 1)]
    wrong = [
        (partial(env_with_one_start, seed=7), "an environment with one start"),
        (lambda: OneStart(make_env()), "an environment with one start, made in another way"),
    ]
    return probe_complaint(probe, right, wrong)


@check
def check_memory_probe(probe: Callable) -> str | None:
    """your probe passes a sound memory and catches one row that doesn't lead to the next."""
    right = [
        (partial(acted, DDPG, 150), "the right agent in the middle of its first episode"),
        (partial(acted, DDPG, 250), "the right agent, whose first episode ends at row 199"),
        (partial(acted, DDPG, 450), "the right agent after two whole episodes"),
    ]
    wrong = [
        (partial(acted, DDPGWithNextStateAsState, 150), "the mistaken one"),
        (shuffled, "a memory whose rows are shuffled"),
        (partial(standing, slice(100, 140)), "a memory that is sound up to row 100"),
        (partial(standing, slice(300, 301)), "a memory with one wrong row in its second episode"),
        (
            partial(standing, slice(None), columns=slice(2, 3)),
            "a memory in which only the velocity is wrong",
        ),
        (
            partial(standing, slice(None), columns=slice(2)),
            "a memory in which only the angle is wrong",
        ),
    ]
    return probe_complaint(probe, right, wrong)


@check
def check_last_probe(probe: Callable) -> str | None:
    """your probe passes sound agents, good or bad, and catches patient E and its like."""
    right = [  # the first never gets up to full speed
        (partial(acted, DDPG, 700, seed=2), "a sound agent that has acted at random"),
        (partial(acted, Spinner, 700), "a sound agent that spins at full speed"),
        (partial(acted, DDPG, 700, random_steps=500), "a sound agent that acts with noise"),
    ]
    wrong = [
        (partial(acted, DDPGWithCleanAction, 700, random_steps=500), "patient E"),
        (exchanged, "an agent with patient E's mistake, made in another way"),
    ]
    return probe_complaint(probe, right, wrong)


class Spinner(DDPG):
    """An agent that pushes along the motion, up to the speed limit."""

    def explore(self, state: np.ndarray) -> np.ndarray:
        """Full torque, in the direction of the velocity."""
        return np.sign(state[2:])


def acted(kind: type, steps: int, random_steps: int = 10_000, seed: int = 0) -> DDPG:
    """An agent that has acted, so that there is something in its memory; it never learns."""
    env = make_env(seed=seed)
    recipe = replace(modern, learning_starts=random_steps, buffer_size=10_000)
    agent = kind(env, seed=seed, recipe=recipe)
    agent.first_update = np.inf
    train(env, agent, steps)
    return agent


def held(agent: DDPG) -> np.ndarray:
    """The rows of its memory that are filled."""
    return agent.buffer.rows[: len(agent.buffer)]


def shuffled() -> DDPG:
    """An agent whose memory holds sound transitions, of which none leads to the next."""
    agent = acted(DDPG, 150)
    held(agent)[:] = held(agent)[::-1].copy()
    return agent


def standing(rows: slice, columns: slice = slice(3)) -> DDPG:
    """An agent in whose memory some rows, or some columns of them, begin where they end."""
    agent = acted(DDPG, 450)
    some = held(agent)[rows]
    some[:, :3][:, columns] = some[:, 5:8][:, columns]
    return agent


def exchanged() -> DDPG:
    """An agent in whose memory each action was done a step later."""
    agent = acted(DDPG, 700, random_steps=500)
    held(agent)[:, 3] = np.roll(held(agent)[:, 3], 1)
    return agent
