"""Authoring, navigation, re-execution and margins, on a sample notebook_io."""

import subprocess
import sys

import pytest
import sample_series
from nbformat import v4
from sample_series import edit, tool

from tools import notebook_io, notebooks


@pytest.fixture
def path(tmp_path):
    """The notebook of a sample notebook_io."""
    return sample_series.make(tmp_path)


def ids(path):
    """The ids of all cells, by what the cell says."""
    return {cell.source: cell.id for cell in notebook_io.read(path).cells}


@pytest.fixture
def rewrite(path, tmp_path):
    """Edits the script, and makes the notebook of it."""

    def edited(*old_and_new):
        if old_and_new:
            edit(tmp_path / "lesson.py", *old_and_new)
        tool(tmp_path, "from-script", tmp_path / "lesson.py", path)
        return path.read_bytes()

    return edited


def test_the_same_script_gives_the_same_file(path, rewrite):
    before = path.read_bytes()
    assert rewrite() == before
    path.unlink()
    assert rewrite() == before


def test_an_edited_script_keeps_ids_and_outputs(path, rewrite):
    notebook = notebook_io.read(path)
    last = list(notebook_io.code(notebook))[-1]
    last.outputs = [v4.new_output("stream", name="stdout", text="kept")]
    notebook_io.write(notebook, path)
    before, ring = ids(path), "## A ring\n\nIt begins again"
    rewrite("# It begins again where it ends.\n", "# It begins again.\n\n# %%\nprint('new')\n")
    after = ids(path)
    assert after.pop(f"{ring}.") == before.pop(f"{ring} where it ends.")
    del after["print('new')"]
    assert after == before
    assert list(notebook_io.code(notebook_io.read(path)))[-1].outputs[0].text == "kept"


def test_a_notebook_has_a_number(path, tmp_path):
    wrong = path.with_name("the_ring.ipynb")
    assert "NN_words.ipynb" in tool(tmp_path, "from-script", tmp_path / "lesson.py", wrong, code=1)
    assert not wrong.exists()


def test_a_missing_notebook_is_named(path, tmp_path):
    assert tool(tmp_path, "tidy", "07_no.ipynb", code=1).endswith("07_no.ipynb.\n")


def test_navigation_follows_the_files(path, tmp_path):
    top = "{}\n\n" + notebooks.EDIT
    assert notebook_io.read(path).cells[0].source == top.format(
        "[Contents](../README.md#The-notebooks)"
    )
    other = path.with_name("07_the_wheel.ipynb")
    other.write_text(path.read_text().replace("# 4 · The ring", "# 7 · The wheel"))
    tool(tmp_path, "sync", code=1)  # the minutes are not measured yet
    first, *_, last = notebook_io.read(path).cells
    bar = "[Contents](../README.md#The-notebooks) · [7 The wheel →](07_the_wheel.ipynb)"
    assert (first.source, last.source) == (top.format(bar), bar)
    assert notebook_io.read(other).cells[-1].source == (
        "[← 4 The ring](04_the_ring.ipynb) · [Contents](../README.md#The-notebooks)"
    )


def test_the_repositorys_address_opens_doors_and_without_it_there_are_none(path, tmp_path):
    """In Colab, a first cell installs helpers; a learner's own Jupyter passes over it."""
    project = tmp_path / "pyproject.toml"
    project.write_text('[project]\nurls.Repository = "https://github.com/someone/something"\n')
    tool(tmp_path, "sync", code=1)  # the minutes are not measured yet
    top, colab, heading, *_ = notebook_io.read(path).cells
    assert heading.source.startswith("# 4 · The ring")
    file = "someone/something/blob/main/notebooks/04_the_ring.ipynb"
    assert f"[Colab](https://colab.research.google.com/github/{file})" in top.source
    assert f"[GitHub](https://github.com/{file})" in top.source
    binder = "https://mybinder.org/v2/gh/someone/something/main?urlpath=lab/tree/notebooks/"
    assert f"[Binder]({binder}04_the_ring.ipynb)" in top.source
    assert "git clone --quiet --depth 1 https://github.com/someone/something " in colab.source
    tool(tmp_path, "run", path)
    assert notebook_io.read(path).cells[1] == colab, "it isn't of the lesson: it keeps no count"
    project.write_text("[project]\n")
    tool(tmp_path, "run", path)
    with_minutes = path.read_bytes()
    assert b"colab" not in with_minutes
    project.write_text('[project]\nurls.Repository = "https://github.com/someone/something"\n')
    tool(tmp_path, "sync")
    assert b"colab" in path.read_bytes()
    project.write_text("[project]\n")
    tool(tmp_path, "sync")
    assert path.read_bytes() == with_minutes


