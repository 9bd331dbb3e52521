"""Answers to the exercises of notebook 04."""

import random
from collections import deque

import numpy as np
import torch

from answers.shared import changed
from helpers.buffer import Batch, ReplayBuffer
from helpers.checks import check_buffer, check_distinct, check_newest
from helpers.variants.ablations import InOrder, LastTransitionOnly, SingleTransition


class OfTuples:
    """A right buffer that looks quite different."""

    def __init__(self, capacity, state_dim, action_dim, seed=None, device="cpu"):
        self.memory = deque(maxlen=capacity)
        self.random = random.Random(seed)

    def __len__(self):
        return len(self.memory)

    def add(self, s, a, r, s_next, terminated):
        self.memory.append((s, a, [r], s_next, [terminated]))

    def sample(self, n):
        chosen = self.random.choices(self.memory, k=n)
        columns = zip(*chosen, strict=True)
        return Batch(*(torch.tensor(np.array(c), dtype=torch.float32) for c in columns))


class WithTheGlobalGenerator(OfTuples):
    def sample(self, n):
        self.random = np.random
        chosen = [self.memory[np.random.randint(len(self))] for _ in range(n)]  # noqa: NPY002
        columns = zip(*chosen, strict=True)
        return Batch(*(torch.tensor(np.array(c), dtype=torch.float32) for c in columns))


class WithoutReplacementOfTuples(OfTuples):
    def sample(self, n):
        columns = zip(*self.random.sample(self.memory, n), strict=True)
        return Batch(*(torch.tensor(np.array(c), dtype=torch.float32) for c in columns))


class NotLong(ReplayBuffer):
    def __len__(self):
        return ...


def choosing(places):
    """A buffer whose batch of n is made of the rows at `places(memory, n)`."""

    def sample(memory, n):
        rows = memory.rows[places(memory, n)]
        return Batch(*torch.from_numpy(rows).split(memory.widths, dim=1))

    return changed(ReplayBuffer, sample=sample)


def giving(base, change):
    """A buffer whose batch is changed before it is given."""
    return changed(base, sample=lambda memory, n: change(base.sample(memory, n)))


def adding(add):
    """A buffer that writes in another way."""
    return changed(ReplayBuffer, add=add)


def mixed(batch):
    return batch._replace(r=batch.r.roll(1, 0))


def flat(batch):
    return batch._replace(r=batch.r[:, 0])


def never_forgets(memory, *transition):
    if memory.added < len(memory.rows):
        ReplayBuffer.add(memory, *transition)


def overwrites_the_last(memory, *transition):
    if memory.added >= len(memory.rows):
        memory.added = len(memory.rows) - 1
    ReplayBuffer.add(memory, *transition)


def uncounted(memory, *transition):
    ReplayBuffer.add(memory, *transition)
    memory.added -= 1


def action_last(memory, s, a, r, s_next, terminated):
    ReplayBuffer.add(memory, s, -np.asarray(a), r, s_next, terminated)


def unseeded(memory, n):
    return np.random.default_rng().integers(len(memory), size=n)


def from_the_global_generator(memory, n):
    return np.random.permutation(len(memory))[:n]  # noqa: NPY002


def every_second(memory, n):
    return (memory.rng.integers(len(memory)) + 2 * np.arange(n)) % len(memory)


def unlooked_up(memory, n):
    rows = memory.rng.permutation(len(memory))[:n]
    return Batch(*torch.from_numpy(rows).split(memory.widths, dim=1))


def counted_first(memory, *transition):
    memory.added += 1
    ReplayBuffer.add(memory, *transition)
    memory.added -= 1


def seedless(memory):
    memory.rng = np.random.default_rng(0)


def shuffled_stretch(memory, n):
    return memory.rng.permutation((memory.rng.integers(len(memory)) + np.arange(n)) % len(memory))


def stretch(memory, n):
    return (memory.rng.integers(len(memory)) + np.arange(n)) % len(memory)


def skewed(memory, n):
    return (len(memory) * memory.rng.random(n) ** 2).astype(int)


def all_but_the_first(memory, n):
    return memory.rng.integers(min(1, len(memory) - 1), len(memory), size=n)


