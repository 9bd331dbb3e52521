"""Answers to the exercises of notebook 10."""

from itertools import combinations, combinations_with_replacement, permutations, product

import numpy as np
from scipy.stats import bootstrap, trim_mean

from answers.shared import EMPTY
from helpers.checks import check_best_of, check_bootstrap, check_interquartile_mean
from helpers.checks.notebook_10 import TEN


def middle(values, divide=lambda n: n // 4):
    cut = divide(len(values))
    return np.sort(values)[cut : len(values) - cut].mean()


def interval(values, rng, draws=2_000, size=None, levels=(2.5, 97.5), rows=None):
    size = size or len(values)
    rows = rng.integers(len(values), size=(draws, size)) if rows is None else rows
    return np.percentile(values[rows].mean(axis=1), levels)


def in_a_loop(values, rng):
    means = [rng.choice(values, len(values)).mean() for _ in range(2_000)]
    return tuple(np.quantile(means, (0.025, 0.975)))


def by_sorting(values, rng):
    rows = (len(values) * rng.random((2_000, len(values)))).astype(int)
    means = np.sort(values[rows].mean(axis=1))
    return [means[50], means[-51]]


def by_scipy(values, rng):
    band = bootstrap((values,), np.mean, n_resamples=2_000, method="percentile", rng=rng)
    return tuple(band.confidence_interval)


def never_drawn(low, high):
    def draw(values, rng):
        n = len(values)
        return interval(values, rng, rows=rng.integers(low, n + high, size=(2_000, n)))

    return draw


def down_the_columns(values, rng):
    rows = rng.integers(len(values), size=(2_000, len(values)))
    return np.percentile(values[rows].mean(axis=0), [2.5, 97.5])


def shuffled(values, rng):
    return interval(values, rng, rows=[rng.permutation(len(values)) for _ in range(50)])


def formula(factor):
    def symmetric(values, rng):
        error = values.std(ddof=1) / np.sqrt(len(values))
        return values.mean() - factor * error, values.mean() + factor * error

    return symmetric


def by_the_spread_of_the_means(values, rng):
    means = rng.choice(values, (2_000, len(values))).mean(axis=1)
    return values.mean() - 1.96 * means.std(), values.mean() + 1.96 * means.std()


def mirrored(values, rng):
    return 2 * values.mean() - interval(values, rng)[::-1]


def best_of(gaps, k):
    return np.mean([min(chosen) for chosen in combinations(gaps, k)])


def best_by_weights(gaps, k):
    """The smallest of the rest comes up in as many choices as the others allow."""
    ordered, left, share, total = np.sort(gaps), len(gaps), 1.0, 0.0
    for gap in ordered[: len(gaps) - k + 1]:
        total += share * k / left * gap
        share, left = share * (1 - k / left), left - 1
    return total


def in_place(values):
    values.sort()
    return middle(values)


MIDDLES = [
    (middle, "Right: "),
    (lambda v: trim_mean(v, 0.25), "Right: "),
    (lambda v: float(np.mean(sorted(v)[len(v) // 4 : len(v) - len(v) // 4])), "Right: "),
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
    (lambda v: middle(v, lambda n: -(-n // 4)), "cut 3 of 10"),
    (lambda v: np.sort(v)[1:-1].mean(), "cut 1 of 10"),
    (lambda v: np.sort(v)[len(v) // 4 : -len(v) // 4].mean(), "3 at the other"),
    (lambda v: np.sort(v)[2:-2].sum(), "the sum"),
    (lambda v: np.sort(v)[5:].mean(), "upper half"),
    (lambda v: 3.0, "yours is 3"),
    (lambda v: np.sort(v)[2:-2].mean(), "of 1 it should cut 0"),
    (lambda v: np.sort(v)[len(v) // 4 : -(len(v) // 4)].mean(), "of 1 it should cut 0"),
    (lambda v: middle(v, lambda n: round(n / 4)), "of 3 it should cut 0"),
    (lambda v: middle(v, lambda n: n // 5), "of 8 it should cut 2"),
]
INTERVALS = [
    (interval, "Right: "),
    (lambda values, rng: tuple(interval(values, rng, draws=10_000)), "Right: "),
    (lambda values, rng: interval(values, rng, draws=1_000), "Right: "),
    (in_a_loop, "Right: "),
    (by_sorting, "Right: "),
    (by_scipy, "Right: "),
    *EMPTY,
    (lambda v, rng: (..., ...), "still to be written"),
    (lambda v, rng: v.mean(), "two numbers"),
    (lambda v, rng: interval(v, rng)[::-1], "wrong order"),
    (shuffled, "*with* replacement"),
    (lambda v, rng: np.percentile(v, [2.5, 97.5]), "values themselves"),
    (lambda v, rng: interval(v, rng) + 9, "does not hold the mean"),
    (lambda v, rng: interval(np.arange(len(v)), rng), "or their numbers"),
    (lambda v, rng: interval(v, rng, levels=(5, 95)), "a 90 % interval"),
    (lambda v, rng: interval(v, rng, levels=(2, 98)), "a 96 % interval"),
    (lambda v, rng: interval(v, rng, levels=(3, 97)), "a 94 % interval"),
    (lambda v, rng: interval(v, rng, levels=(25, 75)), "a 50 % interval"),
    (lambda v, rng: interval(v, rng, levels=(2.5, 95)), "should be about"),
    (lambda v, rng: interval(v, rng, levels=(2.5, 97)), "should be about"),
    (lambda v, rng: interval(v, rng, levels=(3, 97.5)), "should be about"),
    (lambda v, rng: interval(v, rng, size=5), "times as wide"),
    (lambda v, rng: interval(v, rng, size=len(v) - 1), "each draw hold all 12"),
    (lambda v, rng: interval(v, rng, size=2_000), "far too narrow"),
    (down_the_columns, "far too narrow"),
    (lambda v, rng: interval(v, rng, draws=300), "jump from call to call"),
    (lambda v, rng: interval(v, np.random.default_rng()), "draw from it alone"),
    (never_drawn(0, -1), "never draws the last"),
    (never_drawn(1, 0), "never draws the first"),
    (formula(1.96), "equally far from the mean"),
    (formula(2.2), "equally far from the mean"),
    (by_the_spread_of_the_means, "equally far from the mean"),
    (mirrored, "should be about"),
]
BESTS = [
    (best_of, "Right: "),
    (lambda g, k: np.mean([min(c) for c in permutations(g, k)]) if k < 4 else g.min(), "Right: "),
    (best_by_weights, "Right: "),
    *EMPTY,
    (lambda g, k: np.sort(g)[:k], "one number"),
    (lambda g, k: g.min(), "best of all ten"),
    (lambda g, k: g[:k].min(), "the first k"),
    (lambda g, k: g.mean(), "the mean of all"),
    (lambda g, k: np.mean([max(c) for c in combinations(g, k)]), "the largest"),
    (lambda g, k: np.median([min(c) for c in combinations(g, k)]), "the median"),
    (lambda g, k: np.sum([min(c) for c in combinations(g, k)]), "a sum"),
    (lambda g, k: np.sort(g)[:k].mean(), "the mean of the best k"),
    (lambda g, k: np.mean([min(c) for c in product(g, repeat=k)]), "more than once"),
    (lambda g, k: np.mean([*map(min, combinations_with_replacement(g, k))]), "should be"),
    (lambda g, k: 1.0, "yours is 1.000"),
    (lambda g, k: best_of(g, 3), "not for k = 1"),
    (lambda g, k: best_of(TEN, k), "not for five"),
    (lambda g, k: 1 / 0, "ZeroDivisionError"),
]
ANSWERS = {check_interquartile_mean: MIDDLES, check_bootstrap: INTERVALS, check_best_of: BESTS}
