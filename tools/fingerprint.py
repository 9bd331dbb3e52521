"""A fingerprint of code: it changes where the code does, and not with comments or layout."""

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Iterable

from helpers.checkpoints import Saved


def fingerprint(things: Iterable) -> str:
    """Twelve characters that stand for the code of functions, classes and objects."""
    text = "\n".join(sorted({source(part) for thing in things for part in parts(thing)}))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def parts(thing) -> list:
    """A function alone; a class, or an object's class, with all that it inherits from us."""
    if inspect.isfunction(thing):
        return [inspect.unwrap(thing)]
    kind = thing if inspect.isclass(thing) else type(thing)
    foreign = ("builtins", "torch", "gymnasium", "typing", "abc")
    ours = [c for c in kind.__mro__ if c.__module__.partition(".")[0] not in foreign]
    return [c for c in ours if c is not Saved]  # saving changes no number


def source(part) -> str:
    """The code of a definition without what only its readers see."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(part)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
