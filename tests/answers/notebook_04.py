"""Answers to the exercises of notebook 04."""

import numpy as np
import torch

from answers.shared import changed
from helpers.buffer import Batch, ReplayBuffer
from helpers.checks import check_buffer, check_newest


def choosing(places):
    """A buffer whose batch of n is made of the rows at `places(memory, n)`."""

    def sample(memory, n):
        rows = memory.rows[places(memory, n)]
        return Batch(*torch.from_numpy(rows).split(memory.widths, dim=1))

    return changed(ReplayBuffer, sample=sample)


def giving(base, change):
    """A buffer whose batch is changed before it is given."""
    return changed(base, sample=lambda memory, n: change(base.sample(memory, n)))


def mixed(batch):
    return batch._replace(r=batch.r.roll(1, 0))


def never_forgets(memory, *transition):
    if memory.added < len(memory.rows):
        ReplayBuffer.add(memory, *transition)


WithoutReplacement = choosing(lambda memory, n: memory.rng.permutation(len(memory))[:n])
BUFFERS = [
    (WithoutReplacement, "Right: your buffer forgets the oldest first"),
    (giving(ReplayBuffer, lambda batch: None), "Not yet: your code is still to be written"),
    (ReplayBuffer, "drew one transition twice"),
    (choosing(lambda memory, n: np.arange(n)), "should draw at random"),
    (choosing(lambda memory, n: memory.rng.permutation(len(memory.rows))[:n]), "never written"),
    (choosing(lambda memory, n: memory.rng.permutation(n)), "some transitions are never drawn"),
    (giving(WithoutReplacement, mixed), "column r doesn't belong"),
    (
        giving(WithoutReplacement, lambda batch: batch._replace(r=batch.r[:, 0])),
        "column r has shape",
    ),
    (changed(WithoutReplacement, add=never_forgets), "should hold those from 4 to 11"),
    (choosing(lambda memory, n: ...), "asked for 3 rows it gave 8"),
]


def newest(memory):
    return (memory.added - 1) % len(memory.rows)


def drawn(memory, n):
    return memory.rng.integers(len(memory), size=n)


def ending(last, others=lambda memory, n: drawn(memory, n - 1)):
    """A buffer whose batch ends with the row at `last(memory)`, after those at `others`."""
    return choosing(lambda memory, n: np.append(others(memory, n), last(memory)))


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
    (giving(ReplayBuffer, lambda batch: None), "Not yet: your code is still to be written"),
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
    (ending(lambda memory: -1), "never written"),
    (
        ending(newest, lambda memory, n: np.full(n - 1, newest(memory))),
        "the whole batch is the newest",
    ),
    (
        ending(newest, lambda memory, n: np.zeros(n - 1, dtype=int)),
        "any transition held should be drawn now and then",
    ),
    (giving(ending(newest), mixed), "column r doesn't belong"),
]
ANSWERS = {check_buffer: BUFFERS, check_newest: NEWEST}