def one_repeated(memory, n):
    return np.append(
        memory.rng.integers(len(memory)), np.repeat(memory.rng.integers(len(memory)), n - 1)
    )


BUFFERS = [
    (ReplayBuffer, "Right: your buffer forgets the oldest first"),
    (OfTuples, "Right: "),
    (WithoutReplacementOfTuples, "Right: "),
    (choosing(lambda memory, n: memory.rng.permutation(len(memory))[:n]), "Right: "),
    (choosing(lambda memory, n: np.sort(memory.rng.integers(len(memory), size=n))), "Right: "),
    (giving(ReplayBuffer, lambda batch: None), "still to be written, or its `return` missing?"),
    (choosing(lambda memory, n: ...), "asked for 4 rows it gave 8"),
    (NotLong, "still to be written"),
    (adding(lambda memory, *transition: None), "with 1 added to 8 places, its length is 0, not 1"),
    (adding(uncounted), "its length is 0, not 1"),
    (changed(ReplayBuffer, __len__=lambda memory: memory.added), "its length is 9, not 8"),
    (changed(ReplayBuffer, __len__=lambda memory: len(memory.rows)), "its length is 8, not 0"),
    (adding(never_forgets), "should hold those from 61 to 100, and it drew number"),
    (adding(overwrites_the_last), "should hold those from 61 to 100, and it drew number"),
    (adding(action_last), "the column a doesn't belong"),
    (choosing(lambda memory, n: memory.rng.integers(len(memory.rows), size=n)), "never written"),
    (adding(counted_first), "never written: `sample` draws among those that are held, and `add`"),
    (changed(ReplayBuffer, sample=unlooked_up), "a place isn't a row"),
    (giving(ReplayBuffer, tuple), "`sample` gives a tuple, not a Batch"),
    (giving(ReplayBuffer, flat), "the column r has shape (4,), not (4, 1)"),
    (giving(ReplayBuffer, mixed), "the column r doesn't belong"),
    (giving(ReplayBuffer, lambda b: b._replace(r=b.r.double())), "r is of torch.float64"),
    (giving(ReplayBuffer, lambda b: b._replace(s=b.s.numpy())), "s is a ndarray, not a tensor"),
    (choosing(lambda memory, n: np.arange(n)), "the same rows every time"),
    (choosing(lambda memory, n: -1 - np.arange(n)), "never written"),
    (LastTransitionOnly, "the same rows every time"),
    (SingleTransition, "on average only 1 of the 16 rows of a batch are different"),
    (choosing(one_repeated), "on average only 2 of the 16 rows"),
    (InOrder, "the rows of a batch are neighbours"),
    (choosing(stretch), "the rows of a batch are neighbours"),
    (choosing(shuffled_stretch), "the rows of a batch are neighbours"),
    (choosing(every_second), "one random number decides the whole batch"),
    (choosing(all_but_the_first), "some transitions are never drawn"),
    (choosing(skewed), "all should be equally likely"),
    (choosing(unseeded), "two buffers of the same seed drew different rows"),
    (WithTheGlobalGenerator, "two buffers of the same seed drew different rows"),
    (changed(ReplayBuffer, __init__=seedless), "two buffers of different seeds drew the same"),
]
WithoutReplacement = choosing(lambda memory, n: memory.rng.permutation(len(memory))[:n])
DISTINCT = [
    (WithoutReplacement, "Right: no transition comes twice in a batch"),
    (
        choosing(lambda memory, n: memory.rng.choice(len(memory), size=n, replace=False)),
        "Right: ",
    ),
    (WithoutReplacementOfTuples, "Right: "),
    (giving(ReplayBuffer, lambda batch: None), "still to be written, or its `return` missing?"),
    (ReplayBuffer, "drew one transition twice"),
    (choosing(lambda memory, n: np.arange(n)), "the same rows every time"),
    (choosing(lambda memory, n: memory.rng.permutation(len(memory.rows))[:n]), "never written"),
    (choosing(lambda memory, n: memory.rng.permutation(n)), "some transitions are never drawn"),
    (choosing(stretch), "the rows of a batch are neighbours"),
    (choosing(shuffled_stretch), "the rows of a batch are neighbours"),
    (choosing(lambda memory, n: memory.rng.permutation(len(memory))), "asked for 3 rows it gave 5"),
    (giving(WithoutReplacement, mixed), "column r doesn't belong"),
    (giving(WithoutReplacement, flat), "column r has shape"),
    (changed(WithoutReplacement, add=never_forgets), "it drew number"),
    (choosing(lambda memory, n: ...), "asked for 3 rows it gave 8"),
    (choosing(every_second), "one random number decides the whole batch"),
    (choosing(from_the_global_generator), "two buffers of the same seed drew different rows"),
    (changed(ReplayBuffer, sample=unlooked_up), "a place isn't a row"),
]


