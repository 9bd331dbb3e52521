"""Answers to the exercises on the memory."""

import numpy as np
import torch

from helpers.buffer import Batch, ReplayBuffer
from helpers.checks import check_buffer, check_newest


class WithoutReplacement(ReplayBuffer):
    def choose(self, n):
        return self.rng.permutation(len(self))[:n]

    def sample(self, n):
        rows = self.rows[self.choose(n)]
        return Batch(*torch.from_numpy(rows).split(self.widths, dim=1))


class Unfinished(ReplayBuffer):
    def sample(self, n):
        raise NotImplementedError


class Empty(ReplayBuffer):
    def sample(self, n):
        pass


class AlwaysTheFirst(WithoutReplacement):
    def choose(self, n):
        return np.arange(n)


class ShufflesTheFirst(WithoutReplacement):
    def choose(self, n):
        return self.rng.permutation(n)


class EmptyRows(WithoutReplacement):
    def choose(self, n):
        return self.rng.permutation(len(self.rows))[:n]


class Mixed(WithoutReplacement):
    def sample(self, n):
        batch = super().sample(n)
        return batch._replace(r=batch.r.roll(1, 0))


class Flat(WithoutReplacement):
    def sample(self, n):
        batch = super().sample(n)
        return batch._replace(r=batch.r[:, 0])


class NeverForgets(WithoutReplacement):
    def add(self, *transition):
        if self.added < len(self.rows):
            super().add(*transition)


class AllRows(ReplayBuffer):
    def sample(self, n):
        places = ...
        return Batch(*torch.from_numpy(self.rows[places]).split(self.widths, dim=1))


class WithNewest(ReplayBuffer):
    """The right answer; the wrong ones change where it finds its rows."""

    def newest(self):
        return (self.added - 1) % len(self.rows)

    def others(self, n):
        return self.rng.integers(len(self), size=n - 1)

    def sample(self, n):
        rows = self.rows[np.append(self.others(n), self.newest())]
        return Batch(*torch.from_numpy(rows).split(self.widths, dim=1))


class NewestFirst(WithNewest):
    def sample(self, n):
        return Batch(*(column.flip(0) for column in super().sample(n)))


class OthersDiffer(WithNewest):
    def others(self, n):
        return self.rng.permutation(len(self))[: n - 1]


class OneMore(WithNewest):
    def others(self, n):
        return self.rng.integers(len(self), size=n)


class LastPlace(WithNewest):
    def newest(self):
        return len(self) - 1


class NextPlace(WithNewest):
    def newest(self):
        return self.added % len(self.rows)


class BeyondTheFilled(WithNewest):
    def newest(self):
        return -1


class NewestAlone(WithNewest):
    def others(self, n):
        return np.full(n - 1, self.newest())


class NewestAndFirst(WithNewest):
    def others(self, n):
        return np.zeros(n - 1, dtype=int)


class MixedNewest(WithNewest):
    def sample(self, n):
        batch = super().sample(n)
        return batch._replace(r=batch.r.roll(1, 0))


class StillTheOldest(WithNewest):
    def newest(self):
        return self.added % len(self)


class OldestOnceFull(WithNewest):
    def newest(self):
        return (self.added - 1 + (self.added > 8)) % len(self.rows)


ANSWERS = [
    (check_buffer, WithoutReplacement, "Right: your buffer forgets the oldest first"),
    (check_buffer, Unfinished, "Not yet: your code is still to be written"),
    (check_buffer, Empty, "Not yet: your code is still to be written"),
    (check_buffer, ReplayBuffer, "drew one transition twice"),
    (check_buffer, AlwaysTheFirst, "should choose by chance"),
    (check_buffer, EmptyRows, "never written"),
    (check_buffer, ShufflesTheFirst, "some transitions are never drawn"),
    (check_buffer, Mixed, "column r does not belong"),
    (check_buffer, Flat, "column r has shape"),
    (check_buffer, NeverForgets, "should hold those from 4 to 11"),
    (check_buffer, AllRows, "asked for 3 rows it gave 8"),
    (check_newest, WithNewest, "Right: each batch holds the newest transition"),
    (check_newest, NewestFirst, "Right: each batch holds the newest transition"),
    (check_newest, OthersDiffer, "Right: each batch holds the newest transition"),
    (check_newest, Unfinished, "Not yet: your code is still to be written"),
    (check_newest, Empty, "Not yet: your code is still to be written"),
    (check_newest, ReplayBuffer, "number 4 was the newest, and one batch of four did not hold it"),
    (check_newest, OneMore, "asked for 4 rows it gave 5"),
    (check_newest, LastPlace, "stands at (self.added - 1) % 8, and not in the last place"),
    (check_newest, NextPlace, "never written"),
    (check_newest, StillTheOldest, "number 4 was the newest"),
    (check_newest, OldestOnceFull, "stands at (self.added - 1) % 8, and yours is the oldest"),
    (check_newest, BeyondTheFilled, "never written"),
    (check_newest, NewestAlone, "the whole batch is the newest"),
    (check_newest, NewestAndFirst, "every transition held should have its chance"),
    (check_newest, MixedNewest, "column r does not belong"),
]
