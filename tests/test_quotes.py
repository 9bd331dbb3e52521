"""Quotations: both ways, refused edits, drift."""

import pytest
import sample_series
from sample_series import edit, tool

from tools import notebook_io, quotes
from tools.notebook_io import Complaint
from tools.quotes import Quotation


@pytest.fixture
def path(tmp_path):
    """The notebook of a sample notebook_io."""
    return sample_series.make(tmp_path)


@pytest.fixture
def module(path):
    """The module that the notebook quotes."""
    return path.parents[1] / "helpers/ring.py"


def cell(path, name):
    """The source of the cell that quotes `ring.<name>`."""
    return next(notebook_io.tagged(notebook_io.read(path), f"source:ring.{name}")).source


def change(path, name, old, new):
    """Edit the cell that quotes `ring.<name>`, as a learner would."""
    notebook = notebook_io.read(path)
    quoted = next(notebook_io.tagged(notebook, f"source:ring.{name}"))
    assert old in quoted.source
    quoted.source = quoted.source.replace(old, new)
    notebook_io.write(notebook, path)


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


def test_a_definition_of_a_subpackage_is_quoted_both_ways(path, module, tmp_path):
    package = module.parent / "shapes"
    package.mkdir()
    module.rename(package / "ring.py")
    module = package / "ring.py"
    path.write_text(path.read_text().replace("source:ring.", "source:shapes.ring."))
    original = path.read_text()
    path.write_text(original.replace("+= 1", "+= 2"))
    assert "shapes.ring.fill\n" in tool(tmp_path, "sync", code=1)  # no minutes are measured yet
    assert path.read_text() == original
    path.write_text(original.replace("+= 1", "+= 2"))
    said = tool(tmp_path, "sync", "--to-modules", code=1)
    assert said.startswith("helpers/shapes/ring.py: fill\n")
    assert "+= 2" in module.read_text()


@pytest.mark.parametrize("quoted", ["ring.Missing", "missing.Ring", "Ring", "ring..Ring", ".Ring"])
def test_a_quotation_of_nothing_is_refused(path, tmp_path, quoted):
    edit(path, "source:ring.fill", f"source:{quoted}")
    assert len(tool(tmp_path, "sync", code=1).splitlines()) == 1


def test_size_counts_code_only():
    lines = ['"""Doc."""', "", "# why", "def f(a,", "      b):", '    """Doc', "", '    more."""']
    assert quotes.size("\n".join([*lines, '    return """x', "", '    y"""', ""])) == 5
