"""A fully known environment, to see what a learner's code makes of it."""

from collections.abc import Callable, Sequence

import gymnasium as gym
import numpy as np


class Overrun(Exception):
    """A step was asked for after the end of an episode; it holds the two flags."""


class World(gym.Env):
    """An environment whose states and rewards follow from its episode, time, seeds and action.

    `state` gives the numbers of the state, and `reward` the reward for a step from there. The
    episodes, counted from 0, end as `ends` says in turn: (steps, terminated, truncated).
    """

    observation_space = gym.spaces.Box(-np.inf, np.inf, (1,))
    action_space = gym.spaces.Box(-1, 1, (1,))

    def __init__(self, state: Callable, reward: Callable, ends: Sequence[tuple[int, bool, bool]]):
        self.numbers, self.reward, self.ends = state, reward, ends
        self.episode, self.time, self.flags, self.seeds = -1, 0, (False, True), []

    def state(self) -> np.ndarray:
        """The state, (state_dim,)."""
        return np.array(self.numbers(self), dtype=np.float32)

    def reset(self, *, seed=None, options=None):
        """The first state of the next episode."""
        self.episode, self.time, self.flags = self.episode + 1, 0, (False, False)
        self.seeds.append(seed)
        return self.state(), {}

    def step(self, action):
        """The next state, the reward, and the two flags; Overrun after the end."""
        if any(self.flags):
            raise Overrun(*self.flags)
        self.told = np.asarray(action)
        reward = float(self.reward(self))
        self.time += 1
        steps, *flags = self.ends[self.episode % len(self.ends)]
        self.flags = flags if self.time == steps else (False, False)
        return self.state(), reward, *self.flags, {}
