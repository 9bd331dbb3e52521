"""Checks of notebook 04: the learner's own replay buffer, and two that draw differently."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from helpers.checks.verdicts import check, first, given, tensor_complaint

WIDTHS = {"s": 2, "a": 1, "r": 1, "s_next": 2, "terminated": 1}
CAPACITY, ADDED, BATCH, DRAWS = 40, 100, 16, 500  # to see how a buffer draws
MORE = range(ADDED - CAPACITY + 1, ADDED + 1)  # the numbers that are then held
MIXED_UP = "Dimension out of range", "inhomogeneous", "arrays used as indices"  # places and rows


@contextmanager
def numpy_kept() -> Iterator[None]:
    """Leave NumPy's global random generator as it was, whatever a buffer draws from it."""
    before = np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


def add(buffer, numbers) -> None:
    """Add transitions that are told apart by their number."""
    for i in numbers:
        s, s_next = np.full(2, i, dtype=np.float32), np.full(2, i + 1, dtype=np.float32)
        buffer.add(s, np.array([-i], dtype=np.float32), 10.0 * i, s_next, i % 2 == 1)


def sampled(buffer, n: int):
    """A batch of n; an error from taking places for rows says so."""
    try:
        return given(buffer.sample(n))
    except (IndexError, ValueError) as error:
        if any(words in str(error) for words in MIXED_UP):
            error.args = (
                "a place isn't a row: `self.rows[places]` gives the rows in these places",
            )
        raise


def batch_complaint(batch, n: int) -> str | None:
    """What is wrong with a batch of n of the transitions that `add` adds."""
    if not all(hasattr(batch, name) for name in WIDTHS):
        return f"`sample` gives a {type(batch).__name__}, not a Batch of five tensors."
    if isinstance(batch.s, torch.Tensor) and batch.s.ndim == 2 and len(batch.s) != n:
        return f"asked for {n} rows it gave {len(batch.s)}."
    for name, width in WIDTHS.items():
        column, what = getattr(batch, name), f"the column {name}"
        if complaint := tensor_complaint(column, (n, width), what):
            return complaint
        if column.dtype != torch.float32:
            return f"{what} is of {column.dtype}: the networks take torch.float32."
    i = batch.s[:, :1]
    if (i == 0).any():
        return (
            "it drew a row that was never written: `sample` draws among those that are held, "
            "and `add` fills place 0 first."
        )
    for name, values in {"a": -i, "r": 10 * i, "s_next": i + 1, "terminated": i % 2}.items():
        if not getattr(batch, name)[:, :1].equal(values):
            return f"the column {name} doesn't belong to the column s: use one index for all."
    return None


def numbers_in(batch) -> list[float]:
    """The numbers of the transitions in a batch."""
    return batch.s[:, 0].tolist()


def draws_complaint(numbers: np.ndarray, distinct: float, among=MORE) -> str | None:
    """Whether rows are drawn evenly and independently; numbers (DRAWS, n) of the MORE held.

    A batch holds at least `distinct` different ones on average; those `among` are counted.
    """
    outside = numbers[~np.isin(numbers, MORE)]
    if len(outside):
        return (
            f"after {ADDED} transitions in {CAPACITY} places it should hold those from {MORE[0]} "
            f"to {MORE[-1]}, and it drew number {outside[0]:.0f}."
        )
    if (numbers == numbers[0]).all():
        return "it draws the same rows every time: it should draw at random."
    different = np.mean([len(np.unique(batch)) for batch in numbers])
    if different < distinct:
        return (
            f"on average only {different:.0f} of the {numbers.shape[1]} rows of a batch are "
            "different: draw each of them, and don't repeat one."
        )
    turns = np.exp(2j * np.pi * numbers / CAPACITY)  # each number as a place on the ring
    together = np.mean(np.abs(turns.mean(axis=1)) ** 2) - np.abs(turns.mean()) ** 2
    if together > 0.15:  # at most 1/16 for independent draws, however uneven
        return "the rows of a batch are neighbours: draw each one at random from all that are held."
    offsets = (numbers - numbers[:, :1]) % CAPACITY  # where the others are, seen from the first
    if len(np.unique(offsets, axis=0)) < len(numbers) / 2:
        return "one random number decides the whole batch: draw each row for itself."
    counts = np.array([(numbers == i).sum() for i in among])
    if counts.min() == 0:
        return f"some transitions are never drawn, such as number {among[counts.argmin()]}."
    if counts.min() < counts.mean() / 2 or counts.max() > 2 * counts.mean():
        return (
            f"number {among[counts.argmax()]} came {counts.max()} times and number "
            f"{among[counts.argmin()]} {counts.min()} times: all should be equally likely."
        )
    return None


