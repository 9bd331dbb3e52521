"""How good a policy is: its noise-free return from fixed starts."""

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import SyncVectorEnv

from helpers.environment import make_env
from helpers.pendulum.controllers import Policy, ask, rollout
from helpers.pendulum.physics import start_states
from helpers.validation import sizes

Env = str | EnvSpec | Callable[[], gym.Env]  # a name, a spec, or a function that makes it

EVALUATION_STARTS = range(10_000, 10_100)  # every reported result comes from these
SELECTION_STARTS = range(20_000, 20_100)  # anything chosen is chosen on these


def create(env: Env) -> gym.Env:
    """The environment that a name, a spec or a function stands for."""
    if isinstance(env, str):
        return make_env(env)
    return gym.make(env) if isinstance(env, EnvSpec) else env()


def evaluate(
    policy: Policy, env: Env = "Pendulum-v1", starts: Sequence[int] = EVALUATION_STARTS
) -> np.ndarray:
    """The noise-free return of one episode from each start `reset(seed=s)`, shape (N,).

    `env` is a name, which `make_env` makes; a spec such as `make_env("Pendulum-v1", g=2.0).spec`;
    or a function that makes an environment. Raises ValueError unless its actions and the policy's
    lie in [-1, 1].
    """
    if env == "Pendulum-v1":  # all pendulums at once, which is much faster
        return rollout(policy, *start_states(starts)).reward.sum(axis=0)
    return evaluate_in_gymnasium(policy, env, starts)


def evaluate_in_gymnasium(policy: Policy, env: Env, starts: Sequence[int]) -> np.ndarray:
    """The same as `evaluate`, in any environment, through gymnasium itself.

    gymnasium restarts an environment by itself after its episode has ended; rewards after the first
    end are not counted.
    """
    with closing(SyncVectorEnv([partial(create, env) for _ in starts])) as envs:
        _, action_dim = sizes(envs.envs[0])  # raises unless actions lie in [-1, 1]
        states, _ = envs.reset(seed=[int(seed) for seed in starts])
        returns, running = np.zeros(len(starts)), np.ones(len(starts), dtype=bool)
        while running.any():
            actions = ask(policy, states.astype(np.float32), action_dim)
            states, rewards, terminated, truncated, _ = envs.step(actions)
            returns += running * rewards
            running &= ~(terminated | truncated)
    return returns


def gap(returns: np.ndarray, optimal_returns: np.ndarray) -> float:
    """How far the mean return lies below the optimum's on the same starts, as a fraction of it."""
    best = np.mean(optimal_returns)
    return float((best - np.mean(returns)) / abs(best))


def mean_and_error(returns: np.ndarray) -> tuple[float, float]:
    """The mean return and its standard error over the starts."""
    return float(np.mean(returns)), float(np.std(returns, ddof=1) / np.sqrt(len(returns)))
