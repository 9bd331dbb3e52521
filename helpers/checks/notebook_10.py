"""Checks of notebook 10: what is computed from the results of several seeds."""

from collections.abc import Callable
from itertools import combinations, product

import numpy as np

from helpers.checks.verdicts import check, given, mistake
from helpers.evaluation.statistics import interquartile_mean

TEN = np.array([9.0, 40.0, 6.0, 100.0, 8.0, 11.0, 30.0, 3.5, 7.0, 5.0])  # gaps, unsorted
OTHERS = ([3.0], [5.0, 1.0, 30.0], [9.0, 50.0, 1.0, 2.0, 3.0, 400.0, 4.0], [*TEN[2:]])
TWELVE = np.array([7.0, 2.0, 0.5, 1.0, 3.0, 1.5, 0.8, 2.5, 1.2, 4.0, 0.6, 15.0])  # skewed
MIDDLE = [2.5, 97.5]  # the percentiles that hold 95 % between them
CALLS = 25  # of the learner's function: their mean tells 95 % from 96 %


def number(answer: object) -> float:
    """The answer as one number; NotImplementedError for nothing, ValueError for something else."""
    if np.ndim(given(answer)) != 0:
        raise ValueError(f"the answer should be one number, not {np.shape(answer)} of them")
    return float(answer)


@check
def check_interquartile_mean(middle: Callable[[np.ndarray], float]) -> str | None:
    """it is the mean without the best and the worst quarter, whatever the order."""
    values = TEN.copy()
    answer, ordered = number(middle(values)), np.sort(TEN)
    if not np.array_equal(values, TEN):
        return "it changed the values that it was given: `np.sort(values)` gives a sorted copy."
    low, high = np.percentile(TEN, [25, 75])
    usual = [
        (TEN[2:-2].mean(), "it cut before sorting: what is first is not what is smallest."),
        (TEN.mean(), "that is the mean of all: cut a quarter at each end first."),
        (np.median(TEN), "that is the median: only the one or two in the middle count."),
        (high - low, "that is the interquartile range, a width: the mean in between is meant."),
        (ordered[2:].mean(), "it cut the smallest quarter only: cut the largest too."),
        (ordered[:-2].mean(), "it cut the largest quarter only: cut the smallest too."),
        (ordered[3:-3].mean(), "it cut 3 of 10 at each end: a quarter is rounded down, to 2."),
        (ordered[1:-1].mean(), "it cut 1 of 10 at each end: a quarter of 10, rounded down, is 2."),
        (
            ordered[2:-3].mean(),
            "it cut 2 of 10 at one end and 3 at the other: cut 2 at both.",
        ),
        (ordered[2:-2].sum(), "that is the sum of what is left: divide by how many are left."),
        (ordered[5:].mean(), "that is the mean of the upper half: cut a quarter at each end."),
    ]
    right = interquartile_mean(TEN)
    if not np.isclose(answer, right):
        words = f"of {ordered.tolist()} the middle six have the mean {right:.4g}; "
        return mistake(answer, usual, words + f"yours is {answer:.4g}.")
    for values in map(np.array, OTHERS):
        if not np.isclose(number(middle(values.copy())), interquartile_mean(values)):
            n = len(values)
            return f"it is right for ten values, but of {n} it should cut {n // 4} at each end."
    return None


def redrawn_means(values: np.ndarray, seed: int, draws: int = 2_000) -> np.ndarray:
    """The means of twelve values, drawn with replacement, (draws,)."""
    return np.random.default_rng(seed).choice(values, (draws, len(TWELVE))).mean(axis=1)


@check
def check_bootstrap(interval: Callable) -> str | None:
    """95 in 100 of the means of redrawn values lie in your interval."""
    if complaint := shape_of_interval(interval(TWELVE.copy(), np.random.default_rng(0))):
        return complaint
    calls = [interval(TWELVE.copy(), np.random.default_rng(seed)) for seed in (0, 1)]
    constant = np.array_equal(*calls)  # without `rng`: right or wrong once and for all
    if not constant:
        seeds = range(2, CALLS)
        calls += [interval(TWELVE.copy(), np.random.default_rng(seed)) for seed in seeds]
    bounds = np.mean(calls, axis=0)
    sound = [np.percentile(redrawn_means(TWELVE, seed), MIDDLE) for seed in range(100)]
    luck = np.std(sound, axis=0)  # of one call
    means = redrawn_means(TWELVE, seed=1, draws=100_000)
    off = np.max(np.abs(bounds - np.percentile(means, MIDDLE)) / luck)
    if off < 4.5 and np.std(calls, axis=0).max() > 1.8 * luck.max():
        return "your bounds jump from call to call: draw 2,000 times."
    if off < (4.5 if constant else 0.9):
        again = interval(TWELVE.copy(), np.random.default_rng(0))
        repeats = np.array_equal(again, calls[0])
        return None if repeats else "the same `rng` gives other bounds: draw from it alone."
    return wrong_interval(*bounds, means, luck.max())


