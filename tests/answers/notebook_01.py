"""Answers to the exercises of notebook 01."""

import gymnasium as gym
import numpy as np
from gymnasium.wrappers import RescaleAction

from answers.shared import EMPTY, changed
from helpers.checks import check_make_env, check_rescaling, check_returns
from helpers.environment import RescaledActions, make_env


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
CAR = "MountainCarContinuous-v0"
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
    (acting(lambda self, a: np.interp(a, [-1, 1], [self.low, self.high])), "one motor at a time"),
    (acting(lambda self, a: 2 * a), "every motor gets the range -2 to 2"),
    (acting(lambda self, a: (a + 1) / 2 * self.width), "it has to be added to `low`"),
    (
        acting(lambda self, a: self.low[0] + (a + 1) / 2 * self.width[0]),
        "every motor gets the range",
    ),
    (acting(lambda self, a: self.low + np.abs(a) * self.width), "-1 should become -2, not 2"),
    (acting(lambda self, a: self.low + np.round((a + 1) / 2) * self.width), "0 should become 0"),
    (OLD_SPACE, "its action_space should say"),
    (
        changed(Right, __init__=lambda self: setattr(self, "action_space", gym.spaces.Box(-1, 1))),
        "its action_space should say",
    ),
]


def made(env="Pendulum-v1", seed=None, **options):
    """The right answer."""
    if isinstance(env, str):
        env = gym.make(env, **options)
    env = RescaledActions(env)
    if seed is not None:
        env.reset(seed=seed)
    return env


def seeding(how):
    """The right answer with another way to use the seed."""

    def make(env="Pendulum-v1", seed=None, **options):
        env = made(env, **options)
        return how(env, seed) or env

    return make


class AlwaysSeeded(gym.Wrapper):
    def __init__(self, env, seed):
        super().__init__(env)
        self.first = seed

    def reset(self, **options):
        return self.env.reset(seed=self.first)


class SaysSo(gym.Wrapper):
    """It says that it takes actions in [-1, 1], and hands them on as they are."""

    def __init__(self, env):
        super().__init__(env)
        self.action_space = gym.spaces.Box(-1.0, 1.0, env.action_space.shape)


def seeded_first(env="Pendulum-v1", seed=None, **options):
    env = gym.make(env, **options) if isinstance(env, str) else env
    env.reset(seed=seed)
    return RescaledActions(env)


def plain(env="Pendulum-v1", seed=None, **options):
    env = gym.make(env, **options) if isinstance(env, str) else env
    env.reset(seed=seed)
    return env


def from_names_only(env="Pendulum-v1", seed=None, **options):
    return made(gym.make(env, **options), seed)


def ignoring_objects(env="Pendulum-v1", seed=None, **options):
    return made(env if isinstance(env, str) else CAR, seed, **options)


def rescaling_objects_only(env="Pendulum-v1", seed=None, **options):
    env = gym.make(env, **options) if isinstance(env, str) else RescaledActions(env)
    if seed is not None:
        env.reset(seed=seed)
    return env


def seeding_objects_only(env="Pendulum-v1", seed=None, **options):
    return made(env, **options) if isinstance(env, str) else made(env, seed)


def half_done(env="Pendulum-v1", seed=None, **options):
    if isinstance(env, str):
        env = gym.make(env, **options)
    env = ...
    return env


MAKING = [
    (made, "Right: it makes an environment or takes yours"),
    (make_env, "Right: "),
    (seeded_first, "Right: "),
    (seeding(lambda env, seed: env.reset(seed=seed) and None), "Right: "),
    *EMPTY,
    (half_done, "still to be written"),
    (seeding(lambda env, seed: None), "the seed has no effect on the starts"),
    (seeding(lambda env, seed: env.action_space.seed(seed) and None), "the seed has no effect"),
    (seeding(lambda env, seed: env.reset() and None), "the seed has no effect"),
    (seeding(AlwaysSeeded), "every episode gets a seed and starts alike"),
    (seeding(lambda env, seed: env.reset(seed=seed or None) and None), "seed 0 is ignored"),
    (seeding(lambda env, seed: env.reset(seed=seed or 0) and None), "without a seed it takes 0"),
    (seeding(lambda env, seed: env.reset(seed=seed)), "it gave back what `reset` answers"),
    (seeding(lambda env, seed: seed is not None and env.reset(seed=seed)), "what `reset` answers"),
    (lambda env, seed=None, **options: env, "it gave back a str, not an environment"),
    (lambda env, seed=None, **options: made(seed=seed, **options), "it made Pendulum-v1: use the"),
    (lambda env, seed=None, **options: made(env, seed), "g=3.7 had no effect"),
    (lambda env, seed=None: made(env, seed), "it raised TypeError"),
    (from_names_only, "given an environment that is made already, it raised "),
    (ignoring_objects, "it ignored the environment"),
    (plain, "its actions aren't rescaled"),
    (rescaling_objects_only, "its actions aren't rescaled"),
    (seeding_objects_only, "the seed has no effect on the starts"),
    (lambda env, seed=None, **options: SaysSo(plain(env, seed, **options)), "reach the machine as"),
    (lambda *of, **options: made(*of, **options).unwrapped, "its actions aren't rescaled"),
]
ANSWERS = {check_returns: RETURNS, check_rescaling: RESCALING, check_make_env: MAKING}