def draws(buffer: type, seed: int = 0, times: int = DRAWS) -> np.ndarray:
    """The numbers in so many batches, (times, BATCH), from a full ring."""
    memory = buffer(CAPACITY, 2, 1, seed=seed, device="cpu")
    add(memory, range(1, ADDED + 1))
    return np.array([numbers_in(memory.sample(BATCH)) for _ in range(times)])


def seed_complaint(buffer: type) -> str | None:
    """Whether the draws depend on the seed, and on nothing else."""
    first_draw, same, other = (draws(buffer, seed, times=1) for seed in (0, 0, 1))
    if not np.array_equal(first_draw, same):
        return "two buffers of the same seed drew different rows: use self.rng, made from `seed`."
    if np.array_equal(first_draw, other):
        return "two buffers of different seeds drew the same rows: use self.rng, made from `seed`."
    return None


@check
@numpy_kept()
def check_buffer(buffer: type) -> str | None:
    """your buffer forgets the oldest first, and draws all that it holds equally often."""
    memory = buffer(8, 2, 1, seed=0, device="cpu")
    lengths = [given(len(memory))]
    for i in range(1, 12):
        add(memory, [i])
        lengths.append(len(memory))
        if i == 5 and lengths[5] == 5:
            for _ in range(50):
                if complaint := batch_complaint(sampled(memory, 4), 4):
                    return complaint
    for added, length in enumerate(lengths):
        if length != min(added, 8):
            return f"with {added} added to 8 places, its length is {length}, not {min(added, 8)}."
    if complaint := first(batch_complaint(memory.sample(4), 4) for _ in range(50)):
        return complaint
    complaint = draws_complaint(draws(buffer), distinct=12)  # 13.3 with replacement, 16 without
    return complaint or seed_complaint(buffer)


@check
@numpy_kept()
def check_distinct(buffer: type) -> str | None:
    """no transition comes twice in a batch, and all that are held are equally likely."""
    memory = buffer(8, 2, 1, seed=0)
    add(memory, range(1, 6))
    for n in (3, 5):
        for _ in range(50):
            batch = sampled(memory, n)
            if complaint := batch_complaint(batch, n):
                return complaint
            if len({*numbers_in(batch)}) < n:
                return "it drew one transition twice in the same batch."
    return draws_complaint(draws(buffer), distinct=BATCH) or seed_complaint(buffer)


@check
@numpy_kept()
def check_newest(buffer: type) -> str | None:
    """each batch is sure to hold the newest transition, and the rest is drawn at random."""
    memory = buffer(8, 2, 1, seed=0)
    add(memory, range(1, 4))  # too few for a batch of 4 different ones
    for i in range(4, 21):  # round the ring of 8 places twice, and on
        add(memory, [i])
        batches = [sampled(memory, 4) for _ in range(50)]
        if any(len(batch.s) != 4 for batch in batches):
            return f"asked for 4 rows it gave {len(batches[0].s)}: the newest is one of the 4."
        if complaint := first(batch_complaint(batch, 4) for batch in batches):
            unwritten = "never written" in complaint
            return ("is `newest` where the last `add` wrote? " if unwritten else "") + complaint
        numbers = np.array([numbers_in(batch) for batch in batches])  # (50, 4)
        if not (numbers == i).any(axis=1).all():
            return newest_complaint(numbers, i)
    if (numbers == i).all():
        return "the whole batch is the newest transition: only one of its rows should be."
    numbers = draws(buffer)
    if (numbers == ADDED).sum() > 3 * DRAWS:
        return "the newest fills half of the batch or more: only one of its rows is kept for it."
    others = [batch[np.arange(BATCH) != np.argmax(batch == ADDED)] for batch in numbers]
    complaint = draws_complaint(np.array(others), distinct=10, among=MORE[:-1])
    return f"apart from the newest: {complaint}" if complaint else seed_complaint(buffer)


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
