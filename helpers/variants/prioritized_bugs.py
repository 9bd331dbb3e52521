"""Prioritised replay that goes wrong, or does so on some tasks, each as published code has it."""

from functools import partial

import numpy as np
import torch

from helpers.buffer import ReplayBuffer
from helpers.extensions.prioritized import PrioritizedReplay, Tree, WeightedBatch


class NewAtOne(PrioritizedReplay):
    """New transitions get the priority 1, however small or large the others are.

    It suits errors that are clipped at 1. Source: asked about in ray #11750 and rlpyt #102.
    """

    def add(self, s, a, r: float, s_next, terminated: bool) -> None:
        """Write one transition over the oldest one, with the priority 1."""
        self.prioritize(np.array([self.added % len(self.rows)]), 1.0)
        ReplayBuffer.add(self, s, a, r, s_next, terminated)


class NewAtLargestEver(PrioritizedReplay):
    """New transitions get the largest priority ever reported, which is never forgotten.

    It suits errors that are clipped at 1, and fails when errors shrink. Source: dqn_zoo's
    prioritised DQN, whose `_max_seen_priority` begins at 1; Kaixhin/Rainbow #13.
    """

    largest_ever = 0.0  # before the first report

    def add(self, s, a, r: float, s_next, terminated: bool) -> None:
        """Write one transition over the oldest one, with the largest priority there ever was."""
        self.prioritize(np.array([self.added % len(self.rows)]), self.largest_ever or 1.0)
        ReplayBuffer.add(self, s, a, r, s_next, terminated)

    def report(self, places: np.ndarray, errors: torch.Tensor) -> None:
        """Set the priorities by the TD errors, and remember the largest."""
        super().report(places, errors)
        self.largest_ever = max(self.largest_ever, self.sums[places].max())


class AlphaTwice(PrioritizedReplay):
    """New transitions get the largest priority held, to the power of alpha a second time.

    So their error counts with alpha squared: too much below 1, too little above it.
    Source: pytorch/rl #3925, which fixed it.
    """

    def add(self, s, a, r: float, s_next, terminated: bool) -> None:
        """Write one transition over the oldest one, with alpha applied to what has it already."""
        largest = (self.largest.total or 1.0) ** self.alpha
        self.prioritize(np.array([self.added % len(self.rows)]), largest)
        ReplayBuffer.add(self, s, a, r, s_next, terminated)


class MinimumOverAll(PrioritizedReplay):
    """Weights are divided by the largest of *all* places, also of those that are still empty.

    An empty place has the probability 0 and so the weight infinity, beside which every other weight
    is 0: until the buffer is full, nothing is learned. Source: MorvanZhou's tutorials, #183.
    """

    def sample(self, n: int) -> WeightedBatch:
        """Draw n transitions by priority, with weights relative to the least likely place."""
        marks = (np.arange(n) + self.rng.uniform(size=n)) / n * self.sums.total
        places = self.sums.find(marks)
        least = self.sums[np.arange(len(self.rows))].min()
        with np.errstate(divide="ignore"):
            weight = (self.sums[places] / least) ** -self.beta
        weight = torch.from_numpy(weight).to(self.device, torch.float32)
        rows = torch.from_numpy(self.rows[places]).to(self.device).split(self.widths, dim=1)
        return WeightedBatch(*rows, weight[:, None], partial(self.report, places))


class SinglePrecisionTree(Tree):
    """A sum-tree in float32 whose sums are kept by adding what changes.

    Each addition is rounded, and the sums drift away from the numbers. Source: pytorch/rl #2230,
    flashbax #52.
    """

    def __init__(self, capacity: int, join: np.ufunc = np.add):
        super().__init__(capacity, join)
        self.levels = [level.astype(np.float32) for level in self.levels]

    def __setitem__(self, places: np.ndarray, numbers: np.ndarray) -> None:
        """Write the numbers one after another, and add to the sums above what changes."""
        for place, number in zip(places, np.broadcast_to(numbers, places.shape), strict=True):
            change = np.float32(number) - self[place]
            self.levels[0].reshape(-1)[place] = number
            for level in self.levels[1:]:
                place = place // 16
                level.reshape(-1)[place] += change
