"""Checks of replay buffers."""

import numpy as np

from helpers.checks.judging import check


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
