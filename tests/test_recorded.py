"""Reading recordings: the statistics by hand, and the tables in results/."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers.evaluation.recordings import (
    COMMAND,
    FOLDER,
    TASKS_FOLDER,
    gap_band,
    load,
    recordings,
    return_band,
    sweep,
)
from helpers.evaluation.statistics import (
    bootstrap_band,
    bootstrap_ratio,
    interquartile_mean,
    solved_at,
)
from tools.experiments import EXPERIMENTS
from tools.recordings import Result, settings, table

STEPS = np.arange(0, 6_000, 1_000)


def test_the_interquartile_mean_by_hand():
    assert interquartile_mean(np.array([100.0, 3, 1, 2])) == 2.5  # 1 and 100 are cut
    assert interquartile_mean(np.array([5.0, 1, 3])) == 3  # a quarter of 3 is less than one
    assert interquartile_mean(np.arange(8.0) ** 2) == (4 + 9 + 16 + 25) / 4


def test_the_interquartile_mean_is_of_each_column():
    values = np.random.default_rng(0).normal(size=(10, 4))
    expected = np.sort(values, axis=0)[2:8].mean(axis=0)  # 2 of 10 are cut at each end
    assert np.allclose(interquartile_mean(values), expected)
    assert np.allclose(interquartile_mean(values.T, axis=-1), expected)


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
        ([9, 0.05, np.nan, 0.05, 0.05, 0.05], 3_000),  # NaN doesn't count as solved
        ([9, 0.05, 0.05, 0.05, 0.05, np.nan], np.inf),
    ],
)
def test_solved_means_solved_from_then_on(gaps, expected):
    assert solved_at(STEPS, np.array([gaps])).tolist() == [expected]
    assert solved_at(STEPS, np.array(gaps)).tolist() == [expected]  # one curve alone
    assert solved_at(STEPS, np.array([[9] * 6, gaps])).tolist() == [np.inf, expected]


def test_the_limit_can_be_moved():
    gaps = np.array([[0.4, 0.3, 0.2, 0.1, 0.05, 0.01]])
    for limit, expected in ((0.3, 1_000), (0.05, 4_000), (0.001, np.inf)):
        assert solved_at(STEPS, gaps, limit) == expected


def test_the_band_holds_what_it_promises():
    """It covers the true mean of a normal distribution about as often as it should."""
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
    with pytest.raises(ValueError, match="at least two seeds"):
        bootstrap_band(values[:1])


def test_the_ratio_holds_what_it_promises():
    """It covers the true ratio of two means about as often as it should, and names no winner."""
    rng, covered = np.random.default_rng(0), 0
    for _ in range(200):
        values, control = rng.normal(3.0, 0.5, 20), rng.normal(2.0, 0.5, 20)
        ratio, low, high = bootstrap_ratio(values, control)
        assert low < ratio < high
        assert ratio == pytest.approx(interquartile_mean(values) / interquartile_mean(control))
        covered += low <= 1.5 <= high
    assert 0.87 < covered / 200 < 0.99
    same = rng.normal(2.0, 0.5, 20)
    assert bootstrap_ratio(same, same)[0] == 1
    assert bootstrap_ratio(np.full(10, 6.0), np.full(5, 2.0)) == pytest.approx((3, 3, 3))


TABLE = f"""# command: "{COMMAND} tiny --seeds 2"
# recipe: {{"tau": 0.5, "noise": "Gaussian"}}
# steps: 20
seed,step,return,gap
1000,0,-1200.5000,8.500000
1000,10,-300.2500,1.400000
1001,0,-1100.0000,7.700000
1001,10,-130.0000,0.030000
"""


@pytest.fixture
def tiny(tmp_path):
    """The folder of a table."""
    (tmp_path / "tiny.csv").write_text(TABLE)
    return tmp_path


def test_a_table_becomes_arrays(tiny):
    assert recordings(tiny) == ["tiny"]
    *head, a, b, c, d = TABLE.splitlines()
    for rows in ([a, b, c, d], [d, a, c, b]):  # their order doesn't matter
        (tiny / "tiny.csv").write_text("\n".join([*head, *rows]) + "\n")
        recorded = load("tiny", tiny)
        assert recorded.steps.tolist() == [0, 10]
        assert recorded.seeds.tolist() == [1000, 1001]
        assert recorded.returns.tolist() == [[-1200.5, -300.25], [-1100.0, -130.0]]
        assert recorded.gaps.tolist() == [[8.5, 1.4], [7.7, 0.03]]
    assert recorded.command == f"{COMMAND} tiny --seeds 2"
    assert recorded.settings == {"recipe": {"tau": 0.5, "noise": "Gaussian"}, "steps": 20}


def test_a_recording_can_be_cut_off(tiny):
    assert load("tiny", tiny, until=9).gaps.tolist() == [[8.5], [7.7]]
    assert load("tiny", tiny, until=10).gaps.shape == (2, 2)
    assert gap_band("tiny", tiny, until=0)[0].tolist() == [0]
    with pytest.raises(ValueError, match="'tiny' ends at step 10, before 11"):
        load("tiny", tiny, until=11)


def test_the_bands_are_of_gaps_and_of_returns(tiny):
    steps, low, middle, high = gap_band("tiny", tiny)
    assert steps.tolist() == [0, 10]
    assert np.allclose(middle, [8.1, 0.715])  # a quarter of two seeds is less than one
    assert np.allclose(low, [7.7, 0.03])  # of two seeds, one may be drawn twice
    assert np.allclose(high, [8.5, 1.4])
    _, low, middle, high = return_band("tiny", tiny)
    assert np.allclose([low[1], middle[1], high[1]], [-300.25, -215.125, -130.0])


def test_the_scores_of_a_tasks_policies(tmp_path):
    scores = '# scores: [{"chosen": 94.5, "last": 12.0}, {"chosen": 3.0, "last": -1.5}]'
    (tmp_path / "tiny.csv").write_text(TABLE.replace("seed,step", f"{scores}\nseed,step"))
    assert load("tiny", tmp_path).scores("chosen").tolist() == [94.5, 3.0]
    assert load("tiny", tmp_path).scores("last").tolist() == [12.0, -1.5]


@pytest.mark.parametrize("row", TABLE.splitlines()[4:])
def test_a_table_that_lacks_a_row_is_refused(tmp_path, row):
    (tmp_path / "tiny.csv").write_text(TABLE.replace(f"{row}\n", ""))
    with pytest.raises(ValueError, match="'tiny' has gaps"):
        load("tiny", tmp_path)


def test_a_sweep_is_in_order_and_holds_the_recipe_itself(tmp_path):
    for name, tau in (("tau_0.5", 0.5), ("modern", 0.02), ("tau_1e-05", 1e-5), ("tau_fixed", 9)):
        (tmp_path / f"{name}.csv").write_text(TABLE.replace('"tau": 0.5', f'"tau": {tau}'))
    expected = [(1e-5, "tau_1e-05"), (0.02, "modern"), (0.5, "tau_0.5")]
    assert sweep("tau", tmp_path) == expected
    assert [name for _, name in sweep("tau", tmp_path)] != sorted(name for _, name in expected)


def test_an_unknown_name_is_met_with_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match=r"'huge', only none: .*tools/record\.py huge"):
        load("huge", tmp_path)
    (tmp_path / "tiny.csv").write_text(TABLE)
    with pytest.raises(ValueError, match="'huge', only tiny: "):
        load("huge", tmp_path)


def complaint(path: Path) -> str | None:
    """What is wrong with a recording, if anything is; the tasks' were made by earlier code."""
    name, folder = path.stem, path.parent
    if name not in EXPERIMENTS:
        return f"{path.name}: tools/experiments.py knows no experiment {name!r}"
    recorded, experiment = load(name, folder), EXPERIMENTS[name]
    again = f"`{COMMAND} {name}`"
    if recorded.command != f"{COMMAND} {name} --seeds {experiment.seeds}":
        return f"{path.name} is not of {experiment.seeds} seeds and all steps: {again}"
    for key, value in experiment.definition().items():
        if recorded.settings[key] != value and not (experiment.task and key == "code"):
            hint = " (or, if no number changes, the same with --renew)" * (key == "code")
            return f"{path.name} was recorded with another {key}: {again}{hint}"
    if not experiment.task and recorded.seeds.tolist() != [*experiment.training_seeds()]:
        return f"{path.name} is of other seeds: {again}"
    expected = (experiment.seeds, experiment.steps // experiment.every + 1)
    if recorded.returns.shape != expected:
        return f"{path.name} holds {recorded.returns.shape} evaluations, not {expected}: {again}"
    return None


def test_no_recording_is_stale():
    paths = [*FOLDER.glob("*.csv"), *TASKS_FOLDER.glob("*.csv")]
    complaints = [complaint(path) for path in sorted(paths)]
    assert not any(complaints), "\n".join(filter(None, complaints))


def stored(folder, name="modern", edits=(), **changes):
    """A made-up recording of an experiment, as the test above would like it, with changes."""
    experiment = replace(EXPERIMENTS[name], **changes)
    curve = [(step, -150.0, 0.1) for step in range(0, experiment.steps + 1, experiment.every)]
    result = Result(curve, {"chosen": 1.0} if experiment.task else None)
    results = dict.fromkeys(experiment.training_seeds(), result)
    text = table(name, experiment, settings(experiment), results)
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
        ([("\n1000,", "\n99,")], "other seeds"),
        ([("\n1000,1000,-150.0000,0.100000", "")], "has gaps"),
    ],
)
def test_a_stale_recording_is_noticed(tmp_path, edits, words):
    try:
        said = complaint(stored(tmp_path, edits=edits))
    except ValueError as error:
        said = str(error)
    assert re.search(words, said or ""), said


def test_a_recording_of_fewer_evaluations_is_noticed(tmp_path):
    short = stored(tmp_path, steps=5_000)
    text = short.read_text().replace(" --steps 5000", "").replace("# steps: 5000", "# steps: 20000")
    short.write_text(text)
    assert "not (20, 21)" in complaint(short)


def test_a_recording_of_nothing_known_is_noticed(tmp_path):
    renamed = stored(tmp_path).rename(tmp_path / "old.csv")
    assert "knows no experiment 'old'" in complaint(renamed)
