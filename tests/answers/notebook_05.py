"""Answers to the exercises of notebook 05."""

import numpy as np

from answers.shared import changed
from helpers.checks import (
    check_gaussian,
    check_held_noise,
    check_noise,
    check_ornstein_uhlenbeck,
)
from helpers.noise import Gaussian, OrnsteinUhlenbeck

SHARED = np.random.default_rng(0)


def reseeding(noise):
    """The noise with a reset that starts its random generator again, too."""

    def reset(self):
        noise.reset(self)
        self.rng = np.random.default_rng(7)

    return changed(noise, reset=reset)


def unseeding(noise):
    """The noise with a reset that makes a generator without a seed."""

    def reset(self):
        noise.reset(self)
        self.rng = np.random.default_rng()

    return changed(noise, reset=reset)


class RightGaussian:
    def __init__(self, action_dim, sigma=0.1, seed=None):
        self.action_dim, self.sigma = action_dim, sigma
        self.rng = np.random.default_rng(seed)

    def __call__(self):
        return self.sigma * self.rng.standard_normal(self.action_dim)

    def reset(self):
        pass


def giving(value):
    """The Gaussian noise with other values."""
    return changed(RightGaussian, __call__=value)


class FilledInPlace(RightGaussian):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.x = np.zeros(self.action_dim)

    def __call__(self):
        self.x[:] = super().__call__()
        return self.x


GAUSSIANS = [
    (Gaussian, "Right: your noise is independent from call to call"),
    (RightGaussian, "Right"),
    (giving(lambda noise: noise.rng.normal(0, noise.sigma, noise.action_dim)), "Right"),
    (giving(lambda noise: ...), "still to be written"),
    (giving(lambda noise: None), "still to be written"),
    (giving(lambda noise: noise.sigma * noise.rng.standard_normal()), "has shape (), not (3,)"),
    (
        giving(lambda noise: noise.sigma * noise.rng.standard_normal((noise.action_dim, 1))),
        "has shape (3, 1), not (3,)",
    ),
    (
        giving(lambda noise: np.full(noise.action_dim, noise.sigma * noise.rng.standard_normal())),
        "all motors get the same number",
    ),
    (
        giving(lambda noise: noise.sigma * SHARED.standard_normal(noise.action_dim)),
        "the same seed gives other noise",
    ),
    (
        changed(RightGaussian, __init__=lambda n: vars(n).update(rng=np.random.default_rng(0))),
        "two seeds give the same",
    ),
    (reseeding(RightGaussian), "two episodes get the same numbers"),
    (unseeding(RightGaussian), "after reset() the same seed gives other noise"),
    (FilledInPlace, "changed with the next call"),
    (giving(lambda noise: [*RightGaussian.__call__(noise)]), "a value is a list, not an array"),
    (giving(lambda noise: np.clip(RightGaussian.__call__(noise), -1, 1)), "don't clip here"),
    (OrnsteinUhlenbeck, "a value depends on the one before"),
    (
        changed(OrnsteinUhlenbeck, __init__=lambda noise: vars(noise).update(theta=1.5)),
        "a value depends on the one before",
    ),
    (giving(lambda noise: noise.sigma * noise.rng.random(noise.action_dim)), "its mean is 0.15"),
    (giving(lambda noise: noise.rng.standard_normal(noise.action_dim)), "sigma is missing"),
    (
        giving(lambda noise: noise.sigma**0.5 * noise.rng.standard_normal(noise.action_dim)),
        "its variance is sigma",
    ),
    (giving(lambda noise: noise.rng.normal(0, noise.sigma**2, noise.action_dim)), "squared"),
    (giving(lambda noise: noise.rng.normal(0, 2 * noise.sigma, noise.action_dim)), "is 0.6"),
    (
        giving(lambda noise: noise.sigma * 3**0.5 * noise.rng.uniform(-1, 1, noise.action_dim)),
        "aren't normal",
    ),
]


class RightOU:
    def __init__(self, action_dim, sigma=0.2, theta=0.15, dt=1.0, seed=None):
        self.sigma, self.theta, self.dt = sigma, theta, dt
        self.rng = np.random.default_rng(seed)
        self.x = np.zeros(action_dim)

    def draw(self):
        return self.rng.standard_normal(len(self.x))

    def pull(self):
        return -self.theta * self.x * self.dt

    def kick(self):
        return self.sigma * self.dt**0.5 * self.draw()

    def __call__(self):
        self.x = self.x + self.pull() + self.kick()
        return self.x

    def reset(self):
        self.x = np.zeros(len(self.x))


