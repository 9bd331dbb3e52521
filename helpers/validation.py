"""One clear sentence for bad input: what is wrong, what was expected, and what to do."""

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box

RULES = [  # of a recipe: settings, what they must be, and when they are
    ("actor_lr critic_lr actor_adam_eps reward_scale", "above 0", lambda x: 0 < x < math.inf),
    ("weight_decay sigma", "0 or more", lambda x: 0 <= x < math.inf),
    ("gamma", "between 0 and 1", lambda x: 0 <= x <= 1),
    ("tau", "above 0 and at most 1", lambda x: 0 < x <= 1),
    ("average", "0, or 1 or more", lambda x: x == 0 or 1 <= x < math.inf),
    ("noise_decay_steps lr_decay_steps", "above 0, or None", lambda x: x > 0),
    ("batch_size learning_starts buffer_size", "a whole number above 0", lambda x: whole(x) and x),
    ("noise", "a class that makes noise, not an object", lambda x: not hasattr(type(x), "reset")),
]


def check_recipe(recipe) -> None:
    """Make numpy's numbers plain, and raise a ValueError for the first setting out of range."""
    for name, value in vars(recipe).items():
        if isinstance(value, np.generic):  # a file holds plain numbers only
            object.__setattr__(recipe, name, value.item())
    for names, words, holds in RULES:
        for name in names.split():
            value = getattr(recipe, name)
            if value is None and words.endswith("None"):
                continue
            number = name == "noise" or isinstance(value, int | float)
            if not (number and holds(value)):  # NaN fails every comparison, so it is caught as well
                raise ValueError(f"The recipe's {name} must be {words}, but it is {value!r}.")
    if not recipe.batch_size <= recipe.learning_starts <= recipe.buffer_size:
        raise ValueError(
            "A recipe needs batch_size <= learning_starts <= buffer_size, but these are "
            f"{recipe.batch_size}, {recipe.learning_starts} and {recipe.buffer_size}."
        )


def whole(number: object) -> bool:
    """Whether it is a whole number, 0 or more (True and False are none)."""
    return isinstance(number, int | np.integer) and type(number) is not bool and int(number) >= 0


def check_steps(steps, what: str = "The steps to train", least: int = 0) -> None:
    """Raise a ValueError unless `steps`, called `what`, is a whole number, `least` or more."""
    if not whole(steps) or steps < least:
        raise ValueError(f"{what} must be a whole number, {least} or more, not {steps!r}.")


def check_finite(step: int, diagnostics: dict[str, float]) -> None:
    """Raise a ValueError if a loss, or whatever else the agent reports, isn't finite."""
    for name, value in diagnostics.items():
        if not math.isfinite(value):
            raise ValueError(
                f"At step {step:,} {name} became {value}: lower the learning rates or "
                "reward_scale, and start again or from the last checkpoint."
            )


def check_screen(render_mode: str | None) -> None:
    """Raise a ValueError for a window where no screen is, since SDL would abort the process."""
    ways = {"DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"}
    screen = sys.platform != "linux" or ways & os.environ.keys()
    if render_mode == "human" and not screen:
        raise ValueError('render_mode="human" needs a screen, and there is none: use "rgb_array".')


def check_actions(env: gym.Env) -> Box:
    """The space of actions; raises ValueError unless they are vectors of floats with bounds."""
    if not isinstance(env, gym.Env):
        raise ValueError(
            f"A {type(env).__name__} isn't a single gymnasium environment: make one with make_env, "
            'or wrap an old gym environment with shimmy, gym.make("GymV21Environment-v0", env=env).'
        )
    space = env.action_space
    if not isinstance(space, Box):
        raise ValueError(
            f"DDPG needs continuous actions (a Box), but these are {space}: choose another "
            "environment, or an algorithm for discrete actions such as DQN."
        )
    if len(space.shape) != 1 or not np.issubdtype(space.dtype, np.floating):
        missing = "are vectors of real numbers (a float dtype)"
    elif not np.isfinite([space.low, space.high]).all() or not (space.low < space.high).all():
        missing = "have finite bounds, with low below high everywhere"
    else:
        return space
    raise ValueError(
        f"DDPG needs actions that {missing}, but these are {space}: "
        "adapt them first, with a gymnasium.ActionWrapper."
    )


def spaces(env: gym.Env) -> tuple[Box, Box]:
    """The space of states and that of actions.

    Raises ValueError unless states are arrays and actions are vectors in [-1, 1].
    """
    action, state = check_actions(env), env.observation_space
    if not isinstance(state, Box):
        raise ValueError(
            f"DDPG needs states that are arrays (a Box), but these are {state}: "
            "flatten them first, with gymnasium.wrappers.FlattenObservation."
        )
    if not (np.allclose(action.low, -1) and np.allclose(action.high, 1)):
        raise ValueError(
            f"DDPG acts in [-1, 1], but this environment's actions are {action}: "
            "rescale them first, with make_env(env)."
        )
    return state, action


def sizes(env: gym.Env) -> tuple[int | tuple[int, ...], int]:
    """The length of a state (its shape, unless it is a vector) and of an action.

    Raises ValueError as `spaces` does.
    """
    state, action = spaces(env)
    return state.shape[0] if len(state.shape) == 1 else state.shape, action.shape[0]


@contextmanager
def explain_misfit(states, actions: int) -> Iterator[None]:
    """Say which sizes a network was asked to fit when it can't be built or asked."""
    try:
        yield
    except (RuntimeError, TypeError, ValueError) as error:
        image = " (images need convolutional networks of your own)" * (not isinstance(states, int))
        raise ValueError(
            f"The actor or the critic doesn't fit states of size {states} and {actions} "
            f"action(s){image}: {str(error).partition(chr(10))[0].rstrip('.')}."
        ) from error
