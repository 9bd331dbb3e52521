"""Recorded learning curves of many seeds, made by `python tools/record.py`, and how to read them.

Curves are arrays (seeds, T): one row for each seed, one column for each evaluation.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.evaluation.statistics import band

FOLDER = Path(__file__).resolve().parents[2] / "results" / "curves"
TASKS_FOLDER = FOLDER.with_name("tasks")  # for other environments, which have no gap
COMMAND = "python tools/record.py"


class Recorded(NamedTuple):
    """The learning curves of one experiment, and how they were made."""

    steps: np.ndarray  # (T,) environment steps before each evaluation
    seeds: np.ndarray  # (seeds,) the training seed of each row
    returns: np.ndarray  # (seeds, T) mean noise-free return on the evaluation starts
    gaps: np.ndarray  # (seeds, T) how far that lies below the optimum, as a fraction; NaN in tasks
    command: str  # the command that records this again
    settings: dict  # recipe, components, versions, ...
    measures: dict[str, np.ndarray]  # whatever else was noted, by name, (seeds, T) each

    def scores(self, policy: str) -> np.ndarray:
        """For a task: what each seed's "chosen" or "last" policy earns on all starts, (seeds,)."""
        return np.array([seed[policy] for seed in self.settings["scores"]])


def recordings(folder: str | Path = FOLDER) -> list[str]:
    """The names of all recordings."""
    return sorted(path.stem for path in Path(folder).glob("*.csv"))


def load(name: str, folder: str | Path = FOLDER, until: int | None = None) -> Recorded:
    """The recording of the experiment `name`; with `until`, only what came up to that step.

    Raises ValueError if there is none, if it ends before `until`, or if one of its seeds lacks an
    evaluation.
    """
    path = Path(folder, f"{name}.csv")
    if not path.exists():
        raise ValueError(
            f"There is no recording '{name}', only {', '.join(recordings(folder)) or 'none'}: "
            f"`{COMMAND} {name}` makes it if tools/experiments.py describes it."
        )
    with path.open(encoding="utf-8") as file:
        header = [line[2:].partition(": ") for line in file if line.startswith("# ")]
    settings = {key: json.loads(value) for key, _, value in header}
    command = settings.pop("command")
    rows = pd.read_csv(path, comment="#")
    if until is not None:
        if until > (last := rows["step"].max()):
            raise ValueError(f"The recording '{name}' ends at step {last:,}, before {until:,}.")
        rows = rows[rows["step"] <= until]
    table = rows.pivot(index="seed", columns="step")
    returns, gaps = table["return"], table["gap"]
    if returns.isna().any(axis=None):
        raise ValueError(f"The recording '{name}' has gaps: record it again with `{command}`.")
    steps, seeds = returns.columns.to_numpy(), returns.index.to_numpy()
    more = {name: table[name].to_numpy() for name in settings.get("measures", [])}
    return Recorded(steps, seeds, returns.to_numpy(), gaps.to_numpy(), command, settings, more)


def sweep(setting: str, folder: str | Path = FOLDER) -> list[tuple[float, str]]:
    """The recorded values of one setting of `modern`, in order, and the name of each recording."""
    others = [name for name in recordings(folder) if re.fullmatch(rf"{setting}_[\d.e-]+", name)]
    return sorted((load(n, folder).settings["recipe"][setting], n) for n in [*others, "modern"])


def gap_band(
    name: str, folder: str | Path = FOLDER, until: int | None = None
) -> tuple[np.ndarray, ...]:
    """The band of recorded gaps: steps, lower bound, interquartile mean, upper bound, (T,) each."""
    run = load(name, folder, until)
    return band(run.steps, run.gaps)


def return_band(name: str, folder: str | Path = TASKS_FOLDER) -> tuple[np.ndarray, ...]:
    """The same for recorded noise-free returns, by default of a task beyond Pendulum."""
    run = load(name, folder)
    return band(run.steps, run.returns)
