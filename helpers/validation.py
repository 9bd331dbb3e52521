"""Clear words for bad input, before any time is spent on it."""

from numbers import Integral

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box


def sizes(env: gym.Env) -> tuple[int, int]:
    """How many numbers a state and an action hold; a ValueError unless DDPG can act there."""
    action, state = env.action_space, env.observation_space
    if not isinstance(action, Box):
        raise ValueError(
            f"DDPG needs continuous actions (a Box), but this environment's are {action}: "
            "choose another environment, or a method for discrete actions such as DQN."
        )
    if not isinstance(state, Box) or len(state.shape) != 1:
        raise ValueError(
            f"DDPG's dense networks need states that are vectors, but these are {state}: "
            "flatten them first, with gymnasium.wrappers.FlattenObservation."
        )
    if len(action.shape) != 1:
        raise ValueError(f"DDPG needs actions that are vectors, but these are {action}.")
    if not (np.allclose(action.low, -1) and np.allclose(action.high, 1)):
        raise ValueError(
            f"DDPG acts in [-1, 1], but this environment's actions are {action}: "
            "make it with helpers.environment.make_env, which rescales them."
        )
    return state.shape[0], action.shape[0]


def whole(number) -> bool:
    """Whether it is a whole number, 1 or more."""
    return isinstance(number, Integral) and number >= 1


def check_recipe(recipe) -> None:
    """Raise a ValueError that names the first setting out of its range."""
    rules = {
        "actor_rate": (recipe.actor_rate > 0, "above 0"),
        "critic_rate": (recipe.critic_rate > 0, "above 0"),
        "weight_decay": (recipe.weight_decay >= 0, "0 or more"),
        "gamma": (0 <= recipe.gamma <= 1, "between 0 and 1"),
        "tau": (0 < recipe.tau <= 1, "above 0 and at most 1"),
        "batch_size": (whole(recipe.batch_size), "a whole number, 1 or more"),
        "memory": (
            whole(recipe.memory) and recipe.memory >= recipe.batch_size,
            f"a whole number, at least the batch of {recipe.batch_size}",
        ),
        "warmup": (whole(recipe.warmup), "a whole number, 1 or more: one must have seen something"),
        "sigma": (recipe.sigma >= 0, "0 or more"),
        "decay_steps": (recipe.decay_steps is None or recipe.decay_steps > 0, "above 0, or None"),
        "half_rate_steps": (
            recipe.half_rate_steps is None or recipe.half_rate_steps > 0,
            "above 0, or None",
        ),
        "actor_epsilon": (recipe.actor_epsilon > 0, "above 0"),
        "reward_scale": (recipe.reward_scale > 0, "above 0"),
        "average": (recipe.average == 0 or recipe.average >= 1, "0, or 1 or more"),
    }
    for name, (holds, words) in rules.items():
        if not holds:  # NaN fails every comparison, so it is caught as well
            raise ValueError(
                f"The recipe's {name} must be {words}, but it is {getattr(recipe, name)}."
            )
