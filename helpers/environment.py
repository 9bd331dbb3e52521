"""Environments: any continuous-action gymnasium environment, actions rescaled to [-1, 1]."""

from operator import index

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs

from helpers.validation import check_actions, check_screen


class RescaledActions(gym.ActionWrapper, RecordConstructorArgs):
    """The same environment with actions in [-1, 1]: -1 is its lowest action, 1 its highest."""

    def __init__(self, env: gym.Env):
        self.box = check_actions(env)  # the environment's own actions
        RecordConstructorArgs.__init__(self)  # so that env.spec can rebuild the wrapper
        super().__init__(env)
        self.action_space = gym.spaces.Box(-1.0, 1.0, self.box.shape, np.float32)

    def action(self, action: np.ndarray) -> np.ndarray:
        """The environment's own action, never outside its bounds, and of its dtype."""
        box = self.box
        middle, reach = box.low / 2 + box.high / 2, box.high / 2 - box.low / 2
        return np.clip(middle + action * reach, box.low, box.high).astype(box.dtype)


def make_env(env: str | gym.Env = "Pendulum-v1", seed: int | None = None, **options) -> gym.Env:
    """A gymnasium environment, by its name or as an object, with actions rescaled to [-1, 1].

    `seed` fixes the sequence of start states: call `env.reset()` without a seed from then on, or
    every episode starts in the same state. `options` go to `gym.make`, and only with a name.
    Raises ValueError if DDPG can't act there, and gymnasium's errors if it can't make it.
    """
    if isinstance(env, str):
        env = gym.make(env, **options)
    elif options:
        raise ValueError(
            f"{', '.join(options)}: options need an environment's name, not an object."
        )
    env = RescaledActions(env)  # raises ValueError if DDPG can't act there
    check_screen(env.render_mode)
    if seed is not None:
        env.reset(seed=index(seed))  # index: numpy's integers, too
    return env
