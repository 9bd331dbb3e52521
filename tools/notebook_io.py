"""The notebooks of the series as data: what each says of itself, and how it is stored."""

import csv
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
BRANCH = "main"  # what links to the repository lead to
FILE_NAME = re.compile(r"\d\d_[a-z0-9_]+\.ipynb")
GENERATED = re.compile(r"(<!-- from: ([a-z]\w*)((?: \w+)*) -->)(.*?)(<!-- /from -->)", re.DOTALL)
STATED = re.compile(r"[●○]{3} (\d+) min")  # the difficulty of an exercise, and the time it takes
FOLD = re.compile(r"<details>.*?</details>", re.DOTALL)
SCHEMATIC = re.compile(r"^```mermaid$.*?^```$", re.MULTILINE | re.DOTALL)

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    # all that JupyterLab would add: with this Python, opening a notebook doesn't change it
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": "3.11.7",
    },
}
CELL_METADATA = {"tags", "jupyter"}  # "jupyter" folds a cell; the rest is noise in a diff
WIDGET = "application/vnd.jupyter.widget-view+json"  # names a widget that died with its kernel


class Complaint(Exception):
    """What is wrong, in one sentence for the person who runs the tool."""


class Heading(NamedTuple):
    """What a notebook says of itself in its second cell; empty where it says nothing."""

    number: int
    title: str
    question: str
    piece: str


def notebooks(root: Path = ROOT) -> list[Path]:
    """The notebooks of the series, in their order."""
    return sorted(p for p in (root / "notebooks").glob("*.ipynb") if FILE_NAME.fullmatch(p.name))


def repository(root: Path = ROOT) -> str:
    """The repository's address, `Repository` in pyproject.toml's [project.urls]; "" if unset."""
    path = root / "pyproject.toml"
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"] if path.exists() else {}
    return project.get("urls", {}).get("Repository", "").rstrip("/")


def read(path: Path) -> NotebookNode:
    """The notebook stored at `path`; raises Complaint if there is none."""
    if not path.exists():
        raise Complaint(f"There is no notebook {path}.")
    return nbformat.read(path, as_version=4)


def write(notebook: NotebookNode, path: Path) -> None:
    """Store a notebook, tidied."""
    path.write_text(text(tidy(notebook)), encoding="utf-8")


def text(notebook: NotebookNode) -> str:
    """A notebook as the text of its file."""
    return nbformat.writes(notebook) + "\n"


def tidy(notebook: NotebookNode) -> NotebookNode:
    """The same notebook, stripped in place of all that changes without anyone changing it.

    The imports, which nobody reads first, are folded.
    """
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat_minor = 5  # from here on cells have ids
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in sorted(CELL_METADATA & cell.metadata.keys())}
        if "imports" in kept.get("tags", ()):
            kept["jupyter"] = {"source_hidden": True}
        cell.metadata = nbformat.from_dict(kept)
        for output in cell.get("outputs", []):
            if len(output.get("data", {})) > 1:  # never strip the only form that an output has
                output.data.pop(WIDGET, None)
    return notebook


def tags(cell: NotebookNode) -> list[str]:
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def tagged(notebook: NotebookNode, tag: str) -> Iterator[NotebookNode]:
    """The cells that carry a tag."""
    return (cell for cell in notebook.cells if tag in tags(cell))


def lesson(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells of a notebook without those that `sync` puts around them, tagged `navigation`."""
    return [cell for cell in notebook.cells if "navigation" not in tags(cell)]


def code(notebook: NotebookNode) -> Iterator[NotebookNode]:
    """The code cells of the lesson."""
    return (cell for cell in lesson(notebook) if cell.cell_type == "code")


def prose(notebook: NotebookNode) -> Iterator[NotebookNode]:
    """The markdown cells of the lesson."""
    return (cell for cell in lesson(notebook) if cell.cell_type == "markdown")


def heading(notebook: NotebookNode) -> Heading:
    """What the notebook says of itself: `# 7 · Title`, `*question*` and `**Piece** …`."""
    source = next((cell.source for cell in prose(notebook)), "")
    title = re.match(r"# (\d+) · (.+)", source)
    question = re.search(r"^\*([^*\n].*)\*$", source, re.MULTILINE)
    piece = re.search(r"\*\*Piece\*\*[ :]*(.+)", source)
    number, name = (int(title[1]), title[2].strip()) if title else (0, "")
    return Heading(number, name, question[1] if question else "", piece[1].strip() if piece else "")


def slug(heading: str) -> str:
    """What a link calls a heading, as JupyterLab spells it."""
    return re.sub("[`*]", "", heading).replace(" ", "-")


def words(notebook: NotebookNode) -> tuple[int, int]:
    """The words of prose outside the folds and within them, without markup and generated text.

    Those of a schematic aren't prose, either.
    """

    def count(source: str) -> int:
        return len(re.findall(r"\w[\w'’-]*", re.sub(r"<[^>]*>", "", source)))

    source = "\n".join(GENERATED.sub("", cell.source) for cell in prose(notebook))
    source = SCHEMATIC.sub("", source)
    visible = count(FOLD.sub("", source))
    return visible, count(source) - visible


def stated_minutes(source: str) -> list[int]:
    """The minutes that a text of markdown states for each of its exercises."""
    return [*map(int, STATED.findall(source))]


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file; none where there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: list[dict]) -> None:
    """Write a CSV file with a column for each key of the first row."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def replace_rows(path: Path, rows: list[dict], names: Iterable[str]) -> None:
    """Put `rows` into a CSV file in place of all its rows of the notebooks `names`."""
    names = set(names)
    rows = rows + [row for row in read_rows(path) if row["notebook"] not in names]
    if rows:
        write_rows(path, sorted(rows, key=lambda row: row["notebook"]))  # stable within a notebook
