"""Maintain the notebooks: `python tools/notebooks.py sync`, and what `--help` lists besides.

`sync` copies the quoted definitions from helpers/ into the notebooks, and makes navigation bars and
generated text anew; `run` re-executes; `margins` measures over seeds how safely the claims hold.
"""

import argparse
import hashlib
import sys
from difflib import SequenceMatcher
from pathlib import Path

from nbformat import NotebookNode, v4

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # this file runs from anywhere

from tools import execution, prose, quotes, series
from tools.margins import margins
from tools.series import Complaint


def bar(path: Path, root: Path = series.ROOT) -> str:
    """The navigation bar of a notebook: previous, contents, next."""
    paths = series.notebooks(root)
    place = paths.index(path)
    links = ["[Contents](../README.md)"]
    if place > 0:
        links.insert(0, f"[← {label(paths[place - 1])}]({paths[place - 1].name})")
    if place + 1 < len(paths):
        links.append(f"[{label(paths[place + 1])} →]({paths[place + 1].name})")
    return " · ".join(links)


def label(path: Path) -> str:
    """How other notebooks name this one: `7 Updating the critic`."""
    number, title, *_ = series.heading(series.read(path))
    return f"{number} {title}" if title else path.stem.replace("_", " ")


def navigate(notebook: NotebookNode, path: Path, root: Path = series.ROOT) -> bool:
    """Put the bar first and last; says whether that changed anything."""
    source = bar(path, root)
    cells = [cell for cell in notebook.cells if "navigation" not in series.tags(cell)]
    if [c.source for c in notebook.cells] == [source, *(c.source for c in cells), source]:
        return False
    first, last = (
        v4.new_markdown_cell(source, id=f"navigation-{place}", metadata={"tags": ["navigation"]})
        for place in ("top", "bottom")
    )
    notebook.cells = [first, *cells, last]
    return True


def sync(root: Path, check: bool = False, navigation_only: bool = False) -> list[str]:
    """Bring all notebooks up to date; says what that changed, or would change."""
    changed = []
    for path in series.notebooks(root):
        notebook = series.read(path)
        found = [] if navigation_only else [str(q) for q in quotes.fill(notebook, root)]
        found += ["its navigation"] if navigate(notebook, path, root) else []
        changed += [f"notebooks/{path.name}: {what}" for what in found]
        if found and not check:
            series.write(notebook, path)
    return changed


def said(cell: NotebookNode) -> tuple[str, str]:
    """What makes a cell the same as another: its type and text, generated parts left out."""
    return cell.cell_type, series.GENERATED.sub(r"\1\5", cell.source)


def carry(old: list[NotebookNode], new: list[NotebookNode]) -> None:
    """Give new cells the ids of the cells they continue, and the outputs of those they repeat."""
    before, after = ([said(cell) for cell in cells] for cells in (old, new))
    taken = {"navigation-top", "navigation-bottom"}
    continued: dict[int, NotebookNode] = {}
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for _, i1, i2, j1, j2 in matcher.get_opcodes():
        for i, j in zip(range(i1, i2), range(j1, j2), strict=False):
            if before[i][0] == after[j][0]:
                continued[j] = old[i]
                taken.add(old[i].id)
                if before[i] == after[j] and "outputs" in old[i]:
                    new[j].outputs, new[j].execution_count = old[i].outputs, old[i].execution_count
    for j, cell in enumerate(new):
        cell.id = continued[j].id if j in continued else fresh_id(cell, taken)


def fresh_id(cell: NotebookNode, taken: set[str]) -> str:
    """An id made from what the cell says, so that the same script gives the same file."""
    salt = 0
    while True:
        name = hashlib.sha256(f"{said(cell)} {salt}".encode()).hexdigest()[:8]
        if name not in taken:
            taken.add(name)
            return name
        salt += 1


def from_script(script: Path, path: Path, root: Path = series.ROOT) -> None:
    """Make a notebook of a jupytext percent script, or bring an existing one up to date with it."""
    import jupytext  # only authors need it

    if path.parent != root / "notebooks" or not series.FILE_NAME.fullmatch(path.name):
        raise Complaint(f"A notebook is notebooks/NN_words.ipynb in lower case, not {path}.")
    notebook = jupytext.read(script, fmt="py:percent")
    notebook.cells = [c for c in notebook.cells if "navigation" not in series.tags(c)]
    quotes.fill(notebook, root)
    old = series.read(path).cells if path.exists() else []
    carry([c for c in old if "navigation" not in series.tags(c)], notebook.cells)
    series.write(notebook, path)  # now it is one of the series, and has a place in its order
    sync(root, navigation_only=True)


def anatomy(path: Path) -> str:
    """The rhythm of a notebook in one line."""
    notebook = series.read(path)
    lengths = [len(cell.source.splitlines()) for cell in series.code(notebook)] or [0]
    short, middling = (sum(n <= limit for n in lengths) / len(lengths) for limit in (6, 22))
    ratio = series.words(notebook) / max(1, series.code_lines(notebook))
    return (
        f"{path.name}: {len(lengths)} code cells, {short:.0%} ≤ 6 lines, {middling:.0%} ≤ 22, "
        f"longest {max(lengths)}, {ratio:.1f} words a code line"
    )


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=series.ROOT, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser("sync", help="quotations, navigation and generated text")
    way = command.add_mutually_exclusive_group()
    way.add_argument("--check", action="store_true", help="change nothing, list what differs")
    way.add_argument("--to-modules", action="store_true", help="keep what was edited in notebooks")
    commands.add_parser("nav", help="navigation bars only")
    command = commands.add_parser("from-script", help="make a notebook of a percent script")
    command.add_argument("script", type=Path)
    command.add_argument("notebook", type=Path)
    for name, words in {
        "run": "re-execute in place, and record the minutes",
        "tidy": "strip metadata",
        "margins": "measure the claims over seeds",
        "anatomy": "report the rhythm of cells and prose",
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
    root = options.root.resolve()
    paths = [p.resolve() for p in getattr(options, "paths", [])] or series.notebooks(root)
    check = getattr(options, "check", False)
    changed: list[str] = []
    complaints: list[Complaint] = []
    try:
        match options.command:
            case "sync":
                if options.to_modules:
                    changed = [f"helpers/{q.module}.py: {q.name}" for q in quotes.to_modules(root)]
                changed += sync(root, check)
            case "nav":
                changed = sync(root, navigation_only=True)
            case "run":
                for path in paths:
                    try:
                        print(execution.run(path, root), flush=True)
                    except Complaint as complaint:
                        complaints.append(Complaint(f"{path.name} stays as it was. {complaint}"))
            case "tidy":
                for path in paths:
                    series.write(series.read(path), path)
            case "from-script":
                from_script(options.script, options.notebook.resolve(), root)
            case "margins":
                complaints = margins(paths, options.seeds, options.jobs, root)
            case "anatomy":
                print(*map(anatomy, paths), sep="\n")
        if options.command in ("sync", "run", "from-script"):
            written, lacking = prose.refresh(root, check)
            changed += written
            # a notebook that has just been made has not been measured yet
            complaints += lacking if options.command == "sync" else []
    except Complaint as complaint:
        complaints.append(complaint)
    print(*changed, sep="\n", end="\n" if changed else "")
    print(*complaints, sep="\n", end="\n" if complaints else "", file=sys.stderr)
    return int(bool(complaints or (check and changed)))


if __name__ == "__main__":
    sys.exit(main())
