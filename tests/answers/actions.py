"""Answers to the exercise on rescaled actions."""

import gymnasium as gym
import numpy as np
from gymnasium.wrappers import RescaleAction

from helpers.checks import check_rescaling


class Right(gym.ActionWrapper):
    def __init__(self, env):
        super().__init__(env)
        self.low, self.high = env.action_space.low, env.action_space.high
        self.action_space = gym.spaces.Box(-1.0, 1.0, env.action_space.shape)

    def action(self, a):
        return self.low + (a + 1) / 2 * (self.high - self.low)


def library(env):
    return RescaleAction(env, np.float32(-1), np.float32(1))


class Dots(Right):
    def action(self, a):
        return ...


class Nothing(Right):
    def action(self, a):
        pass


class NotRescaled(Right):
    def action(self, a):
        return a


class Unwrapped(gym.Wrapper):
    pass


class TimesHigh(Right):
    def action(self, a):
        return a * self.high


class FromZero(Right):
    def action(self, a):
        return self.low + a * (self.high - self.low)


class MiddleNotHalved(Right):
    def action(self, a):
        return self.low + self.high + a * (self.high - self.low) / 2


class TooWide(Right):
    def action(self, a):
        return (self.low + self.high) / 2 + a * (self.high - self.low)


class UpsideDown(Right):
    def action(self, a):
        return self.high - (a + 1) / 2 * (self.high - self.low)


class Clipped(Right):
    def action(self, a):
        return np.clip(a, self.low, self.high)


class OneForBoth(Right):
    def action(self, a):
        return super().action(a)[:1]


class Squared(Right):
    def action(self, a):
        return super().action(a) ** 2


class Twice(Right):
    def action(self, a):
        return 2 * a


class WithoutLow(Right):
    def action(self, a):
        return (a + 1) / 2 * (self.high - self.low)


class OldSpace(Right):
    def __init__(self, env):
        super().__init__(env)
        self.action_space = env.action_space


ROWS = [
    (Right, "Right: -1 becomes the lowest action"),
    (library, "Right: -1 becomes the lowest action"),
    (Dots, "still to be written"),
    (Nothing, "still to be written"),
    (NotRescaled, "the actions are not rescaled", "actions that are not rescaled"),
    (Unwrapped, "the actions are not rescaled", "actions that are not rescaled"),
    (TimesHigh, "right for the pendulum"),
    (FromZero, "0 becomes the lowest"),
    (MiddleNotHalved, "(low + high) / 2"),
    (TooWide, "twice too wide"),
    (UpsideDown, "upside down"),
    (Clipped, "cuts actions off"),
    (OneForBoth, "became one of the shape (1,)"),
    (Squared, "where the range is -2 to 2, -1 should become -2, not 4"),
    (Twice, "2 is the pendulum's strength"),
    (WithoutLow, "it has to be added to `low`"),
    (OldSpace, "its action_space should say"),
]
ANSWERS = [(check_rescaling, *row) for row in ROWS]
