"""Statistics of learning curves over many seeds: their middle, their spread, and when solved.

Curves are arrays (seeds, T): one row for each seed, one column for each evaluation.
"""

from collections.abc import Iterable

import numpy as np


def solved_at(steps: Iterable[int], gaps: np.ndarray, limit: float = 0.10) -> np.ndarray:
    """The step from which each seed's gap is at most `limit` for good, (seeds,); inf if never."""
    small = np.atleast_2d(gaps) <= limit  # (seeds, T)
    for_good = np.logical_and.accumulate(small[:, ::-1], axis=1)[:, ::-1]
    return np.where(for_good[:, -1], np.asarray(steps)[for_good.argmax(axis=1)], np.inf)


def interquartile_mean(values: np.ndarray, axis: int = 0) -> np.ndarray:
    """The mean without the best and the worst quarter of the seeds.

    A quarter that isn't a whole number is rounded down. Source: Agarwal et al. 2021.
    """
    from scipy.stats import trim_mean  # slow to import: only where it is used

    return trim_mean(values, 0.25, axis=axis)


def bootstrap_band(
    values: np.ndarray, confidence: float = 0.95, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """A confidence interval for the interquartile mean at each step: lower and upper bound, (T,).

    The seeds are resampled with replacement 2,000 times; the bounds are percentiles of the means.
    With ten seeds it is a little too narrow. Raises ValueError for fewer than two.
    """
    from scipy.stats import bootstrap

    values = np.asarray(values)
    if len(values) < 2:
        raise ValueError("A band needs the curves of at least two seeds: record another seed.")
    band = bootstrap(
        (values,),
        interquartile_mean,
        n_resamples=2_000,
        axis=0,
        vectorized=True,
        confidence_level=confidence,
        method="percentile",  # BCa fails where all seeds agree, as in a flat curve
        random_state=np.random.default_rng(seed),
    ).confidence_interval
    return band.low, band.high


def band(steps: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, ...]:
    """Steps, lower bound, interquartile mean and upper bound of curves (seeds, T), (T,) each."""
    low, high = bootstrap_band(values)
    return steps, low, interquartile_mean(values), high


def bootstrap_ratio(
    values: np.ndarray, control: np.ndarray, confidence: float = 0.95, seed: int = 0
) -> tuple[float, float, float]:
    """How many times the control's interquartile mean this one is, and a confidence interval.

    Both arrays hold one number for each seed, (seeds,), and are resampled 2,000 times each.
    """
    rng = np.random.default_rng(seed)
    drawn = [x[rng.integers(len(x), size=(2_000, len(x)))] for x in (values, control)]
    above, below = (interquartile_mean(x, axis=1) for x in drawn)
    tail = 50 * (1 - confidence)
    low, high = np.percentile(above / below, [tail, 100 - tail])
    return float(interquartile_mean(values) / interquartile_mean(control)), float(low), float(high)
