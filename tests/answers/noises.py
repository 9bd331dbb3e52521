"""Answers to the exercises on exploration noise."""

import numpy as np

from helpers.checks import check_noise
from helpers.noise import Gaussian, OrnsteinUhlenbeck


class Right(OrnsteinUhlenbeck):
    def phi(self):
        return 1 - self.theta * self.dt

    def size(self):
        return self.sigma * (1 - self.phi() ** 2) ** 0.5

    def kick(self):
        return self.rng.standard_normal(self.x.shape, dtype=np.float32)

    def __call__(self):
        self.x = self.phi() * self.x + self.size() * self.kick()
        return self.x


class Unfinished(Right):
    def __call__(self):
        raise NotImplementedError


class Empty(Right):
    def __call__(self):
        pass


class Ellipses(Right):
    def phi(self):
        return ...


class OneForAll(Right):
    def __call__(self):
        return super().__call__()[0]


class InPlace(Right):
    def __call__(self):
        self.x *= self.phi()
        self.x += self.size() * self.kick()
        return self.x


class Shared(Right):
    generator = np.random.default_rng(0)

    def kick(self):
        return self.generator.standard_normal(self.x.shape)


class OneSeed(Right):
    def __init__(self, *args, seed=None, **options):
        super().__init__(*args, seed=0, **options)


class Runaway(Right):
    def phi(self):
        return 1 + self.theta * self.dt

    def size(self):
        return self.sigma


class NoMemory(Right):
    def phi(self):
        return 0.0


class PullWithoutDt(Right):
    def phi(self):
        return 1 - self.theta


class PullForPhi(Right):
    def phi(self):
        return self.theta * self.dt


class Uniform(Right):
    def kick(self):
        return self.rng.random(self.x.shape)


class NoReset(Right):
    def reset(self):
        pass


class KickIsSigma(Right):
    def size(self):
        return self.sigma


class KickTimesDt(Right):
    def size(self):
        return self.sigma * self.dt


class NoRoot(Right):
    def size(self):
        return self.sigma * (1 - self.phi() ** 2)


class NoSquare(Right):
    def size(self):
        return self.sigma * (1 - self.phi()) ** 0.5


class SmallSteps(Right):
    def size(self):
        return self.sigma * (2 * self.theta * self.dt) ** 0.5


class DtTwice(Right):
    def size(self):
        return super().size() * self.dt**0.5


class DividedByDt(Right):
    def size(self):
        return super().size() / self.dt**0.5


class SmallStepsWithoutDt(Right):
    def size(self):
        return self.sigma * (2 * self.theta) ** 0.5


class Linear(Right):
    def size(self):
        return self.sigma * (1 - self.phi())


class SizeWithoutDt(Right):
    def size(self):
        return self.sigma * (1 - (1 - self.theta) ** 2) ** 0.5


class Half(Right):
    def size(self):
        return super().size() / 2


ROWS = [
    (Right, "Right: your noise settles"),
    (Unfinished, "still to be written"),
    (Empty, "still to be written"),
    (Ellipses, "still to be written"),
    (OneForAll, "not (3,)"),
    (InPlace, "changed with the next call"),
    (Shared, "the same seed gives other noise"),
    (OneSeed, "two seeds give the same"),
    (Runaway, "runs away"),
    (NoMemory, "no memory"),
    (PullWithoutDt, "the pull lacks its dt"),
    (PullForPhi, "0.10 of a value is left one step later, not 0.90"),
    (Uniform, "as many down as up", "biased noise"),
    (NoReset, "after reset()", "noise that is not reset"),
    (OrnsteinUhlenbeck, "as in the quoted cell"),
    (KickIsSigma, "every kick has the size sigma"),
    (KickTimesDt, "sigma times dt"),
    (NoRoot, "the root is missing"),
    (NoSquare, "a square is missing"),
    (SmallSteps, "for tiny steps only"),
    (DtTwice, "a factor √dt too many"),
    (DividedByDt, "do not divide the kick by √dt"),
    (SmallStepsWithoutDt, "lacks dt"),
    (Linear, "sigma (1 − φ) is too small"),
    (SizeWithoutDt, "at dt = 0.25 its deviation settles at 0.5"),
    (Half, "its deviation settles at 0.15"),
    (Gaussian, "TypeError"),
]
ANSWERS = [(check_noise, *row) for row in ROWS]
