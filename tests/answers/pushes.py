"""Answers to the exercise on noise that is held."""

import numpy as np

from helpers.checks import check_held_noise
from helpers.noise import Gaussian


class Right(Gaussian):
    hold, calls = 20, 0

    def draw(self):
        return Gaussian.__call__(self)

    def __call__(self):
        if self.calls % self.hold == 0:
            self.push = self.draw()
        self.calls += 1
        return self.push

    def reset(self):
        self.calls = 0


class Dots(Right):
    def __call__(self):
        return ...


class Empty(Right):
    def __call__(self):
        pass


class OldPush(Right):
    def reset(self):
        pass


class OldCounter(Right):
    def reset(self):
        self.push = self.draw()


class EveryCall(Right):
    hold = 1


class OnceOnly(Right):
    hold = 10**6


class TooLong(Right):
    hold = 21


class Twenty(Right):
    def __call__(self):
        if self.calls % 20 == 0:
            self.push = self.draw()
        self.calls += 1
        return self.push


class PlainAfterReset(Right):
    def __call__(self):
        if self.calls % self.hold == 0 and not hasattr(self, "push"):
            self.push = self.draw()
        self.calls += 1
        return self.push

    def reset(self):
        self.calls, self.push = 1, 0


class StartsAtZero(Right):
    push = np.zeros(3, dtype=np.float32)

    def __call__(self):
        self.calls += 1
        if self.calls % self.hold == 0:
            self.push = self.draw()
        return self.push


class OneForAll(Right):
    def draw(self):
        return np.full(self.action_dim, self.sigma * self.rng.standard_normal())


class Single(Right):
    def draw(self):
        return self.sigma * self.rng.standard_normal()


class Biased(Right):
    def draw(self):
        return self.sigma * self.rng.random(self.action_dim)


class Unscaled(Right):
    def draw(self):
        return self.rng.standard_normal(self.action_dim)


class Shared(Right):
    generator = np.random.default_rng(0)

    def draw(self):
        return self.sigma * self.generator.standard_normal(self.action_dim)


class OneSeed(Right):
    def __init__(self, action_dim, sigma=0.1, seed=None):
        super().__init__(action_dim, sigma, 0)


ROWS = [
    (Right, "Right: a push lasts 20 calls"),
    (Dots, "still to be written"),
    (Empty, "still to be written"),
    (OldPush, "the old push goes on", "noise that is not reset"),
    (OldCounter, "the new push lasts 10 calls"),
    (EveryCall, "every call gives something new"),
    (Gaussian, "every call gives something new"),
    (OnceOnly, "it never draws again"),
    (TooLong, "yours last 21, 21"),
    (Twenty, "whatever `hold` says"),
    (PlainAfterReset, "the shape (), not (3,)"),
    (StartsAtZero, "no push at all"),
    (OneForAll, "all actions get the same push"),
    (Single, "the shape (), not (3,)"),
    (Biased, "as many pushes down as up", "biased noise"),
    (Unscaled, "and sigma is 0.3"),
    (Shared, "the same seed gives other noise"),
    (OneSeed, "two seeds give the same"),
]
ANSWERS = [(check_held_noise, *row) for row in ROWS]
