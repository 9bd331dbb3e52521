"""A check of notebook 07: what a loop stores of each step, and when it begins a new episode."""

from collections.abc import Callable

import numpy as np

from helpers.checks.verdicts import check, mistake
from helpers.checks.worlds import Overrun, World


def episodes() -> World:
    """A world that numbers its states: 100 for each episode, 1 for each step in it.

    The reward is minus that number. Episodes end by the time limit, by the task, and by both.
    """

    def state(world: World) -> list[float]:
        return [100.0 * world.episode + world.time]

    ends = [(3, False, True), (2, True, False), (2, True, True)]
    return World(state, lambda world: -world.state()[0], ends)


class Rows(list):
    """A memory that keeps each transition as a row: s, a, r, s_next, terminated."""

    def add(self, *transition) -> None:
        """Append one."""
        self.append([float(np.asarray(number).item()) for number in transition])


@check
def check_collecting(collect: Callable) -> str | None:
    """each transition is stored as it was, only the task's own end as an end, and it goes on."""
    env, memory = episodes(), Rows()
    try:
        collect(env, lambda s: s / 1_000, memory, 12)
    except Overrun as end:
        if not memory:
            raise NotImplementedError from end
        terminated, _ = end.args
        kind = "the task had ended" if terminated else "the time was up"
        return f"it went on in an episode where {kind}: then a new one begins, with `env.reset()`."
    except TypeError as error:
        if "'tuple'" in str(error):
            return "after an end s is a tuple: `env.reset()` returns two things, the state first."
        raise
    if not memory:
        raise NotImplementedError
    if len(memory) != 12:
        return f"12 steps should give 12 transitions, and it stored {len(memory)}."
    if any(seed is not None for seed in env.seeds[1:]):
        return "it resets with a seed: then every episode starts in the same state."
    rows, (right, both, cut) = np.array(memory), as_it_was()
    if np.allclose(rows, right):
        return None
    if not np.allclose(rows[:, 0], right[:, 0]):
        if len(np.unique(rows[:, 0])) < 3:
            return "s stays the first state for ever: after each step s_next becomes s."
        return "the states s aren't those of the episodes, one after the other: reset once an end."
    if not np.allclose(rows[:, 3], right[:, 3]):
        return "s_next isn't the state that followed: store the transition before you reset."
    if not np.allclose(rows[:, :3], right[:, :3]):
        return "the order is s, a, r, s_next, terminated: action or reward isn't the one of s."
    usual = [
        (both, "it stores the time limit as an end: only `terminated` says that nothing follows."),
        (cut, "it stores `truncated`, which is the time limit, where `terminated` belongs."),
        (1 - right[:, -1], "`terminated` is the wrong way round: 1 means that the task ended."),
        (np.zeros(12), "no transition is stored as an end, and in this world some tasks do end."),
    ]
    words = "the last column should be 1 where `terminated` is True, and else 0."
    return mistake(rows[:, -1], usual, words)


def as_it_was() -> tuple[np.ndarray, list[bool], list[bool]]:
    """The 12 right rows; where each episode was over; and where its time was up."""
    env, memory, both, cut = episodes(), Rows(), [], []
    s, _ = env.reset()
    for _ in range(12):
        s_next, r, terminated, truncated, _ = env.step(None)
        memory.add(s, s / 1_000, r, s_next, terminated)
        both.append(terminated or truncated)
        cut.append(truncated)
        s = env.reset()[0] if both[-1] else s_next
    return np.array(memory), both, cut