def shape_of_interval(answer: object) -> str | None:
    """Whether these are two bounds, the lower one first, with the mean between them."""
    if any(end is ... for end in np.ravel(given(answer))):
        raise NotImplementedError
    if np.shape(answer) != (2,):
        return f"it should give two numbers, the lower and the upper bound, not {answer!r:.60}."
    (low, high), middle = map(float, answer), TWELVE.mean()
    if low > high:
        return "the bounds are in the wrong order: the lower one comes first."
    if np.isclose(low, high):
        return "both bounds are the same: draw *with* replacement, or every draw holds the same."
    if not low < middle < high:
        return (
            f"the interval {low:.3g} to {high:.3g} does not hold the mean, {middle:.3g}: "
            "does it average the values drawn, or their numbers?"
        )
    return None


def wrong_interval(low: float, high: float, means: np.ndarray, luck: float) -> str:
    """What to say about bounds that are wrong by more than luck, given the redrawn means."""
    n = len(TWELVE)
    usual = [
        (TWELVE,
         "these are percentiles of the values themselves: take those of the redrawn *means*."),
        (redrawn_means(TWELVE[:-1], seed=1),
         "it never draws the last value: `rng.integers(n)` already ends at n - 1."),
        (redrawn_means(TWELVE[1:], seed=1), "it never draws the first value: its number is 0."),
    ]  # fmt: skip
    for wrong, words in usual:
        if np.allclose([low, high], np.percentile(wrong, MIDDLE), atol=luck):
            return words
    right = np.percentile(means, MIDDLE)
    width = (high - low) / (right[1] - right[0])
    if width < 0.2:
        return f"it is far too narrow: average each draw of {n} (`axis=1`, if draws are rows)."
    if np.isclose((low + high) / 2, TWELVE.mean(), atol=luck / 2):
        return (
            "its bounds lie equally far from the mean, as with a formula for the standard error: "
            "take percentiles of the redrawn means, which are skewed."
        )
    if width > 1.25:
        return f"it is {width:.1f} times as wide as it should be: does each draw hold all {n}?"
    below, above = np.mean(means < low), np.mean(means > high)
    if np.isclose(below, above, rtol=0.05, atol=0.002):
        return (
            f"that is a {100 * (1 - below - above):.0f} % interval: cut 2.5 % at each end, and let "
            f"each draw hold all {n} values."
        )
    return (
        f"for these {n} values it should be about {right[0]:.2f} to {right[1]:.2f}; yours is "
        f"{low:.2f} to {high:.2f}."
    )


@check
def check_best_of(best_of: Callable[[np.ndarray, int], float]) -> str | None:
    """it is the mean, over all choices of k runs, of the smallest gap among them."""
    answer = number(best_of(TEN.copy(), 3))
    choices = np.array([*combinations(TEN, 3)])  # (120, 3)
    smallest = choices.min(axis=1)
    repeated = np.array([*product(TEN, repeat=3)]).min(axis=1)
    usual = [
        (TEN.min(), "that is the best of all ten: only k of them are tried."),
        (TEN[:3].min(), "that is the best of the first k: take every choice of k runs."),
        (choices.mean(), "that is the mean of all: take the *smallest* of each choice first."),
        (choices.max(axis=1).mean(), "it took the largest of each choice: a small gap is good."),
        (np.median(smallest), "that is the median over the choices: take the mean."),
        (smallest.sum(), "that is a sum: divide by the number of choices."),
        (np.sort(TEN)[:3].mean(), "that is the mean of the best k: only the best one is shown."),
        (repeated.mean(), "it counts the same run more than once: `combinations` doesn't."),
    ]
    if not np.isclose(answer, smallest.mean()):
        words = f"for the gaps {TEN.tolist()} and k = 3 it should be {smallest.mean():.3f}; "
        return mistake(answer, usual, words + f"yours is {answer:.3f}.")
    for k, right in ((1, TEN.mean()), (10, TEN.min())):
        if not np.isclose(number(best_of(TEN.copy(), k)), right):
            return f"it is right for k = 3, but not for k = {k}, where it should be {right:.4g}."
    five = TEN[:5]
    if not np.isclose(number(best_of(five.copy(), 2)), np.mean([*map(min, combinations(five, 2))])):
        return "it is right for ten runs, but not for five: use the gaps that it is given."
    return None
