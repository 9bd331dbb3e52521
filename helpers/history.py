"""The history of a run: every number worth keeping, and when it was seen."""

from array import array
from collections import defaultdict

import numpy as np
import torch

from helpers.validation import check_finite


class History:
    """What happened in a run: for each name, such as "return", a series of (step, value).

    `step` counts the environment's steps. `state` is where the next call of `train` goes on: the
    state that the episode under way has reached, or None where a new episode is to begin.
    """

    def __init__(self):
        self.step = 0
        self.begun = self.goal = 0  # the steps from and to which the last call of `train` was to go
        self.run = None  # what tells this run from others, once a checkpoint has asked
        self.env, self.state = None, None
        self.episode_return, self.episode_length = 0.0, 0  # of the episode under way
        self.series = defaultdict(lambda: (array("q"), array("d")))  # compact: 16 bytes a number

    def enter(self, env) -> None:
        """Go on in `env`: in the episode under way there, or in a new one if it is another."""
        if env is not self.env:
            self.env, self.state = env, None
            self.episode_return, self.episode_length = 0.0, 0

    def record(self, **values: float) -> None:
        """Append each value to the series of its name, at the present step."""
        for name, value in values.items():
            steps, numbers = self.series[name]
            steps.append(self.step)
            numbers.append(value)

    def advance(self, s_next: np.ndarray, r: float, ended: bool, diagnostics: dict) -> None:
        """Count one environment step, and close the episode's books where it `ended`."""
        self.step += 1
        check_finite(self.step, diagnostics)
        self.record(**diagnostics)
        self.episode_return += float(r)
        self.episode_length += 1
        self.state = None if ended else s_next
        if ended:
            self.record(**{"return": self.episode_return, "length": self.episode_length})
            self.episode_return, self.episode_length = 0.0, 0

    def settle(self) -> None:
        """Forget the steps that a call of `train` was asked for and did not do."""
        self.goal = min(self.goal, self.step)

    def __getitem__(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """The steps and the values of one series; both empty where nothing is recorded."""
        steps, numbers = self.series.get(name, ((), ()))  # a look must not add a series
        return np.array(steps, dtype=int), np.array(numbers, dtype=float)

    def state_dict(self) -> dict:
        """All that a file needs to hold."""
        series = {name: [torch.from_numpy(column) for column in self[name]] for name in self.series}
        return {"step": self.step, "series": series}

    def load_state_dict(self, state: dict) -> None:
        """Take what a file holds; a new episode is to begin."""
        self.step, self.state = state["step"], None
        self.episode_return, self.episode_length = 0.0, 0
        self.series.clear()
        for name, columns in state["series"].items():
            for column, saved in zip(self.series[name], columns, strict=True):
                column.frombytes(saved.numpy().tobytes())
