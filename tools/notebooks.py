"""Maintain the notebooks: `python tools/notebooks.py sync`, and what `--help` lists besides.

`sync` copies the quoted definitions from helpers/ into the notebooks, and writes navigation bars
and generated text; `run` re-executes; `margins` measures over seeds how safely the claims hold.
"""

import argparse
import hashlib
import sys
from pathlib import Path

from nbformat import NotebookNode, v4

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # this file runs from anywhere

from tools import covers, docgen, execution, notebook_io, quotes
from tools.margins import margins
from tools.notebook_io import ROOT, Complaint

EDIT = (
    "*Change any cell you like: run it with `%%original` as its first line, and the original comes "
    "back.*"
)


COLAB = """\
# In Colab only: fetch the project, and install its helpers; what they import is already there
import sys

if "google.colab" in sys.modules:
    !git clone --quiet --depth 1 %s /content/ddpg
    %%cd -q /content/ddpg/notebooks
    %%pip install --quiet --no-deps --editable ..
    sys.path.insert(0, "/content/ddpg")"""


def bar(path: Path, root: Path = ROOT) -> str:
    """The navigation bar of a notebook: previous, contents, next."""
    paths = notebook_io.notebooks(root)
    place = paths.index(path)
    links = ["[Contents](../README.md#The-notebooks)"]
    if place > 0:
        links.insert(0, f"[← {label(paths[place - 1])}]({paths[place - 1].name})")
    if place + 1 < len(paths):
        links.append(f"[{label(paths[place + 1])} →]({paths[place + 1].name})")
    return " · ".join(links)


def label(path: Path) -> str:
    """How other notebooks name this one: `7 Updating the critic`."""
    number, title, *_ = notebook_io.heading(notebook_io.read(path))
    return f"{number} {title}" if title else path.stem.replace("_", " ")


def doors(path: Path, repository: str) -> str:
    """Links that open the notebook elsewhere, of a repository on GitHub."""
    name, branch = repository.removeprefix("https://github.com/"), notebook_io.BRANCH
    file = f"notebooks/{path.name}"
    links = {
        "Colab": f"https://colab.research.google.com/github/{name}/blob/{branch}/{file}",
        "Binder": f"https://mybinder.org/v2/gh/{name}/{branch}?urlpath=lab/tree/{file}",
        "GitHub": f"{repository}/blob/{branch}/{file}",
    }
    return "Open in " + " · ".join(f"[{name}]({url})" for name, url in links.items())


def navigate(notebook: NotebookNode, path: Path, root: Path = ROOT) -> bool:
    """Put the bar first and last; says whether that changed anything.

    Where the repository has an address, links to other places and Colab's first cell are added.
    """
    repository = notebook_io.repository(root)
    bottom = bar(path, root)
    top = "\n\n".join([bottom, *([doors(path, repository)] if repository else []), EDIT])
    tags = {"metadata": {"tags": ["navigation"]}}
    frame = [
        v4.new_markdown_cell(top, id="navigation-top", **tags),
        v4.new_markdown_cell(bottom, id="navigation-bottom", **tags),
    ]
    if repository:
        colab = v4.new_code_cell(COLAB % repository, id="navigation-colab", **tags)
        colab.metadata["jupyter"] = {"source_hidden": True}
        frame.insert(1, colab)
    cells = [*frame[:-1], *notebook_io.lesson(notebook), frame[-1]]
    if cells == notebook.cells:
        return False
    notebook.cells = cells
    return True


def sync(root: Path, check: bool = False) -> tuple[list[str], list[Complaint]]:
    """Bring notebooks and documents up to date; what that changed or would change, and can't."""
    changed, complaints = [], []
    for path in notebook_io.notebooks(root):
        notebook = notebook_io.read(path)
        found = [str(quoted) for quoted in quotes.fill(notebook, root)]
        found += ["its navigation"] if navigate(notebook, path, root) else []
        before = [cell.source for cell in notebook.cells]
        complaints += docgen.fill_notebook(notebook, root, path.name)
        if [cell.source for cell in notebook.cells] != before:
            found.append("its generated text")
        changed += [f"notebooks/{path.name}: {what}" for what in found]
        if found and not check:
            notebook_io.write(notebook, path)
    documents, lacking = docgen.fill_documents(root, check)
    return changed + documents + covers.store(root, check), complaints + lacking


