"""Checks of notebook 10: what is computed from the results of several seeds."""

from collections.abc import Callable
from itertools import combinations

import numpy as np

from helpers.checks.verdicts import check, given, mistake
from helpers.evaluation.statistics import interquartile_mean

TEN = np.array([9.0, 40.0, 6.0, 100.0, 8.0, 11.0, 30.0, 4.0, 7.0, 5.0])  # gaps, unsorted
SPREAD = np.random.default_rng(5).lognormal(size=40)  # values to draw from again and again


def number(answer: object) -> float:
    """The answer as one number; NotImplementedError for nothing, ValueError for something else."""
    if np.ndim(given(answer)) != 0:
        raise ValueError(f"the answer should be one number, not {np.shape(answer)} of them")
    return float(answer)


@check
def check_interquartile_mean(middle: Callable[[np.ndarray], float]) -> str | None:
    """it is the mean of the middle half, whatever the order."""
    values = TEN.copy()
    answer, ordered = number(middle(values)), np.sort(TEN)
    if not np.array_equal(values, TEN):
        return "it changed the values that it was given: `np.sort(values)` gives a sorted copy."
    low, high = np.percentile(TEN, [25, 75])
    usual = [
        (TEN[2:-2].mean(), "it cut before sorting: what is first is not what is smallest."),
        (TEN.mean(), "that is the mean of all: cut a quarter at each end first."),
        (np.median(TEN), "that is the median: the mean of the two in the middle, not of half."),
        (high - low, "that is the interquartile range, a width: the mean in between is meant."),
        (ordered[2:].mean(), "it cut the smallest quarter only: cut the largest too."),
        (ordered[:-2].mean(), "it cut the largest quarter only: cut the smallest too."),
        (ordered[3:-3].mean(), "it cut 3 of 10 at each end: a quarter is rounded down, to 2."),
        (ordered[1:-1].mean(), "it cut 1 of 10 at each end: a quarter of 10, rounded down, is 2."),
        (ordered[2:-2].sum(), "that is the sum of the middle half: divide by how many are left."),
        (ordered[5:].mean(), "that is the mean of the upper half: cut a quarter at each end."),
    ]
    right = interquartile_mean(TEN)
    if not np.isclose(answer, right):
        words = f"of {ordered.tolist()} the middle six have the mean {right:.4g}; "
        return mistake(answer, usual, words + f"yours is {answer:.4g}.")
    for values in (np.array([3.0]), np.array([5.0, 1.0, 3.0]), np.arange(8.0) ** 2):
        if not np.isclose(number(middle(values.copy())), interquartile_mean(values)):
            return f"it is right for ten values, but not for the {len(values)} values {values}."
    return None


@check
def check_bootstrap(interval: Callable) -> str | None:
    """95 in 100 of the means of redrawn values lie in your interval."""
    answer = given(interval(SPREAD.copy(), np.random.default_rng(0)))
    if any(end is ... for end in np.ravel(answer)):
        raise NotImplementedError
    if np.shape(answer) != (2,):
        return f"it should give two numbers, the lower and the upper bound, not {answer!r:.60}."
    low, high = map(float, answer)
    if low > high:
        return "the bounds are in the wrong order: the lower one comes first."
    if np.isclose(low, high):
        return "both bounds are the same: draw *with* replacement, or every draw holds the same."
    drawn = SPREAD[np.random.default_rng(1).integers(len(SPREAD), size=(20_000, len(SPREAD)))]
    means = drawn.mean(axis=1)
    right, middle = np.percentile(means, [2.5, 97.5]), np.median(means)
    width = (high - low) / (right[1] - right[0])
    if np.allclose([low, high], np.percentile(SPREAD, [2.5, 97.5]), rtol=0.02):
        return "these are percentiles of the values themselves: take those of the redrawn *means*."
    if not low < middle < high:
        return f"the interval {low:.3g} to {high:.3g} does not hold the mean, {middle:.3g}."
    if 0.79 < width < 0.89:
        return "that is a 90 % interval: cut 2.5 % at each end, not 5 %."
    if width > 2:
        return f"it is {width:.1f} times as wide as it should be: does each draw hold all 40?"
    if abs(width - 1) > 0.11 or abs(low - right[0]) > 0.1 * (right[1] - right[0]):
        return (
            f"for these 40 values it should be about {right[0]:.2f} to {right[1]:.2f}; yours is "
            f"{low:.2f} to {high:.2f}. (With fewer than 1,000 draws it is a matter of luck.)"
        )
    return None


@check
def check_best_of(best_of: Callable[[np.ndarray, int], float]) -> str | None:
    """it is the mean, over all choices of k runs, of the smallest gap among them."""
    answer = number(best_of(TEN.copy(), 3))
    choices = np.array([*combinations(TEN, 3)])  # (120, 3)
    smallest = choices.min(axis=1)
    usual = [
        (TEN.min(), "that is the best of all ten: only k of them are tried."),
        (TEN[:3].min(), "that is the best of the first k: take every choice of k runs."),
        (choices.mean(), "that is the mean of all: take the *smallest* of each choice first."),
        (choices.max(axis=1).mean(), "it took the largest of each choice: a small gap is good."),
        (np.median(smallest), "that is the median over the choices: take the mean."),
        (smallest.sum(), "that is a sum: divide by the number of choices."),
    ]
    if not np.isclose(answer, smallest.mean()):
        words = f"for the gaps {TEN.tolist()} and k = 3 it should be {smallest.mean():.3f}; "
        return mistake(answer, usual, words + f"yours is {answer:.3f}.")
    for k, right in ((1, TEN.mean()), (10, TEN.min())):
        if not np.isclose(number(best_of(TEN.copy(), k)), right):
            return f"it is right for k = 3, but not for k = {k}, where it should be {right:.4g}."
    return None
