"""Answers to the exercises on running an agent."""

from helpers.callbacks import Callback
from helpers.checks import check_stopping


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
    (check_stopping, Stopping, "Right: your callback ends a run at the third"),
    (check_stopping, Callback, "still to be written"),
    (check_stopping, NeverStops, "and it went on"),
    (check_stopping, TooSoon, "only two gaps"),
    (check_stopping, AnyThree, "not three in a row"),
    (check_stopping, MeanOfThree, "the mean is small, but one is not"),
    (check_stopping, StopsOnNothing, "it stopped"),
]