def carry(old: list[NotebookNode], new: list[NotebookNode]) -> None:
    """Give new cells the ids of the cells they continue, and the outputs of those they repeat.

    Other ids are made of what the cell says, so that the same script gives the same file.
    """
    from jupytext.combine import map_outputs_to_inputs

    taken = {cell.id for cell in old}
    for cell, j in zip(new, map_outputs_to_inputs(new, old), strict=True):
        if j is not None:
            cell.id = old[j].id
            if cell.cell_type == "code" and cell.source == old[j].source:
                cell.outputs, cell.execution_count = old[j].outputs, old[j].execution_count
            continue
        salt = 0
        while (name := hashlib.sha256(f"{salt}{cell.source}".encode()).hexdigest()[:8]) in taken:
            salt += 1
        taken.add(name)
        cell.id = name


def from_script(script: Path, path: Path, root: Path = ROOT) -> None:
    """Make a notebook of a jupytext percent script, or bring an existing one up to date with it."""
    import jupytext  # only authors need it

    if path.parent != root / "notebooks" or not notebook_io.FILE_NAME.fullmatch(path.name):
        raise Complaint(f"A notebook is notebooks/NN_words.ipynb in lower case, not {path}.")
    notebook = jupytext.read(script, fmt="py:percent")
    quotes.fill(notebook, root)
    docgen.fill_notebook(notebook, root, path.name)  # what hasn't been measured yet stays empty
    cells = notebook_io.lesson(notebook)
    old = notebook_io.lesson(notebook_io.read(path)) if path.exists() else []
    carry(old, cells)
    notebook.cells = cells
    notebook_io.write(notebook, path)  # now it is one of the series, and has a place in its order
    sync(root)


def anatomy(path: Path) -> str:
    """The rhythm of a notebook in one line."""
    notebook = notebook_io.read(path)
    lengths = [len(cell.source.splitlines()) for cell in notebook_io.code(notebook)] or [0]
    short, middling = (sum(n <= limit for n in lengths) / len(lengths) for limit in (6, 22))
    visible, folded = notebook_io.words(notebook)
    return (
        f"{path.name}: {visible:,} words and {folded:,} in folds; {len(lengths)} code cells, "
        f"{short:.0%} ≤ 6 lines, {middling:.0%} ≤ 22, longest {max(lengths)}"
    )


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser("sync", help="quotations, navigation and generated text")
    way = command.add_mutually_exclusive_group()
    way.add_argument("--check", action="store_true", help="change nothing, list what differs")
    way.add_argument("--to-modules", action="store_true", help="keep what was edited in notebooks")
    command = commands.add_parser("from-script", help="make a notebook of a percent script")
    command.add_argument("script", type=Path)
    command.add_argument("notebook", type=Path)
    for name, words in {
        "run": "re-execute in place, and record the minutes",
        "tidy": "strip metadata",
        "margins": "measure the claims over seeds",
        "anatomy": "count words, cells and lines",
    }.items():
        command = commands.add_parser(name, help=words)
        command.add_argument("paths", type=Path, nargs="*", metavar="PATH", help="default: all")
        if name == "margins":
            command.add_argument("--seeds", type=int, default=20)
            command.add_argument("--jobs", type=int, default=2)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for; 1 where something differs or failed."""
    options = parse(arguments)
    root, check = options.root.resolve(), getattr(options, "check", False)
    paths = [p.resolve() for p in getattr(options, "paths", [])] or notebook_io.notebooks(root)
    changed, complaints = [], []
    try:
        match options.command:
            case "sync":
                if options.to_modules:
                    changed = [f"{q.file}: {q.name}" for q in quotes.to_modules(root)]
                found, complaints = sync(root, check)
                changed += found
            case "run":
                for path in paths:
                    try:
                        print(execution.run(path, root), flush=True)
                    except Complaint as complaint:
                        complaints.append(Complaint(f"{path.name} stays as it was. {complaint}"))
                changed, _ = sync(root)
            case "tidy":
                for path in paths:
                    notebook_io.write(notebook_io.read(path), path)
            case "from-script":
                from_script(options.script, options.notebook.resolve(), root)
            case "margins":
                complaints = margins(paths, options.seeds, options.jobs, root)
            case "anatomy":
                print(*map(anatomy, paths), sep="\n")
    except Complaint as complaint:
        complaints.append(complaint)
    print(*changed, sep="\n", end="\n" if changed else "")
    print(*complaints, sep="\n", end="\n" if complaints else "", file=sys.stderr)
    return int(bool(complaints or (check and changed)))


if __name__ == "__main__":
    sys.exit(main())
