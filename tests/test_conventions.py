"""Each convention of test_notebooks.py passes on a sound notebook, and notices its own breach."""

import shutil

import pytest
import sample_series
import test_notebooks as conventions
from nbformat import v4

from tools import series

PER_NOTEBOOK = [
    test
    for name, test in vars(conventions).items()
    if name.startswith("test_") and test.pytestmark[0].args[1] is conventions.PATHS
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A repository whose notebook keeps all conventions."""
    root = tmp_path_factory.mktemp("sound")
    path = sample_series.make(root)
    sample_series.tool(root, "run", path)
    return root


@pytest.fixture
def path(sound, tmp_path):
    """The notebook of a copy of it, to break."""
    shutil.copytree(sound, tmp_path, dirs_exist_ok=True)
    return tmp_path / "notebooks/04_the_ring.ipynb"


@pytest.mark.parametrize("convention", PER_NOTEBOOK, ids=lambda test: test.__name__)
def test_a_sound_notebook_passes(convention, path):
    convention(path)


def cell(notebook, what):
    """The one cell with that tag, or with that text."""
    (found,) = (c for c in notebook.cells if what in series.tags(c) or what in c.source)
    return found


def replace(old, new):
    """A breach that replaces a text wherever it stands in a source."""

    def breach(notebook):
        assert any(old in cell.source for cell in notebook.cells), old
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)

    return breach


def retag(tag, *new):
    """A breach that replaces a tag by others, or by none."""

    def breach(notebook):
        for cell in series.tagged(notebook, tag):
            cell.metadata.tags = [t for t in cell.metadata.tags if t != tag] + [*new]

    return breach


def output(**fields):
    """A breach that changes the output of the last training cell."""
    return lambda notebook: cell(notebook, "full-run").outputs[0].update(fields)


BREACHES = [
    (
        "file",
        lambda nb: cell(nb, "imports").metadata.update(execution={"iopub.execute_input": "0"}),
    ),
    ("file", lambda nb: nb.metadata.update(widgets={"state": {}})),
    ("file", lambda nb: cell(nb, "Recap").update(source="## Recap\n" + "x" * 10**6)),
    ("tags_are_known", retag("skip-margins", "skip")),
    ("no_path_of_a_machine", replace("starts anew", "lies in /home/me")),
    ("no_path_of_a_machine", output(text="saved in /tmp/x")),
    ("links_resolve", replace("helpers/ring.py", "helpers/rings.py")),
    ("links_resolve", replace("starts anew", '<img src="missing.png">')),
    ("navigation", replace("[Contents]", "[Home]")),
    ("navigation", lambda nb: nb.cells.pop()),
    ("heading", replace("# 4 · The", "# 5 · The")),
    ("heading", replace("# 4 · The", "# 4: The")),
    ("heading", replace("*Where", "Where")),
    ("heading", replace("entry go?*", "entry go.*")),
    ("heading", replace("**You need**", "**Needed**")),
    ("heading", replace("minutes 04", "minutes 05")),
    ("heading", replace("**Piece** `Ring`, in [its module](../helpers/ring.py)", "**Piece**")),
    ("ending", replace("## Recap", "## Summary")),
    ("ending", lambda nb: nb.cells.insert(-1, v4.new_markdown_cell("## More"))),
    ("generated_text", replace("5 minutes", "6 minutes")),
    ("imports", retag("imports")),
    ("imports", replace("SEED = 0", "seed = 0")),
    ("imports", replace("SEED = 0", "SEED = 0\nSEED = 1")),
    ("imports", replace('print("slow")', "SEED = 1")),
    ("imports", replace('print("slow")', "import os")),
    ("imports", replace('print("slow")', "if SEED:\n    from os import path")),
    ("cells", replace('print("slow")', " ")),
    ("cells", replace('print("slow")', "\n" * 45 + "x")),
    ("cells", replace('print("slow")', "clear_output()")),
    ("cells", replace('print("slow")', "x = 1;")),
    ("outputs_come_from_one_run", lambda nb: cell(nb, "imports").update(execution_count=None)),
    ("outputs_come_from_one_run", lambda nb: cell(nb, "imports").update(execution_count=3)),
    ("outputs_come_from_one_run", lambda nb: cell(nb, "full-run").update(outputs=[])),
    ("outputs_come_from_one_run", lambda nb: cell(nb, "my_slot = None").update(outputs=[])),
    ("outputs_come_from_one_run", output(name="stderr")),
    ("outputs_come_from_one_run", output(output_type="error", ename="E", evalue="", traceback=[])),
    (
        "outputs_come_from_one_run",
        output(output_type="display_data", metadata={}, data={"image/svg+xml": "<svg/>"}),
    ),
    ("training_cells", retag("full-run")),
    ("training_cells", retag("train")),
    ("training_cells", retag("nbval-ignore-output")),
    ("training_cells", retag("skip-margins", "train", "full-run", "nbval-ignore-output")),
    ("quoted_cells", replace("+= 1", "+= 2")),
    ("the_full_run_needs_only_the_lesson", replace("print(counts)", "print(holds)")),
    ("exercises", replace("my_slot = None", "my_slot = 0")),
    ("exercises", replace("check_slot(my_slot)", "pass")),
    ("exercises", replace("slot(4)", "slot(5)")),
    ("exercises", replace("<summary>Solution</summary>\n\n", "<summary>Solution</summary>\n")),
    ("exercises", replace("check_slot(my_slot)\n```", "```")),
    ("exercises", replace("my_ninth = None", "my_ninth = None  # not raise NotImplementedError")),
    ("exercises", lambda nb: cell(nb, "my_slot = None").outputs[0].update(text="Not yet: ?\n")),
    ("there_are_enough_exercises", replace("**3. Predict", "**4. Predict")),
    ("there_are_enough_exercises", replace("**3. Predict", "3. Predict")),
    ("there_are_enough_exercises", replace("<summary>Answer</summary>", "<summary>Hint</summary>")),
    ("there_are_enough_exercises", retag("exercise")),
    ("exercises", retag("solution")),
    ("exercises", retag("exercise")),
]


@pytest.mark.parametrize(
    ("name", "breach"), BREACHES, ids=[f"{name}-{k}" for k, (name, _) in enumerate(BREACHES)]
)
def test_a_breach_is_noticed(name, breach, path):
    notebook = series.read(path)
    breach(notebook)
    path.write_text(series.text(notebook))
    with pytest.raises(AssertionError):
        getattr(conventions, f"test_{name}")(path)


def test_each_convention_is_breached_above():
    breached = {f"test_{name}" for name, _ in BREACHES} | {"test_the_edit_reaches_training"}
    assert {test.__name__ for test in PER_NOTEBOOK} == breached


def test_a_wrong_file_name_is_noticed(path):
    with pytest.raises(AssertionError, match="NN_words"):
        conventions.test_file(path.rename(path.with_name("ring.ipynb")))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('fill(Ring(sizes["small"]), 6)', "[2, 2, 1, 1]"),
        ('fill(Ring(sizes["small"]), 6)', 'Ring(sizes["small"])'),
    ],
)
def test_an_edit_that_does_not_reach_training_is_noticed(path, old, new):
    notebook = series.read(path)
    replace(old, new)(notebook)
    path.write_text(series.text(notebook))
    with pytest.raises(AssertionError, match="never uses the cell ring"):
        conventions.test_the_edit_reaches_training(path)


def test_a_run_that_does_not_end_is_cut_off(path):
    with pytest.raises(conventions.TooSlow), conventions.stage(path, seconds=1) as namespace:
        conventions.perform("while True:\n    pass", namespace)


def test_breaches_of_a_module_are_noticed(path, monkeypatch):
    module = path.parents[1] / "helpers/ring.py"
    monkeypatch.setattr(series, "ROOT", path.parents[1])
    monkeypatch.setattr(conventions, "TAUGHT", {"ring": "04"})
    monkeypatch.setattr(conventions, "PATHS", [path])
    conventions.test_definitions_are_short("ring")
    conventions.test_all_public_definitions_are_taught("ring")
    module.write_text(module.read_text() + "\n\ndef more():\n    return 0\n")
    with pytest.raises(AssertionError, match=r"no notebook quotes \{'more'\}"):
        conventions.test_all_public_definitions_are_taught("ring")
    module.write_text("def fill():\n" + "    x = 1\n" * 25)
    with pytest.raises(AssertionError, match=r"ring\.fill has 26 lines"):
        conventions.test_definitions_are_short("ring")
    module.write_text("\n" * 151)
    with pytest.raises(AssertionError):
        conventions.test_modules_are_short(module)
