"""Environments: any continuous-action gymnasium environment, actions rescaled to [-1, 1]."""

import gymnasium as gym
import numpy as np
from gymnasium.wrappers import RescaleAction

from helpers.validation import check_actions, explained


def make_env(env_id: str = "Pendulum-v1", seed: int | None = None, **options) -> gym.Env:
    """The gymnasium environment `env_id`, with every action rescaled to [-1, 1].

    `seed` fixes the sequence of start states: call `env.reset()` without a seed from then on,
    or every episode starts in the same state. `options` go to `gym.make`.
    """
    with explained(env_id):  # an unknown name, a missing package
        env = gym.make(env_id, **options)
    check_actions(env)
    env = RescaleAction(env, np.float32(-1), np.float32(1))
    env.reset(seed=seed)
    return env
