"""The tool that runs the notebooks' tests under other conditions: it sees failures, and resumes."""

import os
import shutil

import nbformat
import pytest
from nbformat import v4

from tools import conditions, evidence, series, surroundings
from tools.series import Complaint
from tools.surroundings import Outcome, suite

NAMES = ["01_threads.ipynb", "02_writes.ipynb"]
CELLS = {  # what each prints, and what is stored
    NAMES[0]: ('import os\nprint(os.environ["OMP_NUM_THREADS"])', "1\n"),
    NAMES[1]: ('import os\nprint(os.access(".", os.W_OK))', "False\n"),
}


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A repository: one notebook says how many threads it has, one whether it can write."""
    (tmp_path / "notebooks").mkdir()
    for name, (source, printed) in CELLS.items():
        cell = v4.new_code_cell(source, execution_count=1)
        cell.outputs = [v4.new_output("stream", name="stdout", text=printed)]
        notebook = v4.new_notebook(cells=[cell], metadata=series.METADATA)
        nbformat.write(notebook, tmp_path / "notebooks" / name)
    (tmp_path / "conftest.py").write_text(
        "def pytest_configure(config):\n    config.option.nbval_current_env = True\n"
    )
    monkeypatch.setattr(surroundings, "ROOT", tmp_path)
    return tmp_path


def test_the_suite_passes_and_fails_where_it_should(root):
    assert suite(NAMES, root=root)[:2] == (1, 1)  # one thread; but it can write
    assert suite(NAMES[:1], root=root, **surroundings.threads(2))[:2] == (0, 1)
    assert surroundings.other_kernel(NAMES[:1])[:2] == (1, 0)


@pytest.mark.skipif(
    os.geteuid() == 0 and not shutil.which("setpriv"), reason="no permission stops root"
)
def test_nobody_can_write_where_it_is_read_only(root):
    assert surroundings.read_only(NAMES)[:2] == (2, 0)


def test_an_outcome_is_recorded_and_not_measured_again(tmp_path, monkeypatch, capsys):
    asked = []

    def measured(name, failed=0):
        return lambda names: asked.append((name, names)) or Outcome(5, failed, 60.0, "a note")

    ways = {"first": measured("first"), "second": measured("second", failed=1)}
    monkeypatch.setattr(conditions, "TABLE", tmp_path / "conditions.csv")
    monkeypatch.setattr(conditions, "CONDITIONS", ways)
    names = ["04_the_replay_buffer.ipynb"]
    assert conditions.main(["--notebooks", "04"]) == 1
    assert conditions.main(["--notebooks", "04"]) == 1  # only what failed is run again
    assert asked == [("first", names), ("second", names), ("second", names)]
    assert conditions.main(["--notebooks", "04", "--only", "first", "--anew"]) == 0
    assert len(asked) == 4
    rows = series.read_rows(tmp_path / "conditions.csv")
    assert [(row["condition"], row["failed"]) for row in rows] == [("first", "0"), ("second", "1")]
    assert rows[0]["minutes"] == "1.0"
    assert "torch" in rows[0]["versions"]
    assert "first: passed before" in capsys.readouterr().out


def test_the_readme_says_what_was_found(tmp_path):
    with pytest.raises(Complaint, match=r"tools/conditions\.py"):
        evidence.conditions_table(tmp_path)
    (tmp_path / "results").mkdir()
    row = {"passed": 487, "failed": 0, "minutes": "17.4", "date": "2026-11-26", "versions": "v 1"}
    rows = [{"condition": "serial", **row, "note": ""}, {"condition": "loaded", **row, "note": "n"}]
    series.write_rows(tmp_path / "results/conditions.csv", rows)
    assert evidence.conditions_table(tmp_path).splitlines()[2:] == [
        "| serial | 487 | 0 | 17 | 2026-11-26 |",
        "| loaded (n) | 487 | 0 | 17 | 2026-11-26 |",
    ]
    assert evidence.conditions_facts(tmp_path) == "v 1 (`python tools/conditions.py`)"


def test_the_readme_counts_the_claims_that_hold(tmp_path):
    (tmp_path / "results").mkdir()
    rows = [{"seeds": 20, "holds": True}, {"seeds": 20, "holds": False}]
    series.write_rows(tmp_path / "results/claims.csv", rows)
    said = evidence.claims_facts(tmp_path)
    assert said == "2 claims over 20 seeds each, of which 1 hold on every one"
