"""Answers to the exercises of notebook 10."""

from itertools import combinations

import numpy as np

from answers.shared import EMPTY
from helpers.checks import check_best_of, check_bootstrap, check_interquartile_mean


def middle(values):
    cut = len(values) // 4
    return np.sort(values)[cut : len(values) - cut].mean()


def interval(values, rng, draws=2_000, size=None, levels=(2.5, 97.5), replace=True):
    means = [rng.choice(values, size or len(values), replace).mean() for _ in range(draws)]
    return np.percentile(means, levels)


def best_of(gaps, k):
    return np.mean([min(chosen) for chosen in combinations(gaps, k)])


def in_place(values):
    values.sort()
    return middle(values)


MIDDLES = [
    (middle, "Right: "),
    *EMPTY,
    (np.sort, "one number"),
    (in_place, "changed the values"),
    (lambda v: v[2:-2].mean(), "before sorting"),
    (np.mean, "the mean of all"),
    (np.median, "the median"),
    (lambda v: np.subtract(*np.percentile(v, [75, 25])), "range"),
    (lambda v: np.sort(v)[len(v) // 4 :].mean(), "smallest quarter only"),
    (lambda v: np.sort(v)[: -(len(v) // 4)].mean(), "largest quarter"),
    (lambda v: np.sort(v)[3:-3].mean(), "cut 3 of 10"),
    (lambda v: np.sort(v)[1:-1].mean(), "cut 1 of 10"),
    (lambda v: np.sort(v)[2:-2].sum(), "the sum"),
    (lambda v: np.sort(v)[5:].mean(), "upper half"),
    (lambda v: 3.0, "yours is 3"),
    (lambda v: np.sort(v)[2:-2].mean(), "right for ten values"),
]
INTERVALS = [
    (interval, "Right: "),
    (lambda values, rng: tuple(interval(values, rng, draws=10_000)), "Right: "),
    *EMPTY,
    (lambda v, rng: (..., ...), "still to be written"),
    (lambda v, rng: v.mean(), "two numbers"),
    (lambda v, rng: interval(v, rng)[::-1], "wrong order"),
    (lambda v, rng: interval(v, rng, replace=False), "*with* replacement"),
    (lambda v, rng: np.percentile(v, [2.5, 97.5]), "values themselves"),
    (lambda v, rng: interval(v, rng) + 9, "does not hold the mean"),
    (lambda v, rng: interval(v, rng, levels=(5, 95)), "90 %"),
    (lambda v, rng: interval(v, rng, size=5), "times as wide"),
    (lambda v, rng: interval(v, rng, levels=(25, 75)), "should be about"),
]
BESTS = [
    (best_of, "Right: "),
    *EMPTY,
    (lambda g, k: np.sort(g)[:k], "one number"),
    (lambda g, k: g.min(), "best of all ten"),
    (lambda g, k: g[:k].min(), "the first k"),
    (lambda g, k: g.mean(), "the mean of all"),
    (lambda g, k: np.mean([max(c) for c in combinations(g, k)]), "the largest"),
    (lambda g, k: np.median([min(c) for c in combinations(g, k)]), "the median"),
    (lambda g, k: np.sum([min(c) for c in combinations(g, k)]), "a sum"),
    (lambda g, k: 1.0, "yours is 1.000"),
    (lambda g, k: best_of(g, 3), "not for k = 1"),
    (lambda g, k: 1 / 0, "ZeroDivisionError"),
]
ANSWERS = {check_interquartile_mean: MIDDLES, check_bootstrap: INTERVALS, check_best_of: BESTS}
