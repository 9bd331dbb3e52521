"""Answers to the exercises of notebook 01."""

import gymnasium as gym
import numpy as np
from gymnasium.wrappers import RescaleAction

from answers.shared import EMPTY, changed
from helpers.checks import check_rescaling, check_returns


def right(rewards, gamma):
    found, to_come = [], 0.0
    for r in reversed(rewards):
        to_come = r + gamma * to_come
        found.append(to_come)
    return np.array(found[::-1])


def in_place(rewards, gamma):
    for t in reversed(range(len(rewards) - 1)):
        rewards[t] += gamma * rewards[t + 1]
    return rewards


def three_dots(rewards, gamma):
    found = np.zeros(len(rewards))
    found[-1] = ...
    return found


RETURNS = [
    (right, "Right: each step gets its own reward"),
    (lambda r, g: right(r, g).tolist(), "Right: each step gets its own reward"),
    *EMPTY,
    (three_dots, "Not yet: your code is still to be written"),
    (lambda r, g: g * ..., "Not yet: your code is still to be written"),
    (lambda r, g: r + g * r[len(r)], "Not yet: it asked for a step that isn't there"),
    (in_place, "Not yet: it changed the rewards"),
    (lambda r, g: right(r, g)[0], "Not yet: it gave one number"),
    (lambda r, g: right(r, g)[:1], "Not yet: for 4 rewards the answer has shape (1,), not (4,)"),
    (lambda r, g: r, "Not yet: it gave the rewards themselves"),
    (lambda r, g: right(r, 1.0), "Not yet: it added the rewards without γ"),
    (lambda r, g: right(r, g)[::-1], "Not yet: the sums are right, but in reversed order"),
    (lambda r, g: right(r[::-1], g)[::-1], "Not yet: it added what has been"),
    (lambda r, g: right(r, g) - r, "Not yet: it left out the step's own reward"),
    (lambda r, g: np.append(right(r, g)[1:], 0.0), "Not yet: it is off by one"),
    (lambda r, g: g * right(r, g), "Not yet: γ is in it once too often"),
    (lambda r, g: g ** np.arange(len(r)) * right(r, g), "it discounts from the start"),
    (lambda r, g: right(r, g)[0] + 0 * r, "Not yet: every step has the sum of the first"),
    (lambda r, g: 7 * r, "Not yet: for the rewards [-1.0, -5.0, 2.0, -3.0] and γ = 0.5"),
    (lambda r, g: right(r, 0.5), "Not yet: it is right for γ = 0.5, but not"),
]


class Right(gym.ActionWrapper):
    def __init__(self, env):
        super().__init__(env)
        self.low, self.high = env.action_space.low, env.action_space.high
        self.width = self.high - self.low
        self.action_space = gym.spaces.Box(-1.0, 1.0, env.action_space.shape)

    def action(self, a):
        return self.low + (a + 1) / 2 * self.width


def acting(action):
    """The wrapper with another rule for its actions."""
    return changed(Right, action=action)


OLD_SPACE = changed(
    Right, __init__=lambda self: setattr(self, "action_space", self.env.action_space)
)
UNTOUCHED = "the actions are not rescaled", "actions that are not rescaled"
RESCALING = [
    (Right, "Right: -1 becomes the lowest action"),
    (lambda env: RescaleAction(env, np.float32(-1), np.float32(1)), "Right: -1 becomes"),
    *((acting(method), words) for method, words in EMPTY),
    (acting(lambda self, a: a), *UNTOUCHED),
    (gym.Wrapper, *UNTOUCHED),
    (acting(lambda self, a: a * self.high), "right for the pendulum"),
    (acting(lambda self, a: self.low + a * self.width), "0 becomes the lowest"),
    (acting(lambda self, a: self.low + self.high + a * self.width / 2), "(low + high) / 2"),
    (acting(lambda self, a: (self.low + self.high) / 2 + a * self.width), "twice too wide"),
    (acting(lambda self, a: self.high - (a + 1) / 2 * self.width), "upside down"),
    (acting(lambda self, a: np.clip(a, self.low, self.high)), "it clips actions"),
    (acting(lambda self, a: Right.action(self, a)[:1]), "becomes has shape (1,), not (2,)"),
    (
        acting(lambda self, a: Right.action(self, a) ** 2),
        "where the range is -2 to 2, -1 should become -2, not 4",
    ),
    (acting(lambda self, a: 2 * a), "2 is the pendulum's strength"),
    (acting(lambda self, a: (a + 1) / 2 * self.width), "it has to be added to `low`"),
    (OLD_SPACE, "its action_space should say"),
]
ANSWERS = {check_returns: RETURNS, check_rescaling: RESCALING}
