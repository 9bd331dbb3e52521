"""Quotations and generated text: both ways, refused edits, drift."""

import pytest
import sample_series
from sample_series import edit, tool

from tools import prose, quotes, series
from tools.quotes import Quotation
from tools.series import Complaint


@pytest.fixture
def path(tmp_path):
    """The notebook of a sample series."""
    return sample_series.make(tmp_path)


@pytest.fixture
def module(path):
    """The module that the notebook quotes."""
    return path.parents[1] / "helpers/ring.py"


def cell(path, name):
    """The source of the cell that quotes `ring.<name>`."""
    return next(series.tagged(series.read(path), f"source:ring.{name}")).source


def change(path, name, old, new):
    """Edit the cell that quotes `ring.<name>`, as a learner would."""
    notebook = series.read(path)
    quoted = next(series.tagged(notebook, f"source:ring.{name}"))
    assert old in quoted.source
    quoted.source = quoted.source.replace(old, new)
    series.write(notebook, path)


def twin(path):
    """A second notebook with the same cells."""
    second = path.with_name("05_the_twin.ipynb")
    second.write_text(path.read_text().replace("# 4 · The ring", "# 5 · The twin"))
    return second


def test_a_new_notebook_is_filled(path):
    assert cell(path, "Ring").startswith("@dataclass\nclass Ring:\n")
    assert cell(path, "Ring").endswith("# round and round\n        return k % self.capacity")
    assert cell(path, "sizes") == 'sizes = {\n    "small": 4,\n    "large": 8,\n}'
    assert quotes.definition(Quotation("ring", "CAPACITY"), path.parents[1]) == (
        "CAPACITY: int = 4  # slots"
    )


def test_drift_is_found_and_undone(path, tmp_path):
    original = path.read_text()
    change(path, "fill", "+= 1", "+= 2")
    edited = path.read_text()
    said = tool(tmp_path, "sync", "--check", code=1)
    assert said.startswith("notebooks/04_the_ring.ipynb: ring.fill\n")
    assert path.read_text() == edited, "--check changes nothing"
    tool(tmp_path, "sync", code=1)  # the minutes are not measured yet
    assert path.read_text() == original


def test_an_edit_moves_to_the_module_and_the_other_notebooks(path, module, tmp_path):
    second = twin(path)
    before = module.read_text()
    change(path, "Ring", "# round and round", "# on\n        # and on")
    change(path, "sizes", "8", "16")
    said = tool(tmp_path, "sync", "--to-modules", code=1)
    assert "helpers/ring.py: Ring\n" in said
    expected = before.replace("# round and round", "# on\n        # and on").replace("8", "16")
    assert module.read_text() == expected
    assert cell(second, "Ring") == cell(path, "Ring")
    assert cell(second, "sizes") == cell(path, "sizes")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("def fill", "def full", "must define fill and nothing else"),
        ("def fill", "import os\n\n\ndef fill", "must define fill and nothing else"),
        ("return counts", "return counts\n\n\nprint(fill)", "must define fill and nothing else"),
        ("return counts", "return (counts", "is not Python yet"),
    ],
)
def test_what_is_not_that_definition_is_refused(path, module, tmp_path, old, new, complaint):
    before = module.read_text()
    change(path, "sizes", "8", "16")  # a good edit beside it does not slip through
    change(path, "fill", old, new)
    with pytest.raises(Complaint, match=complaint):
        quotes.to_modules(tmp_path)
    assert module.read_text() == before


def test_different_edits_of_one_definition_are_refused(path, module, tmp_path):
    second = twin(path)
    before = module.read_text()
    change(path, "fill", "+= 1", "+= 2")
    change(second, "fill", "+= 1", "+= 3")
    said = tool(tmp_path, "sync", "--to-modules", code=1)
    assert said == ("04_the_ring.ipynb and 05_the_twin.ipynb hold different edits of ring.fill.\n")
    assert module.read_text() == before


@pytest.mark.parametrize("quoted", ["ring.Missing", "missing.Ring", "Ring"])
def test_a_quotation_of_nothing_is_refused(path, tmp_path, quoted):
    edit(path, "source:ring.fill", f"source:{quoted}")
    assert len(tool(tmp_path, "sync", code=1).splitlines()) == 1


