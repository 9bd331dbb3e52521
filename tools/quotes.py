"""Quotations: a cell tagged `source:module.Definition` equals that definition of `helpers/`."""

import ast
import io
import tokenize
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode

from tools import series
from tools.series import Complaint

PREFIX = "source:"
HAS_DOCSTRING = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
LAYOUT = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENDMARKER,
}  # fmt: skip


class Quotation(NamedTuple):
    """What a cell quotes: the top-level definition `name` of `helpers/<module>.py`."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"

    def file(self, root: Path) -> Path:
        """The module that holds the definition."""
        return root / "helpers" / f"{self.module}.py"


def quotation(cell: NotebookNode) -> Quotation | None:
    """What the cell quotes, or None."""
    found = [tag.removeprefix(PREFIX) for tag in series.tags(cell) if tag.startswith(PREFIX)]
    if not found:
        return None
    if len(found) > 1 or found[0].count(".") != 1:
        raise Complaint(f"A quoted cell needs one tag source:module.Definition, not {found}.")
    return Quotation(*found[0].split("."))


def names(node: ast.stmt) -> list[str]:
    """The names that a top-level statement defines, by def, class or assignment."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def span(source: str, name: str) -> slice | None:
    """The lines that define `name`, decorators included; None unless it is defined once."""
    found = [node for node in ast.parse(source).body if name in names(node)]
    if len(found) != 1:
        return None
    first = min([found[0].lineno, *(d.lineno for d in getattr(found[0], "decorator_list", []))])
    return slice(first - 1, found[0].end_lineno)


def definition(quoted: Quotation, root: Path = series.ROOT) -> str:
    """The text of the quoted definition as it stands in its module."""
    if not quoted.file(root).exists():
        raise Complaint(f"{quoted} is quoted, but there is no helpers/{quoted.module}.py.")
    source = quoted.file(root).read_text(encoding="utf-8")
    lines = span(source, quoted.name)
    if lines is None:
        raise Complaint(f"helpers/{quoted.module}.py does not define {quoted.name} exactly once.")
    return "\n".join(source.splitlines()[lines])


def fill(notebook: NotebookNode, root: Path = series.ROOT) -> list[Quotation]:
    """Copy the definitions into the cells that quote them; says which cells that changed."""
    changed = []
    for cell in series.code(notebook):
        quoted = quotation(cell)
        if quoted and cell.source != definition(quoted, root):
            cell.source = definition(quoted, root)
            changed.append(quoted)
    return changed


def checked(quoted: Quotation, source: str, where: str) -> str:
    """The edited text of a definition, once it is known to be that definition and nothing else."""
    source = source.strip("\n")
    try:
        lines = span(source, quoted.name)
    except SyntaxError as error:
        raise Complaint(
            f"The cell {quoted} of {where} is not Python yet: {error.msg}, line {error.lineno}."
        ) from error
    if lines != slice(0, len(source.splitlines())):
        raise Complaint(f"The cell {quoted} of {where} must define {quoted.name} and nothing else.")
    return source


def edits(root: Path = series.ROOT) -> dict[Quotation, str]:
    """The definitions that were edited in a notebook, with their new text."""
    found: dict[Quotation, tuple[str, str]] = {}
    for path in series.notebooks(root):
        for cell in series.code(series.read(path)):
            quoted = quotation(cell)
            if not quoted or cell.source == definition(quoted, root):
                continue
            source = checked(quoted, cell.source, path.name)
            other, other_source = found.setdefault(quoted, (path.name, source))
            if source != other_source:
                raise Complaint(f"{other} and {path.name} hold different edits of {quoted}.")
    return {quoted: source for quoted, (_, source) in found.items()}


def to_modules(root: Path = series.ROOT) -> list[Quotation]:
    """Copy the edits made in notebooks into the modules: all of them, or none."""
    modules: dict[Path, str] = {}
    changed = edits(root)
    for quoted, new in changed.items():
        path = quoted.file(root)
        source = modules.get(path) or path.read_text(encoding="utf-8")
        lines = source.splitlines()
        lines[span(source, quoted.name)] = new.splitlines()
        modules[path] = "\n".join(lines) + "\n"
    for path, source in modules.items():
        path.write_text(source, encoding="utf-8")
    return list(changed)


def size(source: str) -> int:
    """How many lines of code `source` has: no docstrings, comments or blank lines."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    used = {
        line
        for token in tokens
        if token.type not in LAYOUT
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, HAS_DOCSTRING) and ast.get_docstring(node) is not None:
            used -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(used)
