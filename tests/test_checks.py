"""Each check against the right answer, unfinished work, and each mistake that it names."""

import numpy as np
import pytest
import torch

from helpers.buffer import Batch, ReplayBuffer
from helpers.callbacks import Callback
from helpers.checks import check_buffer, check_policy, check_stopping
from helpers.evaluation import swing_up_and_hold


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


class Stopping(Callback):
    needed, limit = 3, 0.1

    def step(self, agent):
        _, gaps = agent.history["gap"]
        return len(gaps) >= self.needed and (gaps[-self.needed :] <= self.limit).all()


class TooSoon(Stopping):
    needed = 2


class NeverStops(Stopping):
    limit = 0.0


class AnyThree(Stopping):
    def step(self, agent):
        return (agent.history["gap"][1] <= 0.1).sum() >= 3


class MeanOfThree(Stopping):
    def step(self, agent):
        gaps = agent.history["gap"][1][-3:]
        return len(gaps) == 3 and gaps.mean() <= 0.1


class StopsOnNothing(Stopping):
    def step(self, agent):
        return (agent.history["gap"][1][-3:] <= 0.1).all()


ANSWERS = [
    (check_policy, swing_up_and_hold, "Right: your policy gives valid actions"),
    (check_policy, None, "Not yet: your code is still to be written"),
    (check_policy, lambda s: np.zeros((len(s), 1)), "Not yet: its mean return is"),
    (check_policy, lambda s: np.zeros(len(s)), "Not yet: it raised ValueError: The policy must"),
    (check_policy, lambda s: 2 * np.ones((len(s), 1)), "not one of size 2"),
    (check_buffer, WithoutReplacement, "Right: your buffer forgets the oldest first"),
    (check_buffer, Unfinished, "Not yet: your code is still to be written"),
    (check_buffer, Empty, "Not yet: your code is still to be written"),
    (check_buffer, None, "Not yet: it raised TypeError"),
    (check_buffer, ReplayBuffer, "drew one transition twice"),
    (check_buffer, AlwaysTheFirst, "should choose by chance"),
    (check_buffer, EmptyRows, "never written"),
    (check_buffer, Mixed, "column r does not belong"),
    (check_buffer, Flat, "column r has shape"),
    (check_buffer, NeverForgets, "should hold those from 4 to 11"),
    (check_stopping, Stopping, "Right: your callback ends a run at the third"),
    (check_stopping, Callback, "and it went on"),
    (check_stopping, NeverStops, "and it went on"),
    (check_stopping, TooSoon, "only two gaps"),
    (check_stopping, AnyThree, "not three in a row"),
    (check_stopping, MeanOfThree, "the mean is small, but one is not"),
    (check_stopping, StopsOnNothing, "it stopped"),
]


@pytest.mark.parametrize(("check", "work", "words"), ANSWERS)
def test_answers(check, work, words, capsys):
    assert check(work) is None
    answer = capsys.readouterr().out
    assert words in answer
    assert answer.count("\n") == 1
