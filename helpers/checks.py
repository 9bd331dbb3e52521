"""Checks for the exercises: each takes your own work and answers in one friendly sentence.

A check never raises. Its answer begins with "Right" or with "Not yet".
"""

from collections.abc import Callable
from functools import wraps
from types import SimpleNamespace

import numpy as np

from helpers.evaluation import ask, evaluate, random_policy
from helpers.history import History


def check(judge: Callable[[object], str | None]) -> Callable[[object], None]:
    """Make a judge, who gives a complaint or None, into a check that prints and never raises."""

    @wraps(judge)
    def checked(work: object) -> None:
        try:
            complaint = judge(work)
        except NotImplementedError:
            complaint = "your code is still to be written, at the line that raises."
        except Exception as error:  # whatever a learner's code may raise
            complaint = f"it raised {type(error).__name__}: {error}."
        print(f"Not yet: {complaint}" if complaint else f"Right: {judge.__doc__}")

    return checked


@check
def check_policy(policy: Callable[[np.ndarray], np.ndarray]) -> str | None:
    """your policy gives valid actions, and does far better than chance."""
    if policy is None:
        raise NotImplementedError
    states = np.eye(3, dtype=np.float32)
    ask(policy, states, action_dim=1)
    mine, chance = evaluate(policy).mean(), evaluate(random_policy(0)).mean()
    if mine < chance + 100:
        return (
            f"its mean return is {mine:.0f}, and pure chance gives {chance:.0f}: try to push "
            "in the direction in which the pendulum already moves, to gain energy."
        )
    return None


@check
def check_buffer(buffer: type) -> str | None:
    """your buffer forgets the oldest first, keeps its columns together, and draws no row twice."""
    memory = buffer(8, 2, 1, seed=0)
    for i in range(1, 6):
        memory.add([i, i], [-i], 10 * i, [i + 1, i + 1], i % 2 == 1)
    if len(memory) != 5:
        return f"after 5 transitions its length is {len(memory)}."
    if memory.sample(3) is None:
        raise NotImplementedError
    first = memory.sample(5)
    if (first.s == 0).any():
        return "it drew a row that was never written: draw among the first len(self) rows only."
    if complaint := columns_complaint(first):
        return complaint
    if len(np.unique(first.s[:, 0])) < 5:
        return "it drew one transition twice in the same batch."
    if all(memory.sample(5).s[:, 0].equal(first.s[:, 0]) for _ in range(20)):
        return "it draws the same rows in the same order every time: it should choose by chance."
    for i in range(6, 12):
        memory.add([i, i], [-i], 10 * i, [i + 1, i + 1], i % 2 == 1)
    if sorted(memory.sample(8).s[:, 0].tolist()) != [4, 5, 6, 7, 8, 9, 10, 11]:
        return "after 11 transitions in 8 places it should hold those from 4 to 11."
    return None


def columns_complaint(batch) -> str | None:
    """What is wrong with the columns of a batch of the transitions that `check_buffer` adds."""
    i = batch.s[:, :1]
    expected = {"a": -i, "r": 10 * i, "s_next": i + 1, "terminated": i % 2}
    for name, values in expected.items():
        column = getattr(batch, name)
        if column.ndim != 2 or len(column) != len(i):
            return f"the column {name} has shape {tuple(column.shape)}, not ({len(i)}, width)."
        if not column[:, :1].equal(values):
            return f"the column {name} does not belong to the column s: use one index for all."
    return None


@check
def check_stopping(callback: type) -> str | None:
    """your callback ends a run at the third evaluation in a row within 10 %, and not before."""
    cases = {
        (0.5, 0.09, 0.05, 0.08): "the last three gaps are within 10 %, and it went on.",
        (0.5, 0.09, 0.05): "only two gaps were within 10 %, and it stopped.",
        (0.09, 0.2, 0.05, 0.08): "the gaps were 9, 20, 5, 8 %: not three in a row, and it stopped.",
        (): "nothing was evaluated yet, and it stopped.",
    }
    for case, (gaps, complaint) in enumerate(cases.items()):
        agent = SimpleNamespace(history=History())
        watcher, stopped = callback(), False
        watcher.start(agent, 10_000)
        for gap in gaps:
            agent.history.step += 1_000
            agent.history.record(gap=gap)
            stopped = bool(watcher.step(agent))
        if not gaps:
            stopped = bool(watcher.step(agent))
        if stopped != (case == 0):
            return complaint
    return None
