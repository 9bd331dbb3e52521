"""Regret: what one action of a policy costs, V*_t(s) - Q*_t(s, a), in units of return.

t is the number of steps to go, and * the best that any controller can do from there. Summed over an
episode, the regrets are how far its return lies below the optimum, so they tell where a gap arises.
"""

from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import NamedTuple

import numpy as np

from helpers.pendulum.controllers import Policy, Trajectory, ask, rollout
from helpers.pendulum.optimum import TORQUES, interpolate, load_optimum, plan
from helpers.pendulum.physics import (
    MAX_TORQUE,
    TIME_LIMIT,
    TIME_STEP,
    normalise_angle,
    observe,
    start_states,
    state_grid,
    step,
)

SETTLED = 100  # with this many steps to go, more of them change no value by 0.05 or more
SHAPE = (480, 321)  # of the maps with fewer steps to go, and of the stored one
TOLERANCE = 0.1  # the error of nine in ten values and regrets; on steep edges it can be 70
UPRIGHT = 0.3  # rad


@cache
def early_maps() -> list[np.ndarray]:
    """The value maps with 0 to 99 steps to go; computed once (2 to 3 s) and kept (62 MB)."""
    return list(islice(plan(SHAPE, TORQUES[::8]), SETTLED))


@cache
def settled_map() -> np.ndarray:
    """The stored value map, from the finest grid: valid for 100 or more steps to go."""
    return load_optimum().values


def value_map(steps_to_go: int) -> np.ndarray:
    """V*_t at the nodes of `axes`: the best sum of the next rewards, a map (480, 321)."""
    return settled_map() if steps_to_go >= SETTLED else early_maps()[steps_to_go]


def q_value(
    theta: np.ndarray, velocity: np.ndarray, torque: np.ndarray, steps_to_go: int
) -> np.ndarray:
    """Q*_t(s, a): the reward for this torque (N m) plus the best that can follow; any one shape.

    Raises ValueError for fewer than one step to go.
    """
    if steps_to_go < 1:
        raise ValueError(f"An action needs at least one step to go, not {steps_to_go}.")
    next_theta, next_velocity, gain = step(theta, velocity, torque)
    return gain + interpolate(value_map(steps_to_go - 1), next_theta, next_velocity)


def best_value(theta: np.ndarray, velocity: np.ndarray, steps_to_go: int) -> np.ndarray:
    """V*_t(s): Q* of the best of 81 torques; all arrays are (N,)."""
    return q_value(theta[:, None], velocity[:, None], TORQUES, steps_to_go).max(axis=1)


def action_cost(
    theta: np.ndarray, velocity: np.ndarray, torque: np.ndarray, steps_to_go: int = TIME_LIMIT
) -> np.ndarray:
    """V*_t(s) - Q*_t(s, a), what this torque (N m) costs; all arrays are (N,).

    Both terms use the same map, one step ahead, so that most of its errors cancel.
    """
    best = best_value(theta, velocity, steps_to_go)
    return best - q_value(theta, velocity, torque, steps_to_go)


def regret_map(policy: Policy, size: int, steps_to_go: int = TIME_LIMIT) -> np.ndarray:
    """What the policy's action costs in each state of `state_grid(size)`, shape (size, size).

    81 by 81 states take 0.1 s; with 100 steps to go or fewer, the first call takes 3 s longer.
    """
    theta, velocity = (axis.ravel() for axis in state_grid(size))
    torque = MAX_TORQUE * ask(policy, observe(theta, velocity), action_dim=1)[:, 0]
    return action_cost(theta, velocity, torque, steps_to_go).reshape(size, size)


def regrets(
    policy: Policy, theta: np.ndarray, velocity: np.ndarray, steps: int = TIME_LIMIT
) -> tuple[Trajectory, np.ndarray]:
    """The policy's rollouts from the given states, (N,) each, and what each action in them cost.

    The costs are (steps, N). Their sums over the steps are what each rollout loses: to within 0.1
    for most, but off by tens where a step leads onto a steep edge of the map.
    """
    path = rollout(policy, theta, velocity, steps)
    costs = [
        action_cost(*path_t, steps - t) for t, path_t in enumerate(zip(*path[:3], strict=True))
    ]
    return path, np.array(costs)


class Losses(NamedTuple):
    """Where a policy loses return: means over the starts, and shares of their sum."""

    total: float  # how far the mean return lies below the optimum; the sum of the next three
    first_second: float
    swinging: float  # after it, leaning by 0.3 rad or more
    upright: float  # after it, leaning by less
    median: float  # what the median start loses
    worst_5: float  # the share of the total that the 5 worst starts lose, 0 to 1
    worst_10: float


def where_it_goes(policy: Policy, starts: Iterable[int]) -> Losses:
    """What the policy loses in one episode from each start `reset(seed=s)`, by time and place.

    `total` is the true gap; the maps only decide how it is divided.
    Raises ValueError for a start whose best return isn't stored: see `Optimum.optimal_returns`.
    """
    starts = list(starts)
    best = load_optimum().optimal_returns(starts)
    path, costs = regrets(policy, *start_states(starts))
    second = round(1 / TIME_STEP)
    then = best_value(path.theta[second], path.velocity[second], TIME_LIMIT - second)
    first = best - path.reward[:second].sum(axis=0) - then
    later = then - path.reward[second:].sum(axis=0)
    stands = np.abs(normalise_angle(path.theta[second:])) < UPRIGHT
    upright = costs[second:].sum(axis=0, where=stands)
    losses = np.sort(first + later)[::-1]  # the worst first
    total = losses.sum()
    means = [part.mean() for part in (losses, first, later - upright, upright)]
    shares = [losses[:k].sum() / total if total > 0 else 0.0 for k in (5, 10)]
    return Losses(*map(float, (*means, np.median(losses), *shares)))
