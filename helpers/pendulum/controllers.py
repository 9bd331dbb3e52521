"""Policies for the pendulum, and the function that runs them.

A policy is any callable that maps states (N, state_dim), float32, to actions (N, action_dim) in
[-1, 1]; both are numpy arrays.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from helpers.pendulum.physics import MAX_TORQUE, TIME_LIMIT, observe, step

Policy = Callable[[np.ndarray], np.ndarray]


class Trajectory(NamedTuple):
    """What happened to N pendulums, step by step; each array is (steps, N).

    The angle (rad, not wrapped) and the velocity (rad/s) are those *before* the torque (N m) acts.
    """

    theta: np.ndarray
    velocity: np.ndarray
    torque: np.ndarray
    reward: np.ndarray


def ask(policy: Policy, states: np.ndarray, action_dim: int) -> np.ndarray:
    """The actions that `policy` gives, float32 (N, action_dim).

    Raises ValueError unless they have this shape, are finite and lie in [-1, 1].
    """
    actions = np.asarray(policy(states), dtype=np.float32)
    if actions.shape != (len(states), action_dim):
        expected = (len(states), action_dim)
        raise ValueError(f"The policy must give actions of shape {expected}, not {actions.shape}.")
    if not np.isfinite(actions).all():
        raise ValueError("The policy gave an action that is not a finite number.")
    largest = np.abs(actions).max(initial=0.0)
    if largest > 1.0 + 1e-5:
        raise ValueError(f"The policy must give actions in [-1, 1], not one of size {largest:.4g}.")
    return np.clip(actions, -1.0, 1.0)


def rollout(
    policy: Policy, theta: np.ndarray, velocity: np.ndarray, steps: int = TIME_LIMIT
) -> Trajectory:
    """Run `policy` on N pendulums for `steps` steps, from the given states, (N,) each."""
    record = []
    for _ in range(steps):
        torque = MAX_TORQUE * ask(policy, observe(theta, velocity), action_dim=1)[:, 0]
        next_theta, next_velocity, reward = step(theta, velocity, torque)
        record.append((theta, velocity, torque, reward))
        theta, velocity = next_theta, next_velocity
    return Trajectory(*(np.array(column) for column in zip(*record, strict=True)))


def random_policy(seed: int, action_dim: int = 1) -> Policy:
    """A policy that knows nothing: every action uniform in [-1, 1]."""
    rng = np.random.default_rng(seed)
    return lambda states: rng.uniform(-1.0, 1.0, (len(states), action_dim))


def swing_up_and_hold(states: np.ndarray) -> np.ndarray:
    """A hand-written controller: pump energy until the rod is nearly up, then hold it there.

    Upright at rest the energy is 15; the target of 15.5 leaves a little to spare. The five
    numbers are the best found by random search on the selection starts.
    """
    cos, sin, velocity = np.asarray(states).T
    theta = np.arctan2(sin, cos)
    energy = velocity**2 / 2 + 15.0 * cos
    pump = np.copysign(0.8, velocity) * (15.5 - energy)  # push along the motion to gain energy
    hold = -(14.0 * theta + 3.7 * velocity)  # a spring and a brake
    torque = np.where(np.abs(theta) < 0.48, hold, pump)
    return np.clip(torque / MAX_TORQUE, -1.0, 1.0)[:, None]