def newest(memory):
    return (memory.added - 1) % len(memory.rows)


def drawn(memory, n):
    return memory.rng.integers(len(memory), size=n)


def ending(last, others=lambda memory, n: drawn(memory, n - 1)):
    """A buffer whose batch ends with the row at `last(memory)`, after those at `others`."""
    return choosing(lambda memory, n: np.append(others(memory, n), last(memory)))


def other_than_the_newest(memory, n):
    return (newest(memory) + memory.rng.integers(1, len(memory), size=n - 1)) % len(memory)


def with_rows(others):
    """A buffer that takes the newest row, and `others` for their places, in one list."""

    def sample(memory, n):
        rows = memory.rows[[newest(memory), *others(memory, n - 1)]]
        return Batch(*torch.from_numpy(rows).split(memory.widths, dim=1))

    return changed(ReplayBuffer, sample=sample)


NEWEST = [
    (ending(newest), "Right: each batch is sure to hold the newest"),
    (
        giving(ending(newest), lambda batch: Batch(*(column.flip(0) for column in batch))),
        "Right: each batch is sure to hold the newest",
    ),
    (
        ending(newest, lambda memory, n: memory.rng.permutation(len(memory))[: n - 1]),
        "Right: each batch is sure to hold the newest",
    ),
    (ending(newest, other_than_the_newest), "Right: "),
    (giving(ReplayBuffer, lambda batch: None), "still to be written, or its `return` missing?"),
    (ReplayBuffer, "number 4 was the newest, and one batch of four did not hold it"),
    (ending(newest, drawn), "asked for 4 rows it gave 5"),
    (
        ending(lambda memory: len(memory) - 1),
        "stands at (self.added - 1) % 8, and not in the last place",
    ),
    (ending(lambda memory: memory.added % len(memory.rows)), "never written"),
    (ending(lambda memory: memory.added % len(memory)), "number 4 was the newest"),
    (
        ending(lambda memory: (memory.added - 1 + (memory.added > 8)) % len(memory.rows)),
        "stands at (self.added - 1) % 8, and yours is the oldest",
    ),
    (ending(lambda memory: -1), "is `newest` where the last `add` wrote? it drew a row that"),
    (
        ending(newest, lambda memory, n: from_the_global_generator(memory, n - 1)),
        "two buffers of the same seed",
    ),
    (with_rows(lambda memory, n: memory.rows[drawn(memory, n)]), "a place isn't a row"),
    (
        ending(newest, lambda memory, n: np.full(n - 1, newest(memory))),
        "the whole batch is the newest",
    ),
    (
        ending(
            newest,
            lambda memory, n: np.append(drawn(memory, n // 2), [newest(memory)] * (n // 2 - 1)),
        ),
        "the newest fills half of the batch",
    ),
    (
        ending(newest, lambda memory, n: np.zeros(n - 1, dtype=int)),
        "apart from the newest: it draws the same rows every time",
    ),
    (
        ending(newest, lambda memory, n: np.repeat(drawn(memory, 1), n - 1)),
        "apart from the newest: on average only 1 of the 15 rows",
    ),
    (
        ending(newest, lambda memory, n: stretch(memory, n - 1)),
        "apart from the newest: the rows of a batch are neighbours",
    ),
    (
        ending(newest, lambda memory, n: skewed(memory, n - 1)),
        "all should be equally likely",
    ),
    (giving(ending(newest), mixed), "column r doesn't belong"),
]
ANSWERS = {check_buffer: BUFFERS, check_distinct: DISTINCT, check_newest: NEWEST}
