"""Authoring, navigation, re-execution and margins, on a sample series."""

import csv
import subprocess
import sys

import pytest
import sample_series
from nbformat import v4
from sample_series import edit, tool

from tools import series


@pytest.fixture
def path(tmp_path):
    """The notebook of a sample series."""
    return sample_series.make(tmp_path)


def ids(path):
    """The ids of all cells, by what the cell says."""
    return {cell.source: cell.id for cell in series.read(path).cells}


def test_the_same_script_gives_the_same_file(path, tmp_path):
    before = path.read_bytes()
    tool(tmp_path, "from-script", tmp_path / "lesson.py", path)
    assert path.read_bytes() == before
    path.unlink()
    tool(tmp_path, "from-script", tmp_path / "lesson.py", path)
    assert path.read_bytes() == before


def test_an_edited_script_keeps_ids_and_outputs(path, tmp_path):
    notebook = series.read(path)
    last = list(series.code(notebook))[-1]
    last.outputs = [v4.new_output("stream", name="stdout", text="kept")]
    series.write(notebook, path)
    before = ids(path)
    script = tmp_path / "lesson.py"
    edit(script, "# It starts anew where it ends.\n", "# It starts anew.\n\n# %%\nprint('new')\n")
    tool(tmp_path, "from-script", script, path)
    after = ids(path)
    assert (
        after["## A ring\n\nIt starts anew."]
        == before["## A ring\n\nIt starts anew where it ends."]
    )
    kept = [source for source in before if source in after]
    assert len(kept) == len(before) - 1
    assert all(after[source] == before[source] for source in kept)
    assert list(series.code(series.read(path)))[-1].outputs[0].text == "kept"


def test_a_notebook_has_a_number(path, tmp_path):
    wrong = path.with_name("the_ring.ipynb")
    assert "NN_words.ipynb" in tool(tmp_path, "from-script", tmp_path / "lesson.py", wrong, code=1)
    assert not wrong.exists()


def test_a_missing_notebook_is_named(path, tmp_path):
    assert tool(tmp_path, "tidy", "07_no.ipynb", code=1).endswith("07_no.ipynb.\n")


def test_navigation_follows_the_files(path, tmp_path):
    assert series.read(path).cells[0].source == "[Contents](../README.md)"
    other = path.with_name("07_the_wheel.ipynb")
    other.write_text(path.read_text().replace("# 4 · The ring", "# 7 · The wheel"))
    assert len(tool(tmp_path, "nav").splitlines()) == 2
    first, *_, last = series.read(path).cells
    bar = "[Contents](../README.md) · [7 The wheel →](07_the_wheel.ipynb)"
    assert (first.source, last.source) == (bar, bar)
    assert series.read(other).cells[0].source == (
        "[← 4 The ring](04_the_ring.ipynb) · [Contents](../README.md)"
    )
    assert tool(tmp_path, "nav") == ""


def test_tidy_strips_what_changes_by_itself(path, tmp_path):
    before = path.read_text()
    notebook = series.read(path)
    notebook.metadata.widgets = {"state": {}}
    notebook.cells[2].metadata.execution = {"iopub.status.busy": "2026-01-01T00:00:00"}
    path.write_text(series.text(notebook))
    tool(tmp_path, "tidy", path)
    assert path.read_text() == before


def test_run_repeats_byte_for_byte_and_records_minutes(path, tmp_path):
    other = {"notebook": "00_other", "minutes": "1.00", "training_minutes": "0.00"}
    series.replace_rows(tmp_path / "results/minutes.csv", [other], ["00_other"])
    assert "04_the_ring.ipynb: " in tool(tmp_path, "run", path)
    stored = path.read_bytes()
    cells = list(series.code(series.read(path)))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    rows = series.read_rows(tmp_path / "results/minutes.csv")
    assert [row["notebook"] for row in rows] == ["00_other", "04_the_ring"]
    assert "<!-- from: minutes 04 -->5 minutes<!-- /from -->" in path.read_text()
    tool(tmp_path, "run")
    assert path.read_bytes() == stored


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import sys; print('no', file=sys.stderr)", "A cell wrote to stderr: no"),
        ("rng = 1;", "nbval does not honour the ';' in `rng = 1;`"),
    ],
)
def test_a_failed_run_changes_nothing(path, tmp_path, code, complaint):
    edit(tmp_path / "lesson.py", 'print("slow")', code)
    tool(tmp_path, "from-script", tmp_path / "lesson.py", path)
    before = path.read_bytes()
    said = tool(tmp_path, "run", path, code=1)
    assert "04_the_ring.ipynb stays as it was." in said
    assert complaint in said
    assert path.read_bytes() == before
    assert not (tmp_path / "results/minutes.csv").exists()


def claims(root):
    """The rows of results/claims.csv."""
    with (root / "results/claims.csv").open() as file:
        return list(csv.DictReader(file))


def test_margins_are_measured_once_and_follow_the_threshold(path, tmp_path):
    script = tmp_path / "lesson.py"
    edit(script, 'print("slow")', "raise RuntimeError('a cell tagged skip-margins')")
    tool(tmp_path, "from-script", script, path)
    before = path.read_bytes()
    said = tool(tmp_path, "margins", "--seeds", 2)
    assert sorted(said.splitlines()) == [f"04_the_ring, seed {k}: 1 claims" for k in (0, 1)]
    assert tool(tmp_path, "margins", "--seeds", 3).splitlines() == ["04_the_ring, seed 2: 1 claims"]
    assert path.read_bytes() == before
    (row,) = claims(tmp_path)
    # random.Random(k).random() is 0.844, 0.134, 0.956 for k = 0, 1, 2
    expected = {
        "notebook": "04_the_ring", "claim": "the noise is small", "bound": "at_most", "seeds": "3",
        "median": "0.844422", "worst": "0.956034", "threshold": "1", "suggested": "1.06765",
        "holds": "True", "command": "python tools/notebooks.py margins notebooks/04_the_ring.ipynb "
        "--seeds 3",
    }  # fmt: skip
    assert expected.items() <= row.items()
    assert row["versions"].startswith("python 3.")
    edit(script, "at_most=1", "at_most=0.9")
    tool(tmp_path, "from-script", script, path)
    assert tool(tmp_path, "margins", "--seeds", 3) == "", "another threshold needs no new run"
    (row,) = claims(tmp_path)
    assert (row["threshold"], row["holds"]) == ("0.9", "False")


def test_a_failed_seed_keeps_the_old_rows(path, tmp_path):
    rows = [{"notebook": name, "claim": "old"} for name in ("00_other", "04_the_ring")]
    series.replace_rows(tmp_path / "results/claims.csv", rows, [])
    edit(tmp_path / "lesson.py", "SEED = 0\n", "SEED = 0\nassert SEED\n")
    tool(tmp_path, "from-script", tmp_path / "lesson.py", path)
    assert "04_the_ring, seed 0: " in tool(tmp_path, "margins", "--seeds", 1, code=1)
    assert claims(tmp_path) == rows


def test_the_tool_runs_as_a_script_from_anywhere(path, tmp_path):
    tool_path = sample_series.ROOT / "tools/notebooks.py"
    command = [sys.executable, tool_path, "--root", tmp_path, "sync", "--check"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("04_the_ring.ipynb: results/minutes.csv is missing")


def test_anatomy(path, tmp_path):
    assert tool(tmp_path, "anatomy").startswith("04_the_ring.ipynb: 9 code cells, 78% ≤ 6 lines")
