"""The best that any controller can do on Pendulum-v1, by dynamic programming.

A *map* holds one number for each node of a grid over the state: row i is the angle
-pi + 2 pi i / rows (periodic), column j the velocity, from -8 to 8. Between the nodes we
interpolate linearly. `python tools/optimum.py` computes the maps in `optimum.npz`, beside this
module.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from helpers.pendulum.physics import MAX_SPEED, MAX_TORQUE, TIME_STEP, accelerate, reward, step

FILE = Path(__file__).with_name("optimum.npz")
TORQUES = np.linspace(-MAX_TORQUE, MAX_TORQUE, 81)  # the torques to choose from


def axes(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The angles (rows,) and velocities (columns,) at the nodes of a map of this shape."""
    rows, columns = shape
    theta = 2 * np.pi * (np.arange(rows) / rows - 0.5)
    return theta, np.linspace(-MAX_SPEED, MAX_SPEED, columns)


def split(position: np.ndarray, last: float = np.inf) -> tuple[np.ndarray, np.ndarray]:
    """A position between nodes: the node before it, and the fraction of the way to the next one."""
    node = np.minimum(np.floor(position), last - 1).astype(int)
    return node, (position - node).astype(np.float32)


def interpolate(values: np.ndarray, theta: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """The map `values`, interpolated at any states; both state arrays have the same shape."""
    rows, columns = values.shape
    row, down = split((theta + np.pi) * rows / (2 * np.pi))
    column, right = split((velocity / MAX_SPEED + 1) / 2 * (columns - 1), columns - 1)
    above, below = row % rows, (row + 1) % rows  # the angle wraps around
    upper = (1 - right) * values[above, column] + right * values[above, column + 1]
    lower = (1 - right) * values[below, column] + right * values[below, column + 1]
    return (1 - down) * upper + down * lower


def turn(values: np.ndarray) -> np.ndarray:
    """The map of W(theta, w) = V(theta + dt w, w): the value once the new velocity w is known.

    The new velocity alone decides how far the rod turns, so this half of a step is the same for
    every torque and is done once. Each column shifts around the circle by its own amount.
    """
    rows, columns = values.shape
    _, velocity = axes(values.shape)
    shift, part = split(TIME_STEP * velocity * rows / (2 * np.pi))
    row, column = np.arange(rows)[:, None] + shift, np.arange(columns)
    return (1 - part) * values[row % rows, column] + part * values[(row + 1) % rows, column]


def moves(shape: tuple[int, int], torques: np.ndarray) -> list[tuple]:
    """For each torque: the new velocity's node and fraction, as maps, and the torque's reward."""
    rows, columns = shape
    theta, velocity = axes(shape)
    table = []
    for torque in torques:
        new = accelerate(theta[:, None], velocity, torque)  # (rows, columns)
        column, part = split((new / MAX_SPEED + 1) / 2 * (columns - 1), columns - 1)
        node = (np.arange(rows)[:, None] * columns + column).astype(np.int32)
        table.append((node, part, np.float32(-0.001 * torque**2)))
    return table


def sweep(values: np.ndarray, table: list[tuple], gamma: float = 1.0) -> np.ndarray:
    """Bellman's equation at every node: V(s) = max over torques of r(s, u) + gamma V(s')."""
    turned = turn(values).ravel()
    best = np.full(values.shape, -np.inf, dtype=np.float32)
    for node, part, effort in table:
        before, after = turned[node], turned[node + 1]
        np.maximum(best, effort + gamma * (before + part * (after - before)), out=best)
    theta, velocity = axes(values.shape)
    return reward(theta[:, None], velocity, 0.0).astype(np.float32) + best


def plan(shape: tuple[int, int], torques: np.ndarray, gamma: float = 1.0) -> Iterator[np.ndarray]:
    """The value maps with 0, 1, 2, ... steps to go, endlessly; float32."""
    values, table = np.zeros(shape, dtype=np.float32), moves(shape, torques)
    while True:
        yield values
        values = sweep(values, table, gamma)


def best_torque(
    values: np.ndarray, theta: np.ndarray, velocity: np.ndarray, gamma: float = 1.0
) -> np.ndarray:
    """The torque (N,) that looks best one step ahead, with `values` for the next state."""
    next_theta, next_velocity, reward = step(theta[:, None], velocity[:, None], TORQUES)  # (N, 81)
    outlook = reward + gamma * interpolate(values, next_theta, next_velocity)
    return TORQUES[outlook.argmax(axis=1)]


def greedy_policy(values: np.ndarray, gamma: float = 1.0) -> Callable[[np.ndarray], np.ndarray]:
    """The policy, states (N, 3) to actions (N, 1), that always takes `best_torque`."""

    def policy(states: np.ndarray) -> np.ndarray:
        cos, sin, velocity = np.asarray(states, dtype=np.float64).T
        return best_torque(values, np.arctan2(sin, cos), velocity, gamma)[:, None] / MAX_TORQUE

    return policy


class Optimum(NamedTuple):
    """What `optimum.npz` holds: the best controller's maps and returns."""

    theta: np.ndarray  # (rows,) rad
    velocity: np.ndarray  # (columns,) rad/s
    values: np.ndarray  # (rows, columns) the best sum of the next 200 rewards
    discounted: np.ndarray  # (rows, columns) the best sum of rewards discounted by 0.99
    torque: np.ndarray  # (rows, columns) the best torque, N m
    starts: np.ndarray  # seeds of the evaluation and the selection starts
    returns: np.ndarray  # the best return from each of these starts

    def policy(self, states: np.ndarray) -> np.ndarray:
        """The optimal policy: states (N, 3) to actions (N, 1) in [-1, 1]."""
        return greedy_policy(self.values)(states)

    def optimal_returns(self, starts: Iterable[int]) -> np.ndarray:
        """The best 200-step return from each start `reset(seed=s)`, shape (len(starts),)."""
        starts, known = list(starts), dict(zip(self.starts.tolist(), self.returns, strict=True))
        if missing := [seed for seed in starts if seed not in known]:
            raise ValueError(
                f"No best return is stored for start {missing[0]}: compute it with "
                "evaluate(load_optimum().policy, starts=...)."
            )
        return np.array([known[seed] for seed in starts])


def load_optimum(path: str | Path = FILE) -> Optimum:
    """The optimum as computed by `python tools/optimum.py`, read in milliseconds."""
    with np.load(path) as file:
        return Optimum(**{name: file[name] for name in Optimum._fields})
