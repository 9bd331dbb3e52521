"""Answers to the exercises of notebook 00."""

import numpy as np

from answers.shared import EMPTY
from helpers.checks import check_policy, check_solved
from helpers.pendulum.controllers import random_policy, swing_up_and_hold


def swing(hold=True, pump=True, stop=True, brake=1.5, push=1.0, spring=5):
    """The solution, with parts of it left out."""

    def policy(states):
        cos, sin, velocity = states.T
        energy = velocity**2 / 2 + 15 * cos
        pumped = pump * push * np.where((energy < 15) | (not stop), np.sign(velocity), 0)
        held = np.clip(-spring * sin - brake * velocity, -1, 1)
        return np.where((cos > 0.9) & hold, held, pumped)[:, None]

    return policy


POLICIES = [
    (swing(), "Right: your policy swings the pendulum up"),
    (swing_up_and_hold, "Right"),
    (lambda s: np.zeros((len(s), 1)), "in the direction in which the pendulum"),
    (lambda s: np.clip(-s[:, 1:2], -1, 1), "in the direction in which the pendulum"),
    (swing(pump=False), "in the direction in which the pendulum"),
    (lambda s: -np.sign(s[:, 2:]), "in the direction in which the pendulum"),
    (random_policy(1), "in the direction in which the pendulum"),
    (lambda s: np.sign(s[:, 2:]), "never stops, so it spins"),
    (swing(stop=False), "never stops, so it spins"),
    (swing(hold=False), "it gets up and falls again"),
    (swing(brake=0), "it gets up and falls again"),
    (swing(spring=1, brake=1), "harder than gravity pulls (2.5 * sin)"),
    (lambda s: np.zeros(len(s)), "Not yet: it raised ValueError: The policy must"),
    (lambda s: 2 * np.ones((len(s), 1)), "not one of size 2"),
]


def right(steps, gaps):
    found = np.inf
    for step, gap in zip(steps, gaps, strict=True):
        if gap > 0.10:
            found = np.inf
        elif found == np.inf:
            found = step
    return found


def from_the_end(steps, gaps):
    found = np.inf
    for step, gap in zip(steps[::-1], gaps[::-1], strict=True):
        if gap > 0.10:
            break
        found = step
    return found


def at(place, otherwise=np.inf, good=lambda gaps: gaps <= 0.10):
    """The step at this place among those whose gaps are good."""
    return lambda steps, gaps: steps[good(gaps)][place] if good(gaps).any() else otherwise


def counted(steps, gaps):
    found = np.inf
    for i, gap in enumerate(gaps):
        if gap > 0.10:
            found = np.inf
        elif found == np.inf:
            found = 1_000 * (i + 1)
    return found


def not_infinity(steps, gaps):
    found = np.inf
    for step, gap in zip(steps, gaps, strict=True):
        if gap > 0.10:
            found = np.inf
        elif not found:
            found = step
    return found


def index(steps, gaps):
    found = right(steps, gaps)
    return found if found == np.inf else list(steps).index(found)


SOLVED = [
    (right, "Right: a run is solved from the step"),
    (from_the_end, "Right"),
    *EMPTY,
    (lambda steps, gaps: np.inf, "no run is ever solved"),
    (not_infinity, "np.inf counts as True"),
    (at(0), "a run that falls back later wasn't solved"),
    (lambda steps, gaps: steps[-1] if gaps[-1] <= 0.10 else np.inf, "it takes the last step"),
    (lambda steps, gaps: steps[gaps.argmin()], "the smallest gap"),
    (at(-1), "it takes the last gap within 10 %"),
    (index, "the place in the list"),
    (counted, "it takes 1,000 steps for each gap"),
    (at(-1, good=lambda gaps: gaps > 0.10), "one evaluation early"),
    (lambda steps, gaps: right(steps, gaps + 1e-9), "gaps of 50, 40, 10, 9, 10 %"),
    (lambda steps, gaps: right(steps, gaps / 100), "gaps of 50, 20, 8, 5, 6 %"),
    (lambda steps, gaps: gaps <= 0.10, "it should give one number"),
]
ANSWERS = {check_policy: POLICIES, check_solved: SOLVED}
