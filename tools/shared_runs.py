"""Most notebooks end in one and the same training run: its claims are measured once, and shared.

The quoted cells are the modules' own definitions, word for word, so an agent that is given one of
them is the usual agent. Callbacks that only watch change nothing either.
"""

import ast
from pathlib import Path

from nbformat import NotebookNode

from tools import quotes, series

WATCHING = {"LivePlot", "Controls"}  # tests/test_live.py and test_controls.py say so


def parts(notebook: NotebookNode) -> tuple[list[NotebookNode], list[NotebookNode]]:
    """The cells before the full run, and those from it on; the latter empty where there is none."""
    for place, cell in enumerate(notebook.cells):
        if "full-run" in series.tags(cell):
            return notebook.cells[:place], notebook.cells[place:]
    return notebook.cells, []


def full_run(notebook: NotebookNode) -> str:
    """The code of the full run without the quoted pieces, and without what only watches."""
    quoted = {found.name for cell in series.code(notebook) if (found := quotes.quotation(cell))}
    _, rest = parts(notebook)
    tree = ast.parse(rest[0].source if rest else "")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            node.keywords = [k for k in node.keywords if getattr(k.value, "id", None) not in quoted]
        if isinstance(node, ast.List):
            node.elts = [e for e in node.elts if called(e) not in WATCHING]
    return ast.unparse(tree)


def called(node: ast.expr) -> str | None:
    """The name of what an expression calls, or None."""
    return getattr(node.func, "id", None) if isinstance(node, ast.Call) else None


def claims(cells: list[NotebookNode]) -> list[str]:
    """The words of the claims in these cells."""
    source = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    calls = [node for node in ast.walk(ast.parse(source)) if called(node) == "claim"]
    return [ast.literal_eval(call.args[0]) for call in calls]


def borrowed(path: Path, root: Path) -> list[dict[str, str]]:
    """The rows that another notebook's full run has measured for this one's; none if it cannot."""
    notebook = series.read(path)
    run, (_, rest) = full_run(notebook), parts(notebook)
    rows = series.read_rows(root / "results" / "claims.csv")
    for other in series.notebooks(root):
        if not run or other == path or full_run(series.read(other)) != run:
            continue
        own = [
            row for row in rows if row["notebook"] == other.stem and other.stem in row["command"]
        ]
        own = {row["claim"]: row for row in own}
        if all(name in own for name in claims(rest)):
            return [own[name] | {"notebook": path.stem} for name in claims(rest)]
    return []
