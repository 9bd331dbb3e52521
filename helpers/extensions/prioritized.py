"""Prioritised experience replay: transitions with a large TD error are drawn more often.

Use it as `DDPG(env, seed=0, buffer=PrioritizedReplay, critic_loss=weighted_critic_loss)`.
Source: Schaul et al. 2016, Algorithm 1 (proportional prioritisation).
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from helpers.agent import DDPG
from helpers.buffer import Batch, ReplayBuffer


class WeightedBatch(NamedTuple):
    """A batch of N transitions drawn by priority, with what undoes the bias of the draw."""

    s: torch.Tensor  # (N, state_dim)
    a: torch.Tensor  # (N, action_dim)
    r: torch.Tensor  # (N, 1)
    s_next: torch.Tensor  # (N, state_dim)
    terminated: torch.Tensor  # (N, 1)
    weight: torch.Tensor  # (N, 1)      importance weights, the largest of them 1
    report: Callable[[torch.Tensor], None]  # tells the buffer the TD errors, (N, 1)


class Tree:
    """Numbers of 0 or more, in rows of sixteen; above each row stands what `join` makes of it.

    The rows above are joined in the same way, up to a single row. With `np.add` it's a sum-tree,
    which draws from a million priorities in five small steps. In float64: the sums of a million
    float32 would drift. Source: Schaul et al. 2016, appendix B.2.1 (with two numbers in a row).
    """

    def __init__(self, capacity: int, join: np.ufunc = np.add):
        self.join, self.levels = join, []
        while not self.levels or capacity > 1:
            capacity = -(-capacity // 16)  # rows needed, rounded up
            self.levels.append(np.zeros((capacity, 16)))

    @property
    def total(self) -> float:
        """What `join` makes of all numbers."""
        return self.join.reduce(self.levels[-1][0])

    def __getitem__(self, places: np.ndarray) -> np.ndarray:
        """The numbers in these places."""
        return self.levels[0].reshape(-1)[places]

    def __setitem__(self, places: np.ndarray, numbers: np.ndarray) -> None:
        """Change the numbers in these places, and all that stands above them."""
        for level in self.levels:
            level.reshape(-1)[places] = numbers  # where a place comes twice, the last one stays
            places = places // 16
            numbers = self.join.reduce(level.take(places, axis=0), axis=1)

    def find(self, marks: np.ndarray) -> np.ndarray:
        """In which place each mark falls, from 0 to `total`, if the numbers are lengths in a row.

        Never a place of length 0, although sums are rounded.
        """
        places, each = np.zeros(len(marks), dtype=np.int64), np.arange(len(marks))
        for level in reversed(self.levels):
            row = level.take(places, axis=0)  # (N, 16); faster than level[places]
            ends = row.cumsum(axis=1)
            marks = np.minimum(marks, np.nextafter(ends[:, -1], 0))  # within the row
            column = (ends > marks[:, None]).argmax(axis=1)  # the first that ends beyond the mark
            marks = np.maximum(marks - (ends - row)[each, column], 0)  # rounding may pass 0
            places = 16 * places + column
        return places


class PrioritizedReplay(ReplayBuffer):
    """A replay buffer that draws each transition in proportion to |TD error|^alpha.

    Importance weights undo the bias, in part at first and fully after `anneal` transitions:
    their exponent beta grows from `beta` to 1. `epsilon` keeps every priority above 0.
    Source: Schaul et al. 2016, Algorithm 1 (alpha 0.6, beta from 0.4 to 1).
    """

    def __init__(
        self,
        capacity: int,
        state_dim: int,
        action_dim: int,
        seed: int | None = None,
        device: str = "cpu",
        *,
        alpha: float = 0.6,
        beta: float = 0.4,
        anneal: int = 10_000,
        epsilon: float = 1e-6,
    ):
        super().__init__(capacity, state_dim, action_dim, seed, device)
        self.alpha, self.beta, self.anneal, self.epsilon = alpha, beta, anneal, epsilon
        self.sums, self.largest = Tree(capacity), Tree(capacity, np.maximum)

    def add(self, s, a, r: float, s_next, terminated: bool) -> None:
        """Write one transition over the oldest one; it's as likely as the likeliest now."""
        place = np.array([self.added % len(self.rows)])
        self.prioritize(place, self.largest.total or 1.0)
        super().add(s, a, r, s_next, terminated)

    def prioritize(self, places: np.ndarray, priorities: np.ndarray) -> None:
        """Set the priorities, |TD error|^alpha, of the transitions in these places."""
        self.sums[places] = self.largest[places] = priorities

    def report(self, places: np.ndarray, errors: torch.Tensor) -> None:
        """Set the priorities of the transitions in these places, by their TD errors (N, 1)."""
        errors = errors[:, 0].cpu().numpy().astype(np.float64)
        self.prioritize(places, (np.abs(errors) + self.epsilon) ** self.alpha)

    def sample(self, n: int) -> WeightedBatch:
        """Draw n transitions by priority: one from each of n equal parts of the sum."""
        marks = (np.arange(n) + self.rng.uniform(size=n)) / n * self.sums.total
        places = self.sums.find(marks)
        beta = self.beta + (1 - self.beta) * min(1, self.added / self.anneal)
        weight = self.sums[places] ** -beta  # (N P)^-beta, but for factors that cancel in ...
        weight = torch.from_numpy(weight / weight.max()).to(self.device, torch.float32)
        rows = torch.from_numpy(self.rows[places]).to(self.device).split(self.widths, dim=1)
        return WeightedBatch(*rows, weight[:, None], partial(self.report, places))

    def sample_uniformly(self, n: int) -> Batch:
        """Draw n transitions as `ReplayBuffer` does."""
        return super().sample(n)

    def state_dict(self) -> dict:
        """The same as of `ReplayBuffer`, and the priorities."""
        priorities = torch.from_numpy(self.sums[np.arange(len(self))])
        return super().state_dict() | {"priorities": priorities}

    def load_state_dict(self, state: dict) -> None:
        """Go on from `state`, of a buffer of the same sizes."""
        super().load_state_dict(state)
        self.sums, self.largest = Tree(len(self.rows)), Tree(len(self.rows), np.maximum)
        self.prioritize(np.arange(len(self)), state["priorities"].numpy())


def weighted_critic_loss(q: nn.Module, batch: WeightedBatch, y: torch.Tensor) -> torch.Tensor:
    """The weighted mean of the squared TD errors, a scalar; reports the errors to the buffer.

    Source: Schaul et al. 2016, Algorithm 1.
    """
    delta = y - q(batch.s, batch.a)  # (N, 1)
    batch.report(delta.detach())
    return (batch.weight * delta.square()).mean()


class UniformActorDDPG(DDPG):
    """DDPG with prioritised replay for the critic alone: the actor's batch is drawn uniformly.

    After Saglam et al. 2023 (LA3P), whose method does more than this.
    """

    def update_actor(self, batch: WeightedBatch) -> float:
        """The actor climbs the critic at states drawn uniformly."""
        return super().update_actor(self.buffer.sample_uniformly(self.recipe.batch_size))
