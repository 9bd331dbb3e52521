"""Quotations: a cell tagged `source:module.Definition` equals that definition of `helpers/`.

Modules of subpackages are dotted: `source:pendulum.regret.regret_map`.
"""

import ast
import io
import tokenize
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode

from tools import notebook_io
from tools.notebook_io import ROOT, Complaint

PREFIX = "source:"
HAS_DOCSTRING = ast.Module | ast.ClassDef | ast.FunctionDef
LAYOUT = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENDMARKER,
}  # fmt: skip


class Quotation(NamedTuple):
    """What a cell quotes: the top-level definition `name` of the module `helpers.<module>`."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"

    @property
    def file(self) -> str:
        """The path of the module that holds the definition, from the root."""
        return f"helpers/{self.module.replace('.', '/')}.py"


def quotation(cell: NotebookNode) -> Quotation | None:
    """What the cell quotes, or None."""
    found = [t.removeprefix(PREFIX) for t in notebook_io.tags(cell) if t.startswith(PREFIX)]
    if not found:
        return None
    parts = found[0].split(".")
    if len(found) > 1 or len(parts) < 2 or not all(part.isidentifier() for part in parts):
        raise Complaint(f"A quoted cell needs one tag source:module.Definition, not {found}.")
    return Quotation(".".join(parts[:-1]), parts[-1])


def names(node: ast.stmt) -> list[str]:
    """The names that a top-level statement defines, by def, class or assignment."""
    match node:
        case ast.FunctionDef() | ast.ClassDef():
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


def definition(quoted: Quotation, root: Path = ROOT) -> str:
    """The text of the quoted definition as it stands in its module."""
    path = root / quoted.file
    if not path.exists():
        raise Complaint(f"{quoted} is quoted, but there is no {quoted.file}.")
    source = path.read_text(encoding="utf-8")
    if (lines := span(source, quoted.name)) is None:
        raise Complaint(f"{quoted.file} does not define {quoted.name} exactly once.")
    return "\n".join(source.splitlines()[lines])


def fill(notebook: NotebookNode, root: Path = ROOT) -> list[Quotation]:
    """Copy the definitions into the cells that quote them; says which cells that changed."""
    changed = []
    for cell in notebook_io.code(notebook):
        quoted = quotation(cell)
        if quoted and cell.source != (original := definition(quoted, root)):
            cell.source = original
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


def to_modules(root: Path = ROOT) -> list[Quotation]:
    """Copy the edits made in notebooks into the modules: all of them, or none."""
    edits: dict[Quotation, tuple[str, str]] = {}  # the notebook, and the new text
    for path in notebook_io.notebooks(root):
        for cell in notebook_io.code(notebook_io.read(path)):
            quoted = quotation(cell)
            if not quoted or cell.source == definition(quoted, root):
                continue
            source = checked(quoted, cell.source, path.name)
            other, other_source = edits.setdefault(quoted, (path.name, source))
            if source != other_source:
                raise Complaint(f"{other} and {path.name} hold different edits of {quoted}.")
    for quoted, (_, source) in edits.items():
        path = root / quoted.file
        old = path.read_text(encoding="utf-8")
        lines = old.splitlines()
        lines[span(old, quoted.name)] = source.splitlines()
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return list(edits)


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
