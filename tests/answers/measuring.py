"""Answers to the exercise on when a run is solved."""

import numpy as np

from helpers.checks import check_solved


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


def untouched(steps, gaps):
    found = np.inf
    for _step, _gap in zip(steps, gaps, strict=True):
        ...
    return found


def first(steps, gaps):
    good = gaps <= 0.10
    return steps[good.argmax()] if good.any() else np.inf


def at_the_end(steps, gaps):
    return steps[-1] if gaps[-1] <= 0.10 else np.inf


def smallest(steps, gaps):
    return steps[gaps.argmin()]


def last(steps, gaps):
    good = np.flatnonzero(gaps <= 0.10)
    return steps[good[-1]] if len(good) else np.inf


def place(steps, gaps):
    found = right(steps, gaps)
    return found if found == np.inf else list(steps).index(found)


def early(steps, gaps):
    bad = np.flatnonzero(gaps > 0.10)
    return steps[bad[-1]] if len(bad) else -np.inf


def strictly(steps, gaps):
    return right(steps, gaps + 1e-9)


def percent(steps, gaps):
    return right(steps, gaps / 100)


def every(steps, gaps):
    return gaps <= 0.10


ROWS = [
    (right, "Right: a run is solved from the step"),
    (from_the_end, "Right"),
    (untouched, "no run is ever solved"),
    (lambda steps, gaps: None, "still to be written"),
    (lambda steps, gaps: ..., "still to be written"),
    (first, "a run that falls back later was not solved"),
    (at_the_end, "it takes the last step"),
    (smallest, "the smallest gap"),
    (last, "it takes the last gap within 10 %"),
    (place, "the place in the list"),
    (early, "one evaluation early"),
    (strictly, "gaps of 50, 40, 10, 9, 10 %"),
    (percent, "gaps of 50, 20, 8, 5, 6 %"),
    (every, "it should give one number"),
]
ANSWERS = [(check_solved, *row) for row in ROWS]
