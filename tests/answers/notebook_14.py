"""Answers to the exercises of notebook 14."""

import gymnasium as gym
import numpy as np

from answers.shared import changed
from helpers.checks import check_driver, check_shaping


def along(strength):
    return lambda states: strength * np.where(states[:, 1:] >= 0, 1.0, -1.0)


def in_proportion(states):
    return np.clip(0.4 * states[:, 1:] + 0.02 * np.sign(states[:, 1:]), -1, 1)


DRIVERS = [
    (in_proportion, "Right: your driver reaches the flag"),
    (lambda states: ..., "still to be written"),
    (along(1.0), "earns 89."),
    (along(0.18), "earns 98.8"),
    (lambda states: 0.3 * states[:, 1:], "too weak, at least while the car is slow"),
    (along(-1.0), "against the motion"),
    (along(0.1), "too weak"),
    (along(0.0), "too weak"),
    (lambda states: np.ones((len(states), 1)), "0 of 20 starts: it pushes to one side"),
    (lambda states: along(0.2)(states)[:, 0], "(20, 1)"),
    (along(3.0), "not one of size 3"),
]


class Right(gym.Wrapper):
    def __init__(self, env, potential, gamma=0.99):
        super().__init__(env)
        self.potential, self.gamma = potential, gamma

    def reset(self, **options):
        self.state, info = self.env.reset(**options)
        return self.state, info

    def step(self, action):
        state, reward, terminated, truncated, info = self.env.step(action)
        reward += self.pay(state, terminated, truncated)
        self.keep(state)
        return state, reward, terminated, truncated, info

    def keep(self, state):
        self.state = state

    def pay(self, state, terminated, truncated):
        after = 0.0 if terminated else self.gamma * self.potential(state)
        return after - self.potential(self.state)


class NoReset(Right):
    def reset(self, **options):
        state, info = self.env.reset(**options)
        if not hasattr(self, "state"):
            self.state = state
        return state, info


class PayAlone(Right):
    def step(self, action):
        state, _, *flags, info = self.env.step(action)
        reward = self.pay(state, *flags)
        self.keep(state)
        return state, reward, *flags, info


class EndsItself(Right):
    def step(self, action):
        state, reward, _, truncated, info = super().step(action)
        return state, reward, True, truncated, info


def paying(pay):
    """The wrapper with another pay for the next state, `terminated` and `truncated`."""
    return changed(Right, pay=pay)


SHAPED = [
    (Right, "Right: what is paid adds up"),
    (paying(lambda env, *seen: 0.0), "still to be written"),
    (paying(lambda env, *seen: -Right.pay(env, *seen)), "the sign"),
    (changed(Right, __init__=lambda env: setattr(env, "gamma", 1.0)), "multiply it by gamma"),
    (
        paying(lambda env, state, end, cut: Right.pay(env, state, False, cut)),
        "there is no next state",
    ),
    (
        paying(lambda env, state, end, cut: Right.pay(env, state, end or cut, cut)),
        "only `terminated`",
    ),
    (changed(Right, keep=lambda env, state: None), "keep the state"),
    (
        paying(lambda env, *seen: Right.pay(env, *seen) + env.potential(env.state)),
        "not its change",
    ),
    (paying(lambda env, *seen: 2 * Right.pay(env, *seen)), "at the first step it pays"),
    (PayAlone, "own reward is gone"),
    (NoReset, "at step 1 of a later episode"),
    (EndsItself, "only the reward may change"),
]
ANSWERS = {check_driver: DRIVERS, check_shaping: SHAPED}
