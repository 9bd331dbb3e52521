"""The history of a run: every number worth keeping, and when it was recorded."""

from array import array

import numpy as np
import torch


class History:
    """For each name, such as "return", a series of (step, value); steps are the environment's."""

    def __init__(self):
        self.series: dict[str, tuple[array, array]] = {}  # compact: 16 bytes a number

    def record(self, step: int, **values: float) -> None:
        """Append each value to the series of its name."""
        for name, value in values.items():
            steps, numbers = self.series.setdefault(name, (array("q"), array("d")))
            steps.append(step)
            numbers.append(value)

    def __getitem__(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """The steps and values of one series; both empty if nothing is recorded under `name`."""
        steps, numbers = self.series.get(name, ((), ()))
        return np.array(steps, dtype=int), np.array(numbers, dtype=float)

    def state_dict(self) -> dict:
        """Every series as a pair of tensors."""
        return {name: [torch.from_numpy(column) for column in self[name]] for name in self.series}

    def load_state_dict(self, state: dict) -> None:
        """Replace all series by those of `state`."""
        self.series = {
            name: (array("q", steps.tolist()), array("d", values.tolist()))
            for name, (steps, values) in state.items()
        }