class OUInPlace(RightOU):
    def __call__(self):
        self.x += self.pull() + self.kick()
        return self.x


class OUReturnedEarly(RightOU):
    def __call__(self):
        old = self.x
        super().__call__()
        return old


class OUCopied(RightOU):
    def __call__(self):
        return super().__call__().copy()

    def reset(self):
        self.x[:] = 0


class OUBackToOne(RightOU):
    def reset(self):
        self.x = np.ones(len(self.x))


def ou(**parts):
    """The noise with memory, with other parts."""
    return changed(RightOU, **parts)


def kicked(size):
    """The noise with memory, whose kicks have another size, from sigma, theta and dt."""
    return ou(kick=lambda n: size(n.sigma, n.theta, n.dt) * n.draw())


OUS = [
    (OrnsteinUhlenbeck, "Right: your noise starts at 0"),
    (RightOU, "Right"),
    (OUCopied, "Right"),
    (ou(__call__=lambda noise: None), "still to be written"),
    (ou(__init__=lambda noise: vars(noise).update(x=...)), "still to be written"),
    (ou(__call__=lambda noise: RightOU.__call__(noise)[0]), "has shape (), not (3,)"),
    (OUInPlace, "changed with the next call"),
    (ou(__call__=lambda noise: np.clip(RightOU.__call__(noise), -1, 1)), "don't clip here"),
    (OUReturnedEarly, "its first value is 0"),
    (ou(draw=lambda noise: noise.rng.standard_normal()), "all motors get the same number"),
    (ou(draw=lambda noise: SHARED.standard_normal(len(noise.x))), "the same seed gives other"),
    (reseeding(RightOU), "two episodes get the same numbers"),
    (unseeding(RightOU), "after reset() the same seed gives other noise"),
    (ou(pull=lambda n: n.theta * n.x * n.dt), "it runs away"),
    (ou(pull=lambda n: 0), "1.00 of a value is left"),
    (ou(pull=lambda n: -n.theta * n.x), "the pull lacks its dt"),
    (ou(pull=lambda n: -n.x), "it has no memory"),
    (Gaussian, "TypeError"),
    (
        ou(reset=lambda noise: None),
        "after reset() it goes on where it was",
        "noise that is not reset",
    ),
    (OUBackToOne, "after reset() it begins at"),
    (ou(__init__=lambda n: vars(n).update(x=n.x + 1)), "x starts at 0"),
    (kicked(lambda sigma, theta, dt: sigma), "it lacks the factor √dt"),
    (kicked(lambda sigma, theta, dt: sigma * dt), "the factor dt, where it should have the root"),
    (kicked(lambda sigma, theta, dt: dt**0.5), "lacks its sigma"),
    (kicked(lambda sigma, theta, dt: sigma**2 * dt**0.5), "sigma squared"),
    (
        kicked(lambda sigma, theta, dt: sigma * (1 - (1 - theta * dt) ** 2) ** 0.5),
        "it settles at sigma",
    ),
    (kicked(lambda sigma, theta, dt: 2 * sigma * dt**0.5), "its kicks have the deviation"),
    (ou(draw=lambda n: n.rng.random(len(n.x))), "as many down as up", "biased noise"),
    (ou(draw=lambda n: 3**0.5 * n.rng.uniform(-1, 1, len(n.x))), "aren't normal"),
]


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
    (keeping(lambda theta, dt: abs(1 - theta * dt)), "φ may be negative"),
    (keeping(lambda theta, dt: max(0, 1 - theta * dt)), "φ may be negative"),
    (reseeding(Right), "two episodes get the same numbers"),
    (
        changed(Right, kick=lambda noise: noise.rng.random(noise.x.shape)),
        "as many down as up",
        "biased noise",
    ),
    (changed(Right, reset=lambda noise: None), "after reset()", "noise that is not reset"),
    (OrnsteinUhlenbeck, "as in our cell"),
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
    (changed(RightHeld, reset=lambda noise: setattr(noise, "push", None)), "it gives None"),
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
    (reseeding(RightHeld), "two episodes get the same numbers"),
    (unseeding(RightHeld), "after reset() the same seed gives other noise"),
]
ANSWERS = {
    check_gaussian: GAUSSIANS,
    check_ornstein_uhlenbeck: OUS,
    check_noise: NOISES,
    check_held_noise: HELD,
}