def test_tidy_strips_what_changes_by_itself(path, tmp_path):
    before = path.read_text()
    notebook = notebook_io.read(path)
    notebook.metadata.widgets = {"state": {}}
    notebook.cells[2].metadata.execution = {"iopub.status.busy": "2026-01-01T00:00:00"}
    path.write_text(notebook_io.text(notebook))
    tool(tmp_path, "tidy", path)
    assert path.read_text() == before


def test_run_repeats_byte_for_byte_and_records_minutes(path, tmp_path):
    other = {"notebook": "00_other", "minutes": "1.00", "training_minutes": "0.00"}
    notebook_io.replace_rows(tmp_path / "results/minutes.csv", [other], ["00_other"])
    assert "04_the_ring.ipynb: " in tool(tmp_path, "run", path)
    stored = path.read_bytes()
    cells = list(notebook_io.code(notebook_io.read(path)))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    rows = notebook_io.read_rows(tmp_path / "results/minutes.csv")
    assert [row["notebook"] for row in rows] == ["00_other", "04_the_ring"]
    assert "<!-- from: minutes 04 -->15 minutes<!-- /from -->" in path.read_text()
    tool(tmp_path, "run")
    assert path.read_bytes() == stored


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import sys; print('no', file=sys.stderr)", "A cell wrote to stderr: no"),
        ("rng = 1;", "nbval ignores the ';' in `rng = 1;`"),
    ],
)
def test_a_failed_run_changes_nothing(path, tmp_path, rewrite, code, complaint):
    before = rewrite('print("slow")', code)
    said = tool(tmp_path, "run", path, code=1)
    assert "04_the_ring.ipynb stays as it was." in said
    assert complaint in said
    assert path.read_bytes() == before
    assert not (tmp_path / "results/minutes.csv").exists()


def claims(root):
    """The rows of results/claims.csv."""
    return notebook_io.read_rows(root / "results/claims.csv")


def test_margins_are_measured_once_and_follow_the_threshold(path, tmp_path, rewrite):
    before = rewrite('print("slow")', "raise RuntimeError('a cell tagged skip-margins')")
    said = tool(tmp_path, "margins", "--seeds", 2)
    assert sorted(said.splitlines()) == [f"04_the_ring_00{k}: 1 claims" for k in (0, 1)]
    assert tool(tmp_path, "margins", "--seeds", 3).splitlines() == ["04_the_ring_002: 1 claims"]
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
    rewrite("at_most=1", "at_most=0.9")
    assert tool(tmp_path, "margins", "--seeds", 3) == "", "another threshold needs no new run"
    (row,) = claims(tmp_path)
    assert (row["threshold"], row["holds"]) == ("0.9", "False")


def test_a_failed_seed_keeps_the_old_rows(tmp_path, rewrite):
    rows = [{"notebook": name, "claim": "old"} for name in ("00_other", "04_the_ring")]
    notebook_io.replace_rows(tmp_path / "results/claims.csv", rows, [])
    rewrite("SEED = 0\n", "SEED = 0\nassert SEED\n")
    assert "04_the_ring, seed 0: " in tool(tmp_path, "margins", "--seeds", 1, code=1)
    assert claims(tmp_path) == rows


def test_the_tool_runs_as_a_script_from_anywhere(path, tmp_path):
    tool_path = sample_series.ROOT / "tools/notebooks.py"
    command = [sys.executable, tool_path, "--root", tmp_path, "sync", "--check"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("04_the_ring.ipynb: results/minutes.csv is missing")


def test_anatomy(path, tmp_path):
    said = tool(tmp_path, "anatomy")
    assert "; 9 code cells, 78% ≤ 6 lines, 100% ≤ 22, longest 10" in said
    # the titles, texts and links outside the folds, and "Solution", "Answer" and their texts within
    visible, folded = notebook_io.words(notebook_io.read(path))
    assert said.startswith(f"04_the_ring.ipynb: {visible} words and {folded} in folds")


def test_words_are_counted_outside_folds_and_within():
    source = "# Two words\n\n<details><summary>One</summary>\n\nand two\n\n</details>\n\nthe last"
    source += "\n\n```mermaid\nflowchart LR\n    a --> b\n```\n\n"
    generated = " <!-- from: minutes 04 -->5 minutes<!-- /from -->"
    bar = v4.new_markdown_cell(
        "[Contents](../README.md#The-notebooks)", metadata={"tags": ["navigation"]}
    )
    cells = [bar, v4.new_markdown_cell(source + generated), v4.new_code_cell("x = 1")]
    assert notebook_io.words(v4.new_notebook(cells=cells)) == (4, 3)
