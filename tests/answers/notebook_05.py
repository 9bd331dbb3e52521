"""Answers to the exercises of notebook 05."""

import numpy as np

from answers.shared import changed
from helpers.checks import check_held_noise, check_noise
from helpers.noise import Gaussian, OrnsteinUhlenbeck

SHARED = np.random.default_rng(0)


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


class InPlace(Right):
    def __call__(self):
        self.x *= self.phi()
        self.x += self.size() * self.kick()
        return self.x


class OneSeed(Right):
    def __init__(self, *args, seed=None, **options):
        super().__init__(*args, seed=0, **options)


Runaway = changed(
    Right, phi=lambda noise: 1 + noise.theta * noise.dt, size=lambda noise: noise.sigma
)


def kicking(size):
    """The noise with another size of its kicks, from theta, dt and phi, over sigma."""

    def times_sigma(noise):
        return noise.sigma * size(noise.theta, noise.dt, noise.phi())

    return changed(Right, size=times_sigma)


def keeping(phi):
    """The noise of which another share is left one step later, from theta and dt."""
    return changed(Right, phi=lambda noise: phi(noise.theta, noise.dt))


NOISES = [
    (Right, "Right: your noise settles"),
    (changed(Right, __call__=lambda noise: None), "still to be written"),
    (keeping(lambda theta, dt: ...), "still to be written"),
    (changed(Right, __call__=lambda noise: Right.__call__(noise)[0]), "not (3,)"),
    (InPlace, "changed with the next call"),
    (
        changed(Right, kick=lambda noise: SHARED.standard_normal(noise.x.shape)),
        "the same seed gives other noise",
    ),
    (OneSeed, "two seeds give the same"),
    (Runaway, "runs away"),
    (keeping(lambda theta, dt: 0.0), "no memory"),
    (keeping(lambda theta, dt: 1 - theta), "the pull lacks its dt"),
    (keeping(lambda theta, dt: theta * dt), "0.10 of a value is left one step later, not 0.90"),
    (
        changed(Right, kick=lambda noise: noise.rng.random(noise.x.shape)),
        "as many down as up",
        "biased noise",
    ),
    (changed(Right, reset=lambda noise: None), "after reset()", "noise that is not reset"),
    (OrnsteinUhlenbeck, "as in the quoted cell"),
    (kicking(lambda theta, dt, phi: 1), "every kick has the size sigma"),
    (kicking(lambda theta, dt, phi: dt), "sigma times dt"),
    (kicking(lambda theta, dt, phi: 1 - phi**2), "the root is missing"),
    (kicking(lambda theta, dt, phi: (1 - phi) ** 0.5), "a square is missing"),
    (kicking(lambda theta, dt, phi: (2 * theta * dt) ** 0.5), "is right for tiny steps only"),
    (kicking(lambda theta, dt, phi: (dt * (1 - phi**2)) ** 0.5), "a factor √dt too many"),
    (kicking(lambda theta, dt, phi: ((1 - phi**2) / dt) ** 0.5), "don't divide by √dt"),
    (kicking(lambda theta, dt, phi: (2 * theta) ** 0.5), "lacks dt"),
    (kicking(lambda theta, dt, phi: 1 - phi), "sigma (1 − φ) is too small"),
    (
        kicking(lambda theta, dt, phi: (1 - (1 - theta) ** 2) ** 0.5),
        "at dt = 0.25 its deviation settles at 0.5",
    ),
    (
        kicking(lambda theta, dt, phi: (1 - phi**2) ** 0.5 / 2),
        "its deviation settles at 0.15",
    ),
    (Gaussian, "TypeError"),
]


class RightHeld(Gaussian):
    hold, calls = 20, 0

    def draw(self):
        return Gaussian.__call__(self)

    def due(self):
        return self.calls % self.hold == 0

    def __call__(self):
        if self.due():
            self.push = self.draw()
        self.calls += 1
        return self.push

    def reset(self):
        self.calls = 0


class PlainAfterReset(RightHeld):
    def reset(self):
        self.calls, self.push = 1, 0


class StartsAtZero(RightHeld):
    push = np.zeros(3, dtype=np.float32)

    def due(self):
        return self.calls and super().due()


class OneSeedHeld(RightHeld):
    def __init__(self, action_dim, sigma=0.1, seed=None):
        super().__init__(action_dim, sigma, 0)


def drawing(draw):
    """The held noise with other pushes."""
    return changed(RightHeld, draw=draw)


HELD = [
    (RightHeld, "Right: a push lasts 20 calls"),
    (changed(RightHeld, __call__=lambda noise: None), "still to be written"),
    (changed(RightHeld, __call__=lambda noise: ...), "still to be written"),
    (
        changed(RightHeld, reset=lambda noise: None),
        "the old push goes on",
        "noise that is not reset",
    ),
    (
        changed(RightHeld, reset=lambda noise: setattr(noise, "push", noise.draw())),
        "the new push lasts 10 calls",
    ),
    (changed(RightHeld, hold=1), "every call gives something new"),
    (Gaussian, "every call gives something new"),
    (changed(RightHeld, hold=10**6), "it never draws again"),
    (changed(RightHeld, hold=21), "yours last 21, 21"),
    (changed(RightHeld, due=lambda noise: noise.calls % 20 == 0), "whatever `hold` says"),
    (PlainAfterReset, "has shape (), not (3,)"),
    (StartsAtZero, "no push at all"),
    (
        drawing(lambda noise: np.full(noise.action_dim, 0.3 * noise.rng.standard_normal())),
        "all actions get the same push",
    ),
    (drawing(lambda noise: 0.3 * noise.rng.standard_normal()), "has shape (), not (3,)"),
    (
        drawing(lambda noise: 0.3 * noise.rng.random(noise.action_dim)),
        "as many pushes down as up",
        "biased noise",
    ),
    (drawing(lambda noise: noise.rng.standard_normal(noise.action_dim)), "and sigma is 0.3"),
    (
        drawing(lambda noise: 0.3 * SHARED.standard_normal(noise.action_dim)),
        "the same seed gives other noise",
    ),
    (OneSeedHeld, "two seeds give the same"),
]
ANSWERS = {check_noise: NOISES, check_held_noise: HELD}
