"""What the live picture and the tests cost: the arithmetic by hand, and what is measured."""

import csv

import nbformat
import pytest
from nbformat import v4

from helpers.layout import ALL, PENDULUM
from tools import dashboard, evidence, time_tests
from tools.series import Complaint


def test_the_arithmetic_by_hand():
    row = dashboard.summarise("gap", spent=0.3, moments=[10.0, 10.5, 12.5, 13.5, 14.0])
    assert row == {
        "panels": "gap",
        "frames": 3,
        "frame_ms": "100.0",  # 0.3 s for three
        "share": "0.0750",  # of 4 s
        "frames_a_second": "0.75",
        "longest_wait": "2.00",
    }


def test_it_measures_each_set_of_panels_once_the_smaller_first(tmp_path):
    (tmp_path / "notebooks").mkdir()
    calls = ['LivePlot("all")', "LivePlot()", 'LivePlot("return gap")', "LivePlot()",
             'LivePlot("all", band=gap_band("modern"))']  # fmt: skip
    for number, call in enumerate(calls):
        cell = v4.new_code_cell(f"watching = [{call}]", metadata={"tags": ["full-run"]})
        nbformat.write(v4.new_notebook(cells=[cell]), tmp_path / f"notebooks/0{number}_a.ipynb")
    found = dashboard.panels_in_use(tmp_path)
    assert found == ["return gap", " ".join(PENDULUM), " ".join(ALL)]


def test_the_table_takes_the_worst_of_each_size(tmp_path):
    (tmp_path / "results").mkdir()
    rows = [("a b", 20, 0.05, 2.5, 0.6), ("c d", 25, 0.04, 2.0, 0.7), ("a b c", 40, 0.07, 1.6, 0.9)]
    with (tmp_path / "results/dashboard.csv").open("w", newline="") as file:
        table = csv.writer(file)
        names = ("panels", "frame_ms", "share", "frames_a_second", "longest_wait")
        table.writerows([names, *rows])
    lines = evidence.dashboard_table(tmp_path).splitlines()[2:]
    assert lines == ["| 2 | 25 | 5.0 % | 2.0 | 0.7 s |", "| 3 | 40 | 7.0 % | 1.6 | 0.9 s |"]


def test_without_a_measurement_the_command_is_named(tmp_path):
    with pytest.raises(Complaint, match=r"tools/dashboard\.py"):
        evidence.dashboard_table(tmp_path)


def test_the_time_of_the_tests_is_the_median_of_the_last_three(tmp_path, capfd):
    (tmp_path / "results").mkdir()
    (readme := tmp_path / "README.md").write_text("<!-- from: minutes_of_tests --><!-- /from -->")
    assert time_tests.main(tmp_path, ("true",)) == 0
    assert "`make test` takes 0 minutes" in readme.read_text()
    assert time_tests.main(tmp_path, ("false",)) == 1  # a run that fails is not kept
    path = tmp_path / "results/test_time.csv"
    lines = path.read_text().splitlines()
    assert len(lines) == 2
    start, end = lines[1].split(",0,")
    more = [f"{start},{seconds},{end}" for seconds in (540, 660, 570)]
    path.write_text("\n".join([*lines, *more]) + "\n")
    sentence = evidence.minutes_of_tests(tmp_path)
    assert "takes 10 minutes" in sentence  # of 9, 9.5 and 11
    assert ": 9.0, 9.5, 11.0)" in sentence  # the first run is too old
