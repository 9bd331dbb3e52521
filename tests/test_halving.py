"""Sweeps: who is trained on, whose settings win, and what bad arguments meet."""

import math
import sys

import pytest

from helpers.extensions.halving import successive_halving
from helpers.extensions.many_seeds import SeedsFailed
from tools import sweep as tool
from tools.notebook_io import read_rows

RANGES = {"a": (1.0, 100.0), "b": (0.1, 10.0)}


def score(settings, steps, trial):
    """Smaller with more steps; trial 0 is the best at the first rung and the worst from then on."""
    if trial == 1:
        raise OSError("the disk is full")
    if trial == 2:
        return math.nan
    if trial == 0:
        return 1e9 if steps > 10 else -1.0
    return settings["a"] + 1 / steps


def fails(settings, steps, trial):
    raise OSError("the disk is full")


def at(study, rung):
    return {
        t.number: t.intermediate_values[rung] for t in study.trials if rung in t.intermediate_values
    }


@pytest.fixture(scope="module")
def study():
    return successive_halving(score, RANGES, [10, 30, 90], trials=12, jobs=2)


def test_the_best_third_is_trained_on(study):
    first, second, third = (at(study, rung) for rung in (10, 30, 90))
    assert first.keys() == set(range(12)) - {1}  # which failed
    numbers = {n: value for n, value in first.items() if n != 2}  # which wasn't a number
    assert second.keys() == set(sorted(numbers, key=numbers.get)[:4])  # a third of twelve
    assert 0 in second
    assert third.keys() == {min(second, key=second.get)}  # a third of four is one


def test_the_winner_is_the_best_of_those_that_went_all_the_way(study):
    (winner,) = at(study, 90)
    assert study.best_trial.number == winner
    assert study.best_value == pytest.approx(study.best_params["a"] + 1 / 90)
    a = {t.number: t.params["a"] for t in study.trials if t.number > 2}
    assert winner == min(a, key=a.get)


def test_settings_are_drawn_evenly_on_a_log_scale(study):
    drawn = [t.params for t in successive_halving(its_b, RANGES, [1], trials=400, jobs=1).trials]
    assert [t.params for t in study.trials] == drawn[:12]  # the same call, the same settings
    for name, (low, high) in RANGES.items():
        values = sorted(math.log(p[name] / low) / math.log(high / low) for p in drawn)
        assert max(abs(v - (i + 0.5) / 400) for i, v in enumerate(values)) < 0.085  # KS, p < 0.01
        assert 0 <= values[0] < values[-1] <= 1


def its_b(settings, steps, trial):
    return settings["b"]


def test_all_trials_may_fail():
    with pytest.raises(SeedsFailed, match="seed 0, OSError: the disk is full"):
        successive_halving(fails, RANGES, [1], trials=2, jobs=1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"trials": 0}, "The number of trials must be a whole number, 1 or more, not 0"),
        ({"rungs": []}, "The rungs must grow, as in"),
        ({"rungs": [3, 1]}, "The rungs must grow, as in"),
        ({"rungs": [1, 1]}, "The rungs must grow, as in"),
        ({"rungs": [0.5]}, "Each of the rungs must be a whole number, 1 or more, not 0.5"),
        ({"ranges": {"a": (0, 1)}}, r"Give a a range \(low, high\) above 0, not \(0, 1\)"),
        ({"ranges": {"a": (2, 1)}}, r"Give a a range \(low, high\) above 0, not \(2, 1\)"),
    ],
)
def test_bad_arguments(arguments, says):
    with pytest.raises(ValueError, match=says):
        successive_halving(
            **({"score": score, "ranges": RANGES, "rungs": [1], "trials": 2} | arguments)
        )


def test_without_optuna(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ImportError, match="pip install optuna"):
        successive_halving(score, RANGES, [1], trials=2)


def test_the_tool_writes_what_each_trial_earned(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tool, "RUNGS", (510, 520))
    tool.main(["--trials", "3", "--jobs", "2"], tmp_path / "results" / "sweep.csv")
    rows = read_rows(tmp_path / "results" / "sweep.csv")
    assert [row["trial"] for row in rows] == ["0", "1", "2"]
    (winner,) = (row for row in rows if row["520"])
    assert float(winner["510"]) == min(float(row["510"]) for row in rows)
    settings = {name: float(winner[name]) for name in tool.RANGES}
    again = tool.score(settings, 520, int(winner["trial"]))
    assert 100 * again == pytest.approx(float(winner["520"]), rel=0.01)  # of rounded settings
    assert f"The best of 3 trials, {winner['trial']}: " in capsys.readouterr().out
