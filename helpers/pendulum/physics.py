"""The physics of gymnasium's Pendulum-v1, for many pendulums at once.

The angle theta is 0 upright and grows anticlockwise (rad); the velocity is in rad/s and the torque
in N m. Every function takes arrays of shape (N,) and returns for each pendulum what gymnasium's own
environment returns (mass 1 kg, length 1 m). Source: gymnasium/envs/classic_control/pendulum.py.
"""

from collections.abc import Iterable

import numpy as np

MAX_TORQUE = 2.0  # N m
MAX_SPEED = 8.0  # rad/s
TIME_STEP = 0.05  # s
GRAVITY = 10.0  # m/s^2
TIME_LIMIT = 200  # steps in an episode; reaching it truncates and never terminates


def normalise_angle(theta: np.ndarray) -> np.ndarray:
    """The same direction as `theta`, as an angle in [-pi, pi)."""
    return (theta + np.pi) % (2 * np.pi) - np.pi


def reward(theta: np.ndarray, velocity: np.ndarray, torque: np.ndarray) -> np.ndarray:
    """Minus the cost of one step, for angle, speed and effort; 0 at best, about -16.27 at worst."""
    return -(normalise_angle(theta) ** 2 + 0.1 * velocity**2 + 0.001 * torque**2)


def accelerate(theta: np.ndarray, velocity: np.ndarray, torque: np.ndarray) -> np.ndarray:
    """The velocity one step later: gravity and torque accelerate the rod, up to the speed limit."""
    acceleration = 1.5 * GRAVITY * np.sin(theta) + 3.0 * torque  # a rod's inertia is 1/3
    return np.clip(velocity + acceleration * TIME_STEP, -MAX_SPEED, MAX_SPEED)


def step(
    theta: np.ndarray, velocity: np.ndarray, torque: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One time step: the next angle, the next velocity, and the reward for this step.

    All arrays are (N,). The torque is clipped to +-2 first. The next angle uses the *new* velocity
    (semi-implicit Euler) and is not wrapped, so that whole turns can be counted.
    """
    torque = np.clip(torque, -MAX_TORQUE, MAX_TORQUE)
    next_velocity = accelerate(theta, velocity, torque)
    next_theta = theta + TIME_STEP * next_velocity
    return next_theta, next_velocity, reward(theta, velocity, torque)


def observe(theta: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """What the agent sees: [cos theta, sin theta, velocity] as float32, shape (N, 3)."""
    return np.stack([np.cos(theta), np.sin(theta), velocity], axis=-1).astype(np.float32)


def start_states(seeds: Iterable[int]) -> tuple[np.ndarray, np.ndarray]:
    """The angles and velocities, (N,) each, in which `reset(seed=s)` starts Pendulum-v1.

    gymnasium draws both from a fresh generator: any angle, and a velocity within +-1 rad/s.
    """
    limits = np.array([np.pi, 1.0])
    states = [np.random.default_rng(int(seed)).uniform(-limits, limits) for seed in seeds]
    theta, velocity = np.array(states).reshape(-1, 2).T
    return theta, velocity


def state_grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Angles and velocities, (size, size) each, that span all states: a row for each velocity."""
    return np.meshgrid(np.linspace(-np.pi, np.pi, size), np.linspace(-MAX_SPEED, MAX_SPEED, size))
