"""Tabular Q-learning: the obvious first attempt, with a handful of torques to choose from.

For Pendulum-v1 only. `train` accepts it just as it accepts a DDPG agent. Its settings are class
attributes, which a subclass can change: `class Coarse(TabularQ): torques = 3`.
"""

import gymnasium as gym
import numpy as np
import torch

from helpers.history import History
from helpers.pendulum.physics import MAX_SPEED
from helpers.recipes import Recipe, modern
from helpers.schedules import linear_decay
from helpers.validation import sizes


class TabularQ:
    """Q-learning: one number for each pair of a cell of states and a torque.

    A cell is a range of angles and of velocities; all states within it count as one state.
    Source: Watkins and Dayan 1992; Sutton and Barto 2018, section 6.5.
    """

    torques = 5  # how many, evenly spaced from -1 to 1 in units of the action: -2 to 2 N m
    cells = 31  # for the angle, and as many for the velocity
    lr = 0.6  # the fraction of the way that an entry moves towards its target
    start = -300.0  # initial value of every entry: above bad returns, so that new torques get tried
    epsilon = 0.5  # the probability of a random torque; it falls to 0 ...
    epsilon_decay_steps = 200_000  # ... over this many steps

    def __init__(self, env: gym.Env, *, seed: int, recipe: Recipe = modern):
        if sizes(env) != (3, 1):
            raise ValueError(
                "TabularQ can divide the states of Pendulum-v1 only: train it in "
                'make_env("Pendulum-v1"), or use DDPG.'
            )
        self.state_shape, self.action_dim = (3,), 1
        self.made_with = {"agent": type(self), "seed": seed, "recipe": recipe}
        self.gamma = recipe.gamma  # the only setting it takes from a recipe
        self.actions = np.linspace(-1, 1, self.torques, dtype=np.float32)
        self.table = np.full((self.cells**2, self.torques), self.start)
        self.rng, self.steps, self.history = np.random.default_rng(seed), 0, History()

    def cell(self, states: np.ndarray) -> np.ndarray:
        """The index of the cell, the table's row, that holds a state (3,) or each of (N, 3)."""
        cos, sin, velocity = np.asarray(states, dtype=np.float64).T
        turn = np.arctan2(sin, cos) / (2 * np.pi) + 0.5  # 0 to 1, from -pi to pi
        row = np.floor(turn * self.cells).astype(int) % self.cells  # pi and -pi are the same
        column = np.floor((velocity / MAX_SPEED + 1) / 2 * self.cells).astype(int)
        return row * self.cells + np.clip(column, 0, self.cells - 1)

    def act(self, states: np.ndarray) -> np.ndarray:
        """The action with the largest entry, for one state or for many in rows."""
        return self.actions[self.table[self.cell(states)].argmax(axis=-1)][..., None]

    def explore(self, state: np.ndarray) -> np.ndarray:
        """An action to learn from: sometimes a random one, otherwise the best one known."""
        if self.rng.random() < self.epsilon * linear_decay(self.steps, self.epsilon_decay_steps):
            return self.actions[[self.rng.integers(self.torques)]]
        return self.act(state)

    def observe(self, s, a, r, s_next, terminated, truncated) -> None:
        """Take in one transition, as rows and a column of the table; a time limit isn't an end."""
        column = round((float(a[0]) + 1) / 2 * (self.torques - 1))
        self.transition = self.cell(s), column, float(r), self.cell(s_next), bool(terminated)
        self.steps += 1

    def learn(self) -> dict[str, float]:
        """Move one entry towards the transition's target: r + gamma max Q(s', a')."""
        row, column, r, row_next, terminated = self.transition
        y = r + self.gamma * (1 - terminated) * self.table[row_next].max()
        error = y - self.table[row, column]
        self.table[row, column] += self.lr * error
        return {"td_error": float(error)}

    def state_dict(self) -> dict:
        """Everything that decides how the agent continues, and its history."""
        return {
            "table": torch.tensor(self.table),
            "steps": self.steps,
            "rng": self.rng.bit_generator.state,
            "history": self.history.state_dict(),
        }

    def load_state_dict(self, state: dict) -> None:
        """Continue from `state`, of an agent of the same class; if it has no history, keep ours."""
        self.table[:] = state["table"].numpy()
        self.steps, self.rng.bit_generator.state = state["steps"], state["rng"]
        if "history" in state:
            self.history.load_state_dict(state["history"])


class TabularQ41(TabularQ):
    """The same with 41 torques, 0.1 N m apart."""

    torques = 41


class TabularQ401(TabularQ):
    """The same with 401 torques, 0.01 N m apart."""

    torques = 401
