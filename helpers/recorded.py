"""Recorded learning curves of many seeds, made by `python tools/record.py`, and how to read them.

Curves are arrays (seeds, T): one row for each seed, one column for each evaluation.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

FOLDER = Path(__file__).resolve().parents[1] / "results"
TASKS_FOLDER = FOLDER / "tasks"  # of other environments, which have no gap
COMMAND = "python tools/record.py "  # so begins the first line of a recording


class Recorded(NamedTuple):
    """The learning curves of one experiment, and how they were made."""

    steps: np.ndarray  # (T,) environment steps before each evaluation
    returns: np.ndarray  # (seeds, T) mean noise-free return on the evaluation starts
    gaps: np.ndarray  # (seeds, T) how far that lies below the optimum, as a fraction; NaN elsewhere
    command: str  # what writes this recording anew
    settings: dict  # recipe, pieces, versions, ...

    def judged(self, policy: str) -> np.ndarray:
        """Of a task: what each seed's "chosen" or "last" policy earns on all starts, (seeds,)."""
        return np.array([seed[policy] for seed in self.settings["judged"]])


def recordings(folder: str | Path = FOLDER) -> list[str]:
    """The names of all recordings."""
    return [path.stem for path in sorted(Path(folder).glob("*.csv")) if is_recording(path)]


def is_recording(path: Path) -> bool:
    """Whether a file of results is a recording; others lie beside them."""
    with path.open(encoding="utf-8") as file:
        return file.readline().startswith(f"# {COMMAND}")


def load(name: str, folder: str | Path = FOLDER) -> Recorded:
    """The recording of the experiment `name`; a ValueError where there is none."""
    known = recordings(folder)
    if name not in known:
        raise ValueError(
            f"There is no recording '{name}', only {', '.join(known) or 'none at all'}: "
            f"`{COMMAND}{name}` makes it, if tools/experiments.py describes it."
        )
    lines = Path(folder, f"{name}.csv").read_text(encoding="utf-8").splitlines()
    command, *header = [line[2:] for line in lines if line.startswith("# ")]
    settings = {key: json.loads(value) for key, _, value in (h.partition(": ") for h in header)}
    table = np.loadtxt(lines[len(header) + 2 :], delimiter=",", ndmin=2)  # step,seed,return,gap
    seeds, steps = np.unique(table[:, 1]), np.unique(table[:, 0])
    table = table[np.lexsort((table[:, 0], table[:, 1]))]  # by seed, then by step
    expected = [(step, seed) for seed in seeds for step in steps]
    if not np.array_equal(table[:, :2], expected):
        raise ValueError(f"The recording '{name}' has gaps: `{command}` makes it anew.")
    returns, gaps = table[:, 2:].T.reshape(2, len(seeds), len(steps))
    return Recorded(steps.astype(int), returns, gaps, command, settings)


def solved_at(steps: Iterable[int], gaps: np.ndarray, limit: float = 0.10) -> np.ndarray:
    """The step from which each seed's gap is at most `limit` for good, (seeds,); inf if never."""
    small = np.atleast_2d(gaps) <= limit  # (seeds, T)
    for_good = np.logical_and.accumulate(small[:, ::-1], axis=1)[:, ::-1]
    return np.where(for_good[:, -1], np.asarray(steps)[for_good.argmax(axis=1)], np.inf)


def interquartile_mean(values: np.ndarray, axis: int = 0) -> np.ndarray:
    """The mean of the middle half: without the quarter of seeds that is best and that is worst.

    A quarter that is no whole number is rounded down. Source: Agarwal et al. 2021.
    """
    ordered = np.sort(np.moveaxis(values, axis, 0), axis=0)
    cut = len(ordered) // 4
    return ordered[cut : len(ordered) - cut].mean(axis=0)


def bootstrap_band(
    values: np.ndarray, confidence: float = 0.95, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """A confidence interval for the interquartile mean at each step: lower and upper bound, (T,).

    Seeds are drawn anew, with replacement, 2,000 times; the bounds are percentiles of what comes.
    With ten seeds it is rather too narrow than too wide.
    """
    from scipy.stats import bootstrap  # slow to import: only where it is used

    values = np.asarray(values)
    if len(values) < 2:
        raise ValueError("A band needs curves of two seeds or more: one says nothing of others.")
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


def sweep(setting: str, folder: str | Path = FOLDER) -> list[tuple[float, str]]:
    """The recorded values of one setting of `modern`, in order, and the name of each recording."""
    others = [name for name in recordings(folder) if re.fullmatch(rf"{setting}_[\d.e-]+", name)]
    return sorted((load(n, folder).settings["recipe"][setting], n) for n in [*others, "modern"])


def band(steps: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, ...]:
    """Steps, lower bound, interquartile mean, upper bound of values (seeds, T): a live plot's."""
    low, high = bootstrap_band(values)
    return steps, low, interquartile_mean(values), high


def gap_band(name: str) -> tuple[np.ndarray, ...]:
    """The band of recorded gaps."""
    run = load(name)
    return band(run.steps, run.gaps)


def return_band(name: str, folder: str | Path = TASKS_FOLDER) -> tuple[np.ndarray, ...]:
    """The band of recorded noise-free returns, of a task beyond Pendulum if not said otherwise."""
    run = load(name, folder)
    return band(run.steps, run.returns)
