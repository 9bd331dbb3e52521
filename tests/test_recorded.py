"""Reading recordings: the statistics by hand, and the tables that lie in results/."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import trim_mean

from helpers.recorded import (
    COMMAND,
    FOLDER,
    TASKS_FOLDER,
    bootstrap_band,
    gap_band,
    interquartile_mean,
    load,
    recordings,
    return_band,
    solved_at,
    sweep,
)
from tools.experiments import EXPERIMENTS
from tools.recordings import Result, settings, table

STEPS = np.arange(0, 6_000, 1_000)


def test_the_interquartile_mean_by_hand():
    assert interquartile_mean(np.array([100.0, 3, 1, 2])) == 2.5  # 1 and 100 are cut
    assert interquartile_mean(np.array([5.0, 1, 3])) == 3  # a quarter of 3 is less than one
    assert interquartile_mean(np.arange(8.0) ** 2) == (4 + 9 + 16 + 25) / 4


@pytest.mark.parametrize("n", [1, 2, 5, 10, 20, 23])
def test_the_interquartile_mean_is_scipys_trimmed_mean(n):
    values = np.random.default_rng(n).normal(size=(n, 4))
    assert np.allclose(interquartile_mean(values), trim_mean(values, 0.25, axis=0))
    assert np.allclose(interquartile_mean(values.T, axis=-1), interquartile_mean(values))


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ([9, 0.5, 0.05, 0.05, 0.05, 0.05], 2_000),
        ([9, 0.05, 0.5, 0.05, 0.05, 0.05], 3_000),  # fell back: solved only from then on
        ([9, 0.05, 0.05, 0.05, 0.05, 0.11], np.inf),  # fell back at the end
        ([9, 9, 9, 9, 9, 0.05], 5_000),
        ([9, 9, 9, 9, 9, 9], np.inf),
        ([9, 9, 0.10, 0.10, 0.10, 0.10], 2_000),  # exactly at the limit counts
        ([0.01] * 6, 0),
        ([9, 0.05, np.nan, 0.05, 0.05, 0.05], 3_000),  # what is no number is no solution
        ([9, 0.05, 0.05, 0.05, 0.05, np.nan], np.inf),
    ],
)
def test_solved_means_solved_from_then_on(gaps, expected):
    assert solved_at(STEPS, np.array([gaps])).tolist() == [expected]
    assert solved_at(STEPS, np.array(gaps)).tolist() == [expected]  # one curve alone
    assert solved_at(STEPS, np.array([[9] * 6, gaps])).tolist() == [np.inf, expected]


def test_the_limit_can_be_moved():
    gaps = np.array([[0.4, 0.3, 0.2, 0.1, 0.05, 0.01]])
    assert [solved_at(STEPS, gaps, limit=x)[0] for x in (0.3, 0.05, 0.001)] == [
        1_000,
        4_000,
        np.inf,
    ]


def test_the_band_holds_what_it_promises():
    """It covers the true mean of a normal distribution about as often as it says."""
    rng = np.random.default_rng(0)
    values = rng.normal(3.0, 1.0, size=(20, 300))  # 300 recordings of 20 seeds
    low, high = bootstrap_band(values, confidence=0.9)
    assert low.shape == high.shape == (300,)
    assert (low <= high).all()
    assert 0.80 < ((low <= 3) & (high >= 3)).mean() < 0.96
    narrow_low, narrow_high = bootstrap_band(values, confidence=0.5)
    assert ((low <= narrow_low) & (narrow_high <= high)).all()


def test_the_band_is_repeatable_and_calm():
    values = np.random.default_rng(0).normal(size=(10, 5))
    for one, same in zip(bootstrap_band(values), bootstrap_band(values), strict=True):
        assert np.array_equal(one, same)
    low, high = bootstrap_band(np.full((10, 5), -1283.0))  # all seeds agree
    assert (low == -1283).all()
    assert (high == -1283).all()
    with pytest.raises(ValueError, match="two seeds or more"):
        bootstrap_band(values[:1])


def test_the_band_of_a_recording_is_of_its_gaps():
    steps, low, middle, high = gap_band("modern")
    run = load("modern")
    assert np.array_equal(steps, run.steps)
    assert np.allclose(middle, trim_mean(run.gaps, 0.25, axis=0))
    assert (low <= middle).all()
    assert (middle <= high).all()
    assert low[-1] < high[-1]


def test_the_band_of_a_task_is_of_its_returns():
    steps, low, middle, high = return_band("mountain_car")
    run = load("mountain_car", TASKS_FOLDER)
    assert np.array_equal(steps, run.steps)
    assert np.allclose(middle, trim_mean(run.returns, 0.25, axis=0))
    assert (low <= middle).all()
    assert (middle <= high).all()


def test_a_sweep_is_in_order_and_holds_the_recipe_itself(tmp_path):
    def write(name, tau):
        settings = f'# recipe: {{"tau": {tau}}}\nstep,seed,return,gap\n0,0,-1,0.1\n'
        (tmp_path / f"{name}.csv").write_text(f"# {COMMAND}{name} --seeds 1\n{settings}")

    for name, tau in (("tau_0.5", 0.5), ("modern", 0.02), ("tau_1e-05", 1e-5), ("tau_mended", 9)):
        write(name, tau)
    expected = [(1e-5, "tau_1e-05"), (0.02, "modern"), (0.5, "tau_0.5")]
    assert sweep("tau", tmp_path) == expected
    assert [name for _, name in sweep("tau", tmp_path)] != sorted(name for _, name in expected)


TABLE = f"""# {COMMAND}tiny --seeds 2
# recipe: {{"tau": 0.5, "noise": "Gaussian"}}
# steps: 20
step,seed,return,gap
0,0,-1200.5000,8.500000
10,0,-300.2500,1.400000
0,1,-1100.0000,7.700000
10,1,-130.0000,0.030000
"""


def test_a_table_becomes_arrays(tmp_path):
    (tmp_path / "tiny.csv").write_text(TABLE)
    (tmp_path / "claims.csv").write_text("claim,median\n")  # not a recording
    assert recordings(tmp_path) == ["tiny"]
    recorded = load("tiny", tmp_path)
    assert recorded.steps.tolist() == [0, 10]
    assert recorded.returns.tolist() == [[-1200.5, -300.25], [-1100.0, -130.0]]
    assert recorded.gaps.tolist() == [[8.5, 1.4], [7.7, 0.03]]
    assert recorded.command == f"{COMMAND}tiny --seeds 2"
    assert recorded.settings == {"recipe": {"tau": 0.5, "noise": "Gaussian"}, "steps": 20}


def test_what_a_tasks_policies_are_judged_by(tmp_path):
    judged = '# judged: [{"chosen": 94.5, "last": 12.0}, {"chosen": 3.0, "last": -1.5}]'
    (tmp_path / "tiny.csv").write_text(TABLE.replace("step,seed", f"{judged}\nstep,seed"))
    assert load("tiny", tmp_path).judged("chosen").tolist() == [94.5, 3.0]
    assert load("tiny", tmp_path).judged("last").tolist() == [12.0, -1.5]


def test_the_order_of_the_rows_does_not_matter(tmp_path):
    *head, a, b, c, d = TABLE.splitlines()
    (tmp_path / "tiny.csv").write_text("\n".join([*head, d, a, c, b]) + "\n")
    assert load("tiny", tmp_path).gaps.tolist() == [[8.5, 1.4], [7.7, 0.03]]


def test_a_table_with_a_hole_is_refused(tmp_path):
    (tmp_path / "tiny.csv").write_text(TABLE.replace("10,0,-300.2500,1.400000\n", ""))
    with pytest.raises(ValueError, match="'tiny' has gaps"):
        load("tiny", tmp_path)


def test_an_unknown_name_is_met_with_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match=r"'huge', only none at all: .*tools/record\.py huge"):
        load("huge", tmp_path)
    (tmp_path / "tiny.csv").write_text(TABLE)
    with pytest.raises(ValueError, match="'huge', only tiny: "):
        load("huge", tmp_path)
    (tmp_path / "claims.csv").write_text("claim,median\n")
    with pytest.raises(ValueError, match="'claims', only tiny: "):
        load("claims", tmp_path)


def test_reading_imports_nothing_slow():
    code = "import sys; import helpers.recorded; assert not {'torch', 'scipy'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=FOLDER.parent)


def complaint(path: Path) -> str | None:
    """What is wrong with a file of results, if it is a recording."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    columns = next(csv.reader(lines))
    name = path.stem
    if path.stem not in recordings(path.parent):
        curve = columns == ["step", "seed", "return", "gap"] or name in EXPERIMENTS
        return f"{path.name} does not say that tools/record.py made it" if curve else None
    if name not in EXPERIMENTS:
        return f"{path.name}: tools/experiments.py knows no experiment {name!r}"
    recorded, experiment = load(name, path.parent), EXPERIMENTS[name]
    again = f"`{COMMAND}{name}`"
    if recorded.command != f"{COMMAND}{name} --seeds {experiment.seeds}":
        return f"{path.name} is not of {experiment.seeds} seeds and all steps: {again}"
    for key, value in experiment.definition().items():
        if recorded.settings[key] != value:
            hint = " (or, if no number changes, the same with --renew)" * (key == "code")
            return f"{path.name} was recorded with another {key}: {again}{hint}"
    expected = (experiment.seeds, experiment.steps // experiment.every + 1)
    if recorded.gaps.shape != expected:
        return f"{path.name} holds {recorded.gaps.shape} evaluations, not {expected}: {again}"
    return None


def test_no_recording_is_stale():
    complaints = [complaint(path) for path in sorted(FOLDER.rglob("*.csv"))]
    assert not any(complaints), "\n".join(filter(None, complaints))


def stored(folder, name="modern", edits=()):
    """A made-up recording of an experiment, as the test above would like it, with changes."""
    experiment = EXPERIMENTS[name]
    curve = [(step, -150.0, 0.1) for step in range(0, experiment.steps + 1, experiment.every)]
    result = Result(curve, {"chosen": 1.0} if experiment.task else None)
    text = table(name, experiment, settings(experiment), [result] * experiment.seeds)
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path = folder / f"{name}.csv"
    path.write_text(text)
    return path


def test_a_sound_recording_passes(tmp_path):
    for name in EXPERIMENTS:
        assert complaint(stored(tmp_path, name)) is None


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ([('"tau": ', '"tau": 9')], "another recipe"),
        ([('# code: "', '# code: "x')], "another code.*--renew"),
        ([('# agent: "', '# agent: "My')], "another agent"),
        ([("# every: 1", "# every: 2")], "another every"),
        ([(" --seeds ", " --seeds 1")], "is not of"),
        ([("\n1000,0,-150.0000,0.100000", "")], "has gaps"),
        ([("# python tools", "# python3 tools")], "does not say"),
    ],
)
def test_a_stale_recording_is_noticed(tmp_path, edits, words):
    try:
        said = complaint(stored(tmp_path, edits=edits))
    except ValueError as error:
        said = str(error)
    assert re.search(words, said or ""), said


def test_a_recording_of_nothing_known_is_noticed(tmp_path):
    renamed = stored(tmp_path).rename(tmp_path / "old.csv")
    assert "knows no experiment 'old'" in complaint(renamed)
    other = tmp_path / "optimum.csv"
    other.write_text("# made elsewhere\ncontroller,angles\nrandom,3\n")
    assert complaint(other) is None