def test_size_counts_code_only():
    lines = ['"""Doc."""', "", "# why", "def f(a,", "      b):", '    """Doc', "", '    more."""']
    assert quotes.size("\n".join([*lines, '    return """x', "", '    y"""', ""])) == 5


# Generated text


def record(root, minutes, training):
    """Pretend that the notebook has been measured."""
    row = {"notebook": "04_the_ring", "minutes": minutes, "training_minutes": training}
    series.replace_rows(root / "results/minutes.csv", [row], ["04_the_ring"])


@pytest.mark.parametrize(
    ("training", "said"),
    [(0, "20 minutes"), (0.2, "20 minutes, less than 1 of them training"),
     (4.4, "20 minutes, 4 of them training")],
)  # fmt: skip
def test_minutes(path, tmp_path, training, said):
    record(tmp_path, 14, training)
    readme = tmp_path / "README.md"
    readme.write_text("<!-- from: minutes_table -->old<!-- /from -->\n`<!-- from: NAME -->`\n")
    tool(tmp_path, "sync")
    assert f"**About** <!-- from: minutes 04 -->{said}<!-- /from -->" in path.read_text()
    row = readme.read_text().split("\n\n")[1].splitlines()[2]
    assert row.startswith(
        "| [4 · The ring](notebooks/04_the_ring.ipynb) | Where does the fifth entry go? | `Ring`"
    )
    assert readme.read_text().endswith("\n`<!-- from: NAME -->`\n")
    assert tool(tmp_path, "sync", "--check") == ""


@pytest.mark.parametrize(
    ("marker", "complaint"),
    [
        (
            "minutes 04",
            "results/minutes.csv is missing: `python tools/notebooks.py run notebooks/04",
        ),
        ("minutes 09", "There is no notebook 09."),
        ("minutes", "The marker `minutes ` has missing a required argument: 'number'."),
        ("minutes_of", "No function in tools/prose.py is named minutes_of."),
    ],
)
def test_what_cannot_be_generated_stays(path, tmp_path, marker, complaint):
    readme = tmp_path / "README.md"
    source = f"<!-- from: {marker} -->old<!-- /from -->"
    readme.write_text(source)
    assert f"README.md: {complaint}" in tool(tmp_path, "sync", code=1)
    assert readme.read_text() == source


def test_a_function_more(monkeypatch, tmp_path):
    monkeypatch.setattr(prose, "GENERATORS", {})

    @prose.generates
    def twice(root, word):
        return f"{word} {word}"

    new, complaints = prose.fill("a <!-- from: twice b --><!-- /from --> c", tmp_path, "here")
    assert (new, complaints) == ("a <!-- from: twice b -->b b<!-- /from --> c", [])


def test_what_a_recipe_changes_by_hand():
    assert prose.changes(series.ROOT, "modern") == ""
    said = prose.changes(series.ROOT, "tuned").split(", ")
    assert said[1:3] == ["`tau` 0.03 (usually 0.02)", "`sigma` 2.0 (usually 0.2)"]
    assert len(said) == 6
    for name in ("tunde", "Recipe"):
        with pytest.raises(series.Complaint, match=f"no recipe named {name}"):
            prose.changes(series.ROOT, name)


def test_the_outcome_of_an_experiment_by_hand(tmp_path):
    def said(gaps):
        """Of an experiment of three seeds, each with a gap after 10 steps and after 20."""
        rows = [f"10,{s},-1,{early}\n20,{s},-1,{late}" for s, (early, late) in enumerate(gaps)]
        text = "\n".join(["# python tools/record.py some", "step,seed,return,gap", *rows])
        (tmp_path / "results").mkdir(exist_ok=True)
        (tmp_path / "results" / "some.csv").write_text(text + "\n")
        return prose.outcome(tmp_path, "some")

    assert said([(0.5, 0.1), (0.09, 0.08), (0.05, 0.2)]) == (
        "after 20 steps the gap is 10.0 % in the median of 3 seeds and 20.0 % on the worst; "
        "2 of 3 have solved the task, the median seed after 20 steps "
        "(`python tools/record.py some`)."
    )
    assert "; 1 of 3 have solved the task (`" in said([(0.5, 0.4), (0.09, 0.08), (0.05, 0.2)])
