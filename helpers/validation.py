"""Clear words for bad input, before any time is spent on it."""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from numbers import Integral

import gymnasium as gym
import numpy as np
from gymnasium.error import DependencyNotInstalled, DeprecatedEnv, UnregisteredEnv
from gymnasium.spaces import Box


def check_is_environment(env) -> None:
    """Raise a ValueError unless it is an environment of gymnasium."""
    if not isinstance(env, gym.Env):
        raise ValueError(
            f"{type(env).__name__} is no environment of gymnasium: wrap an environment of the old "
            'gym with shimmy, as in gymnasium.make("GymV21Environment-v0", env=env).'
        )


def check_actions(env: gym.Env) -> None:
    """Raise a ValueError unless its actions are a vector of numbers with finite bounds."""
    space = env.action_space
    if not isinstance(space, Box):
        raise ValueError(
            f"DDPG needs continuous actions (a Box), but this environment's are {space}: "
            "choose another environment, or a method for discrete actions such as DQN."
        )
    if len(space.shape) != 1:
        raise ValueError(
            f"DDPG needs actions that are vectors, but these are {space}: flatten them first, with "
            "a gymnasium.ActionWrapper."
        )
    if not (np.isfinite(space.low).all() and np.isfinite(space.high).all()):
        raise ValueError(
            f"DDPG needs actions with finite bounds, but these are {space}: give them "
            "bounds, with a gymnasium.ActionWrapper, or choose another environment."
        )


def sizes(env: gym.Env) -> tuple[int, int]:
    """How many numbers a state and an action hold; a ValueError unless DDPG can act there."""
    check_is_environment(env)
    check_actions(env)
    action, state = env.action_space, env.observation_space
    if isinstance(state, Box) and len(state.shape) > 1:
        raise ValueError(
            f"DDPG's dense networks need states that are vectors, but these are images of shape "
            f"{state.shape}: flatten them, with gymnasium.wrappers.FlattenObservation, or choose "
            "an environment whose states are vectors."
        )
    if not isinstance(state, Box) or len(state.shape) != 1:
        raise ValueError(
            f"DDPG's dense networks need states that are vectors, but these are {state}: "
            "flatten them first, with gymnasium.wrappers.FlattenObservation."
        )
    if not (np.allclose(action.low, -1) and np.allclose(action.high, 1)):
        raise ValueError(
            f"DDPG acts in [-1, 1], but this environment's actions are {action}: "
            "make it with helpers.environment.make_env, which rescales them."
        )
    return state.shape[0], action.shape[0]


@contextmanager
def explained(env_id: str) -> Iterator[None]:
    """Say clearly why gymnasium cannot make an environment: its name, or what is not installed."""
    try:
        yield
    except (UnregisteredEnv, DeprecatedEnv) as error:
        names = {name.lower(): name for name in gym.registry}
        close = get_close_matches(env_id.lower(), names, n=3, cutoff=0.4) or ["pendulum-v1"]
        raise ValueError(
            f"gymnasium has no environment {env_id!r}: take one of its own, such as "
            f"{' or '.join(names[name] for name in close)}, or import yours first."
        ) from error
    except (DependencyNotInstalled, ModuleNotFoundError) as error:
        commands = re.findall("`(pip install .+?)`", str(error)) or [
            f"pip install {env_id.partition(':')[0]}"
        ]
        raise ModuleNotFoundError(
            f"{env_id} needs a package that is not installed: run {', then '.join(commands)}."
        ) from error


def whole(number) -> bool:
    """Whether it is a whole number, 1 or more."""
    return isinstance(number, Integral) and number >= 1


def check_steps(steps) -> None:
    """Raise a ValueError unless a number of steps is a whole one, 0 or more."""
    if not isinstance(steps, Integral) or isinstance(steps, bool) or steps < 0:
        raise ValueError(f"The steps to train must be a whole number, 0 or more, not {steps!r}.")


def check_finite(step: int, diagnostics: dict[str, float]) -> None:
    """Raise a ValueError where a loss, or whatever else the agent reports, is no finite number."""
    for name, value in diagnostics.items():
        if not math.isfinite(value):
            raise ValueError(
                f"At step {step:,} {name} became {value}: lower the learning rates or the reward's "
                "scale, and start anew or from the last checkpoint."
            )


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
