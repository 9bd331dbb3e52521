"""Checks of how experience is collected."""

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from helpers.checks.judging import check, named


class Episodes:
    """An environment that numbers its states: 100 for each episode, 1 for each step in it.

    It goes over its three kinds of end in turn: by the time limit, by the task, by both.
    """

    ends: ClassVar = [(3, False, True), (2, True, False), (2, True, True)]  # steps, the two flags

    def __init__(self):
        self.episode, self.time, self.flags, self.seeds = -1, 0, (False, False), []

    def reset(self, *, seed=None, options=None):
        """The first state of the next episode."""
        self.episode, self.time, self.flags = self.episode + 1, 0, (False, False)
        self.seeds.append(seed)
        return self.state(), {}

    def state(self) -> np.ndarray:
        """The number of the state, in an array."""
        return np.array([100.0 * self.episode + self.time], dtype=np.float32)

    def step(self, action):
        """The reward is minus the number of the state before."""
        if any(self.flags):
            raise BeyondTheEnd(*self.flags)
        reward = -float(self.state()[0])
        steps, *flags = self.ends[self.episode % len(self.ends)]
        self.time += 1
        self.flags = tuple(flags) if self.time == steps else (False, False)
        return self.state(), reward, *self.flags, {}


class BeyondTheEnd(Exception):
    """A step was asked for after the end of an episode; it holds the two flags."""


class Notebook(list):
    """A memory that keeps each transition as a row: s, a, r, s_next, terminated."""

    def add(self, s, a, r, s_next, terminated) -> None:
        """Write one down."""
        numbers = (s, a, r, s_next, terminated)
        self.append([float(np.asarray(number).item()) for number in numbers])


@check
def check_collecting(collect: Callable) -> str | None:
    """each transition is stored as it was, only the task's own end as an end, and it goes on."""
    env, memory = Episodes(), Notebook()
    try:
        collect(env, lambda s: s / 1_000, memory, 12)
    except BeyondTheEnd as end:
        if not memory:
            raise NotImplementedError from end
        terminated, _ = end.args
        kind = "the task had ended" if terminated else "the time was up"
        return f"it went on in an episode where {kind}: then a new one begins, with `env.reset()`."
    if not memory:
        raise NotImplementedError
    if len(memory) != 12:
        return f"12 steps should give 12 transitions, and it stored {len(memory)}."
    if any(seed is not None for seed in env.seeds[1:]):
        return "it resets with a seed: then every episode starts in the same state."
    return transition_complaint(np.array(memory))


def transition_complaint(rows: np.ndarray) -> str | None:
    """What is wrong with the 12 rows that were stored."""
    right, both, cut = as_it_was()
    last = rows[:, -1]
    if np.allclose(rows, right):
        return None
    if not np.allclose(rows[:, 0], right[:, 0]):
        if len(np.unique(rows[:, 0])) < 3:
            return "s stays the first state for ever: after each step s_next becomes s."
        return "the states s are not those of the episodes, one after the other: reset once an end."
    if not np.allclose(rows[:, 3], right[:, 3]):
        return "s_next is not the state that followed: store the transition before you reset."
    if not np.allclose(rows[:, :3], right[:, :3]):
        return "the order is s, a, r, s_next, terminated: action or reward is not the one of s."
    usual = [
        (both, "it stores the time limit as an end: only `terminated` says that nothing follows."),
        (cut, "it stores `truncated`, which is the time limit, where `terminated` belongs."),
        (1 - right[:, -1], "`terminated` is the wrong way round: 1 means that the task ended."),
        (np.zeros(12), "no transition is stored as an end, and in this world some tasks do end."),
    ]
    wrong = named(lambda wrong: np.allclose(last, wrong), usual)
    return wrong or "the last column should be 1 where `terminated` is True, and else 0."


def as_it_was(steps: int = 12) -> tuple[np.ndarray, list[bool], list[bool]]:
    """The right rows; where each episode was over; and where its time was up."""
    env, memory, both, cut = Episodes(), Notebook(), [], []
    s, _ = env.reset()
    for _ in range(steps):
        s_next, r, terminated, truncated, _ = env.step(None)
        memory.add(s, s / 1_000, r, s_next, terminated)
        both.append(terminated or truncated)
        cut.append(truncated)
        s = env.reset()[0] if both[-1] else s_next
    return np.array(memory), both, cut
