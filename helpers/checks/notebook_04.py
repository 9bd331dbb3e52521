"""Checks of notebook 04: replay buffers that draw differently."""

import numpy as np

from helpers.checks.verdicts import check, first, given


def add(buffer, numbers) -> None:
    """Add transitions that are told apart by their number."""
    for i in numbers:
        buffer.add([i, i], [-i], 10 * i, [i + 1, i + 1], i % 2 == 1)


def columns_complaint(batch) -> str | None:
    """What is wrong with the columns of a batch of the transitions that `add` adds."""
    i = batch.s[:, :1]
    for name, values in {"a": -i, "r": 10 * i, "s_next": i + 1, "terminated": i % 2}.items():
        column = getattr(batch, name)
        if column.ndim != 2 or len(column) != len(i):
            return f"the column {name} has shape {tuple(column.shape)}, not ({len(i)}, width)."
        if not column[:, :1].equal(values):
            return f"the column {name} doesn't belong to the column s: use one index for all."
    return None


@check
def check_buffer(buffer: type) -> str | None:
    """your buffer forgets the oldest first, keeps its columns together, and draws no row twice."""
    memory = buffer(8, 2, 1, seed=0)
    add(memory, range(1, 6))
    if len(memory) != 5:
        return f"after 5 transitions its length is {len(memory)}."
    if (found := len(given(memory.sample(3)).s)) != 3:
        return f"asked for 3 rows it gave {found}."
    batch = memory.sample(5)
    if (batch.s == 0).any():
        return "it drew a row that was never written: draw among the first len(self) rows only."
    if complaint := columns_complaint(batch):
        return complaint
    if len(np.unique(batch.s[:, 0])) < 5:
        return "it drew one transition twice in the same batch."
    if all(memory.sample(5).s[:, 0].equal(batch.s[:, 0]) for _ in range(20)):
        return "it draws the same rows in the same order every time: it should draw at random."
    if len({number for _ in range(50) for number in memory.sample(2).s[:, 0].tolist()}) < 5:
        return "some transitions are never drawn: shuffle all len(self) places, then take n."
    add(memory, range(6, 12))
    if sorted(memory.sample(8).s[:, 0].tolist()) != [4, 5, 6, 7, 8, 9, 10, 11]:
        return "after 11 transitions in 8 places it should hold those from 4 to 11."
    return None


@check
def check_newest(buffer: type) -> str | None:
    """each batch is sure to hold the newest transition, once, and the rest is drawn at random."""
    memory = buffer(8, 2, 1, seed=0)
    add(memory, range(1, 4))  # too few for a batch of 4 different ones
    for i in range(4, 21):  # round the ring of 8 places twice, and on
        add(memory, [i])
        batches = [given(memory.sample(4)) for _ in range(50)]
        if any(len(batch.s) != 4 for batch in batches):
            return f"asked for 4 rows it gave {len(batches[0].s)}: the newest is one of the 4."
        numbers = np.array([batch.s[:, 0].tolist() for batch in batches])  # (50, 4)
        if (numbers == 0).any():
            return "it drew a row that was never written: the newest is where `add` wrote last."
        if complaint := first(map(columns_complaint, batches)):
            return complaint
        if not (numbers == i).any(axis=1).all():
            return newest_complaint(numbers, i)
    if (numbers == i).all():
        return "the whole batch is the newest transition: only one of its rows should be."
    if len(np.unique(numbers)) < 8 or (numbers == numbers[0]).all():
        return "apart from the newest, any transition held should be drawn now and then."
    return None


def newest_complaint(numbers: np.ndarray, newest: int) -> str:
    """What to say of batches (50, 4) of which some lack the newest transition."""
    if newest <= 8:
        return f"number {newest} was the newest, and one batch of four did not hold it."
    oldest = (numbers == newest - 7).any(axis=1).all()
    return (
        f"after {newest} transitions in 8 places it doesn't always hold number {newest}: once "
        f"round the ring, the newest stands at (self.added - 1) % 8, "
        + ("and yours is the oldest." if oldest else "and not in the last place.")
    )
