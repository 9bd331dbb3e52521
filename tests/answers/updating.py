"""Answers to the exercise on learning twice."""

from helpers.agent import DDPG
from helpers.checks import check_learning_twice


class Twice(DDPG):
    def learn(self):
        super().learn()
        return super().learn()


class InALoop(DDPG):
    def learn(self):
        for _ in range(2):
            saw = super().learn()
        return saw


class Dots(DDPG):
    def learn(self): ...


class NothingBack(DDPG):
    def learn(self):
        super().learn()
        super().learn()


class Thrice(Twice):
    def learn(self):
        DDPG.learn(self)
        return super().learn()


class InWarmup(DDPG):
    def learn(self):
        if len(self.buffer):
            self.buffer.sample(1)
        return super().learn()


class Itself(DDPG):
    def learn(self):
        super().learn()
        return self.learn()


ROWS = [
    (Twice, "Right: each call of learn makes two updates"),
    (InALoop, "Right"),
    (Dots, "still to be written"),
    (DDPG, "drew 1 batch(es), where 2"),
    (NothingBack, "give back what super().learn() gives"),
    (Thrice, "drew 3 batch(es)"),
    (InWarmup, "in the warm-up"),
    (Itself, "it raised RecursionError"),
]
ANSWERS = [(check_learning_twice, *row) for row in ROWS]
