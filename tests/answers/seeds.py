"""Answers to the exercises on experiments: statistics of a few seeds."""

from itertools import combinations

import numpy as np

from helpers.checks import check_best_of, check_bootstrap, check_interquartile_mean


def middle(values):
    cut = len(values) // 4
    return np.sort(values)[cut : len(values) - cut].mean()


def interval(values, rng, draws=2_000, size=None, levels=(2.5, 97.5), replace=True):
    means = [rng.choice(values, size or len(values), replace).mean() for _ in range(draws)]
    return np.percentile(means, levels)


def best_of(gaps, k):
    return np.mean([min(chosen) for chosen in combinations(gaps, k)])


def unfinished(*_):
    raise NotImplementedError


def in_place(values):
    values.sort()
    return middle(values)


ANSWERS = [
    (check_interquartile_mean, middle, "Right: "),
    (check_bootstrap, interval, "Right: "),
    (check_bootstrap, lambda values, rng: tuple(interval(values, rng, draws=10_000)), "Right: "),
    (check_best_of, best_of, "Right: "),
    (check_interquartile_mean, unfinished, "still to be written"),
    (check_interquartile_mean, lambda v: None, "still to be written"),
    (check_interquartile_mean, lambda v: ..., "still to be written"),
    (check_interquartile_mean, np.sort, "one number"),
    (check_interquartile_mean, in_place, "changed the values"),
    (check_interquartile_mean, lambda v: v[2:-2].mean(), "before sorting"),
    (check_interquartile_mean, np.mean, "the mean of all"),
    (check_interquartile_mean, np.median, "the median"),
    (check_interquartile_mean, lambda v: np.subtract(*np.percentile(v, [75, 25])), "range"),
    (check_interquartile_mean, lambda v: np.sort(v)[len(v) // 4 :].mean(), "smallest quarter only"),
    (check_interquartile_mean, lambda v: np.sort(v)[: -(len(v) // 4)].mean(), "largest quarter"),
    (check_interquartile_mean, lambda v: np.sort(v)[3:-3].mean(), "cut 3 of 10"),
    (check_interquartile_mean, lambda v: np.sort(v)[1:-1].mean(), "cut 1 of 10"),
    (check_interquartile_mean, lambda v: np.sort(v)[2:-2].sum(), "the sum"),
    (check_interquartile_mean, lambda v: np.sort(v)[5:].mean(), "upper half"),
    (check_interquartile_mean, lambda v: 3.0, "yours is 3"),
    (check_interquartile_mean, lambda v: np.sort(v)[2:-2].mean(), "right for ten values"),
    (check_bootstrap, unfinished, "still to be written"),
    (check_bootstrap, lambda v, rng: None, "still to be written"),
    (check_bootstrap, lambda v, rng: (..., ...), "still to be written"),
    (check_bootstrap, lambda v, rng: v.mean(), "two numbers"),
    (check_bootstrap, lambda v, rng: interval(v, rng)[::-1], "wrong order"),
    (check_bootstrap, lambda v, rng: interval(v, rng, replace=False), "*with* replacement"),
    (check_bootstrap, lambda v, rng: np.percentile(v, [2.5, 97.5]), "values themselves"),
    (check_bootstrap, lambda v, rng: interval(v, rng) + 9, "does not hold the mean"),
    (check_bootstrap, lambda v, rng: interval(v, rng, levels=(5, 95)), "90 %"),
    (check_bootstrap, lambda v, rng: interval(v, rng, size=5), "times as wide"),
    (check_bootstrap, lambda v, rng: interval(v, rng, levels=(25, 75)), "should be about"),
    (check_best_of, unfinished, "still to be written"),
    (check_best_of, lambda g, k: None, "still to be written"),
    (check_best_of, lambda g, k: np.sort(g)[:k], "one number"),
    (check_best_of, lambda g, k: g.min(), "best of all ten"),
    (check_best_of, lambda g, k: g[:k].min(), "the first k"),
    (check_best_of, lambda g, k: g.mean(), "the mean of all"),
    (check_best_of, lambda g, k: np.mean([max(c) for c in combinations(g, k)]), "the largest"),
    (check_best_of, lambda g, k: np.median([min(c) for c in combinations(g, k)]), "the median"),
    (check_best_of, lambda g, k: np.sum([min(c) for c in combinations(g, k)]), "a sum"),
    (check_best_of, lambda g, k: 1.0, "yours is 1.000"),
    (check_best_of, lambda g, k: best_of(g, 3), "not for k = 1"),
    (check_best_of, lambda g, k: 1 / 0, "ZeroDivisionError"),
]
